"""With what results were made: settings, weights, code and versions, as digests by name."""
