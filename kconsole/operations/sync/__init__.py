"""Keeping a store in sync with a live server: pull, push, recover."""
