"""Objects found by looking, or by words."""
