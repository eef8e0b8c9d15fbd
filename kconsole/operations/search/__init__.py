"""Finding and sorting accounts."""
