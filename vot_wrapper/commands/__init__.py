"""Commands of `samurai` for the VOT toolkit; its command line finds them by entry point."""

from __future__ import annotations

from samurai.cli.command import Command
from vot_wrapper.needs import TOOLKIT, TRAX

ACTIONS = (
    Command(
        "example",
        "write the bundled sequences in a data set's layout",
        "vot_wrapper.commands.example",
    ),
)
"""Of `samurai benchmark`."""

COMMANDS = (
    Command(
        "ablate",
        "compare memory policies over models and workspaces",
        "vot_wrapper.commands.ablate",
        TOOLKIT,
    ),
    Command(
        "evaluate",
        "run and score trackers with the VOT toolkit",
        "vot_wrapper.commands.evaluate",
        TOOLKIT,
    ),
    Command(
        "rehearse",
        "rehearse a challenge on generated data, up to the archive",
        "vot_wrapper.commands.rehearse",
        TOOLKIT,
    ),
    Command(
        "serve",
        "run the TraX server (started by the VOT toolkit)",
        "vot_wrapper.commands.serve",
        TRAX,
    ),
    Command(
        "submit",
        "check and pack results for a challenge, with descriptions",
        "vot_wrapper.commands.submit",
        TOOLKIT,
    ),
    Command(
        "visualize",
        "draw results as pictures or videos",
        "vot_wrapper.commands.visualize",
        TOOLKIT,
    ),
    Command(
        "workspace",
        "make a workspace: a copy of the bundled one, or of your own sequences",
        "vot_wrapper.commands.workspace",
        TOOLKIT,
    ),
)
