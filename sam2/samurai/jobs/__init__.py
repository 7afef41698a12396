"""A video tracked as a whole: prompts, results on disk, corrections of a part."""
