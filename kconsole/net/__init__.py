"""What every connection to a server needs: addresses, certificates, deadlines, passwords, network errors."""
