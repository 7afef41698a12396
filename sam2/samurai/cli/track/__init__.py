"""`samurai track`: track objects in videos, folders and live streams."""
