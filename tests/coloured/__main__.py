"""`python -m coloured`: the tracker process with the colour tracker in it."""

from __future__ import annotations

import sys

from coloured.tracker import ColourTracker
from vot_wrapper.trax.process import run

if __name__ == "__main__":
    sys.exit(run(lambda settings: ColourTracker()))
