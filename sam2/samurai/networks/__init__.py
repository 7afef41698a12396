"""Networks behind one protocol, `base.VideoNetwork`; one folder per family."""
