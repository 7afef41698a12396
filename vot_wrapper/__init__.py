"""The VOT side of samurai: a TraX process around the tracker, and what belongs to the toolkit."""
