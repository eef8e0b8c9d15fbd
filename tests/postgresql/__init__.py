"""A PostgreSQL server that the tests start, and what is kept in it."""
