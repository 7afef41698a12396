"""What of the extra `vot` the VOT side can't do without; looked up, never imported."""

from __future__ import annotations

from samurai.cli.installed import Need

INSTALL = 'pip install "samurai-vot[vot]"'

TRAX = Need(("vot-trax",), INSTALL)
"""Of the tracker process: it never imports the toolkit."""

TOOLKIT = Need(("vot-toolkit", "vot-trax"), INSTALL)
"""Of everything that runs the toolkit or makes what only the toolkit reads."""
