"""What users can do: one class for each operation, applied by a session on one store."""
