"""The engine that keeps a store in a folder: journal, snapshot and lock are files."""
