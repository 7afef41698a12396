"""Backends: what a frame calls in place of the modules. Each file has one function `prepare`."""
