"""`samurai track` measured: rate, memory, start, latency; see `__main__`."""
