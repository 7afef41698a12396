"""Pictures of results: PNG sheets, videos, and an index page.

Nothing here imports the VOT toolkit, whose result files are read into the plain values of
`recording` elsewhere.
"""
