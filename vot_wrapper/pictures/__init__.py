"""Pictures of results: from what a tracker answered to PNG sheets, videos, and a page of them.

Nothing here imports the VOT toolkit; `vot_wrapper.toolkit.recordings` reads its result files into
the plain values of `recording`.
"""
