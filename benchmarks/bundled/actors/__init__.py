"""Things that can stand in a scene, one module per kind."""
