"""Formats in which answers are written, a file each."""
