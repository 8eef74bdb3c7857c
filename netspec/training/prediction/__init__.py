"""What a network makes of examples from outside: read by the run's own schema, run in batches, told or drawn."""
