"""What belongs to the process: threads, cores, precision, forks."""
