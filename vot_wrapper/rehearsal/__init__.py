"""A challenge rehearsed from the data set to the archive, on generated sequences."""
