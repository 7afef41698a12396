"""The command line: one file per command; others are found by entry point."""
