"""Frames written as a video, an animation or images.

`open_writer` and `check_target` are in `opening`, `BackgroundWriter` in `background`.
"""
