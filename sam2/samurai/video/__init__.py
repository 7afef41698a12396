"""Frames from outside: image files."""
