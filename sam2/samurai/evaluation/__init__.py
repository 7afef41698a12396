"""Numbers and pictures of results, independent of the VOT toolkit."""
