"""Commands of `samurai` for the VOT toolkit; its command line finds them by entry point."""

from __future__ import annotations

from samurai.cli.command import Command
from vot_wrapper.needs import TOOLKIT, TRAX

ACTIONS = (
    Command(
        "example",
        "write the bundled sequences in a data set's layout",
        "vot_wrapper.commands.example",
        (
            "samurai benchmark example lasot example/",
            "samurai benchmark lasot --root example/",
        ),
    ),
)
"""Of `samurai benchmark`."""

COMMANDS = (
    Command(
        "ablate",
        "compare memory policies over models and workspaces",
        "vot_wrapper.commands.ablate",
        (
            "samurai ablate --policies sam2 samurai --workspace ws --output ablation",
            "samurai ablate --models nano tiny --workers 2 --page ablation.md",
        ),
        TOOLKIT,
    ),
    Command(
        "evaluate",
        "run and score trackers with the VOT toolkit",
        "vot_wrapper.commands.evaluate",
        (
            "samurai evaluate",
            "samurai evaluate samurai sam2-nano --workspace ws --per-sequence",
            "samurai evaluate --workspace ws --stack vot2022/shortterm",
        ),
        TOOLKIT,
    ),
    Command(
        "rehearse",
        "rehearse a challenge on generated data, up to the archive",
        "vot_wrapper.commands.rehearse",
        (
            "samurai rehearse vots2026/main",
            "samurai rehearse vot2022/shortterm --tracker samurai-l",
        ),
        TOOLKIT,
    ),
    Command(
        "serve",
        "run the TraX server (started by the VOT toolkit)",
        "vot_wrapper.commands.serve",
        ("samurai serve --folder DIR",),
        TRAX,
    ),
    Command(
        "submit",
        "check and pack results for a challenge, with descriptions",
        "vot_wrapper.commands.submit",
        (
            "samurai submit samurai --workspace ws",
            "samurai submit samurai --workspace ws --stack vots2025/main --output archive",
        ),
        TOOLKIT,
    ),
    Command(
        "visualize",
        "draw results as pictures or videos",
        "vot_wrapper.commands.visualize",
        (
            "samurai visualize --workspace ws",
            "samurai visualize samurai --workspace ws --sequences camera --format mp4",
        ),
        TOOLKIT,
    ),
    Command(
        "workspace",
        "make a workspace: a copy of the bundled one, or of your own sequences",
        "vot_wrapper.commands.workspace",
        (
            "samurai workspace ws",
            "samurai workspace ws --from clip.mp4 --box 78,87,109,77",
        ),
        TOOLKIT,
    ),
)
