"""EdgeTAM, over the classes `edgetam_video` of the installed transformers."""
