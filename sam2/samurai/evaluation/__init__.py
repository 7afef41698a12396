"""Numbers and pictures of results; knows nothing of the VOT toolkit."""
