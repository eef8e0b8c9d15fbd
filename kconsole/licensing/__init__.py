"""What the license says: one evaluator for every number a person or a machine sees. Pure functions only."""
