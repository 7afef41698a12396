"""SAM 3's tracker, over the classes `sam3_tracker_video` of the installed transformers."""
