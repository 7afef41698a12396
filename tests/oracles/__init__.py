"""Plain restatements of published rules, written for reading and for nothing else."""
