"""SAM 2.1. Only this package touches the modules of the installed `sam2`."""
