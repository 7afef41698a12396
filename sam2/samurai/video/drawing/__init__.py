"""Answers drawn onto frames."""
