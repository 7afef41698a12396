"""`python -m vot_wrapper.folder`: the tracker process, as the protocol `folderpython` starts it."""

from __future__ import annotations

import sys
from pathlib import Path

from vot_wrapper.trax.process import run

if __name__ == "__main__":
    sys.exit(run(folder=Path.cwd()))
