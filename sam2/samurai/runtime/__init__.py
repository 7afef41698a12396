"""Resources of the process: threads, cores, precision, forks."""
