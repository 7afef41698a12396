"""Pictures of results: from what a tracker answered to PNG sheets, videos, and a page of them.

Nothing here imports the VOT toolkit, whose result files are read into the plain values of
`recording` elsewhere.
"""
