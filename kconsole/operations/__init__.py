"""What may be done with seats: one class per deed, all by way of a session on one store."""
