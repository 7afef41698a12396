"""`python -m vot_wrapper`: the tracker process, as the toolkit's traxpython protocol starts it."""

from __future__ import annotations

import sys

from vot_wrapper.trax.process import run

if __name__ == "__main__":
    sys.exit(run())
