"""Faults on purpose: failing disks, killed processes, crowds, and any history of all of them."""
