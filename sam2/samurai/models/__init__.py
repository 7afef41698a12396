"""Models by name: the manifest, and the paths, download, verification and loading of weights."""
