"""Makes the bundled sequences: small photo-like videos with exact masks, from seeds alone.

`noise`, `textures` and `shapes` are the means, `actors` and `places` what is shown, `scene` the
words for a moving scene, `render` and `sensor` the camera, `recipes` the sequences, `rle` and
`writer` the files. `python -m benchmarks.bundled --output DIR` makes the six with one target,
`--multiobject` the three with several.
"""
