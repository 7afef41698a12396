"""`samurai web` measured over loopback; see `__main__`."""
