"""Data sets of the benchmarks beyond VOT, without torch or the toolkit."""
