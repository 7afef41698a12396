"""Frames written as a video, an animation or images."""
