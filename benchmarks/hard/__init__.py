"""Makes the hard sequences: one difficulty each, more of it than the bundled sequences have.

A flat world seen from straight above, so that a frame takes milliseconds: `props` are bodies of
`benchmarks.bundled` photographed once, with their exact outlines, `stage` lays them on a ground
and films them, `scenes` are the sequences, `tags` says in which frames they are hard.
`python -m benchmarks.hard --output DIR` makes all ten in one or two minutes; they aren't committed.
The same seeds give the same files with the same OpenCV on the same kind of processor; elsewhere a
pixel at the edge of a mask may differ.

Like the bundled ones they are held out: no training sees them.
"""
