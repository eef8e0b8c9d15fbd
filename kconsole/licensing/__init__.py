"""The rules of a license: policy, counting, guards, lifecycle, comparison. Pure functions; no I/O, no clock, no store."""
