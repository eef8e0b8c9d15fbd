"""The engine that keeps a journal in a PostgreSQL database, for consoles on several hosts."""
