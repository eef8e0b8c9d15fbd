"""Benchmarks: `make bench`. They measure beside their peers in the same run, and report what came out."""
