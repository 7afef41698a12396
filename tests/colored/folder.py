"""`python -m colored.folder`: the process of the folder protocol with the color tracker in it."""

from __future__ import annotations

import sys
from pathlib import Path

from colored.tracker import ColorTracker
from vot_wrapper.trax.process import run

if __name__ == "__main__":
    sys.exit(run(lambda settings: ColorTracker(), Path.cwd()))
