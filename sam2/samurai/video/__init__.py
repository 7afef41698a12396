"""Frames from outside and results to outside: image files, videos, streams, prompts, exports."""
