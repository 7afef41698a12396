"""Detectors: words to regions."""
