"""The rules of a license: policy, counting, guards, lifecycle, comparison. No I/O, no clock, no store."""
