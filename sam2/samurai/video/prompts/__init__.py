"""Prompts of the command line, of files and of annotations."""
