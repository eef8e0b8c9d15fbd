"""Imports: first a plan that shows what would happen and whether it fits, then all of it or nothing."""
