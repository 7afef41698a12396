"""Makes the hard sequences: one difficulty each, more of it than the bundled sequences have.

A flat world seen from straight above, so that a frame takes milliseconds: `props` are bodies of
`benchmarks.bundled` photographed once, with their exact outlines, `stage` lays them on a ground
and films them, `scenes` are the sequences. `python -m benchmarks.hard --output DIR` makes all ten
in less than a minute; they aren't committed, `checksums.txt` beside this file holds their masks.

Like the bundled ones they are held out: no training sees them.
"""
