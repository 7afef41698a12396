"""Motion models: numpy, no torch, states that are values."""
