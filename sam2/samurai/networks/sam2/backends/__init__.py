"""Execution backends, which replace a network's modules by faster functions. Each file has one
function `prepare`."""
