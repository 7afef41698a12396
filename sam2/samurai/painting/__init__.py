"""Colors, text and shapes on pictures, for videos and reports."""
