"""Keeping a store in sync with a server: pull, push, recover."""
