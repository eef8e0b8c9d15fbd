"""What every room shares: records, errors, times. Imports nothing of the other rooms."""
