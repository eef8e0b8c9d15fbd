"""Tests of the plain console."""
