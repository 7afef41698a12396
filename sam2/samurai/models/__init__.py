"""Models by name: the manifest, and their weights: where they lie, fetching, checking, loading."""
