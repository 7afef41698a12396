"""The flags of SAMURAI's demo script, so that its command line works unchanged."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from samurai.errors import ConfigurationError

MODELS = {"t": "tiny", "s": "small", "b": "base_plus", "l": "large"}
"""Short forms in the names of SAM 2's files of weights, as our models are called."""


def add_samurai_flags(group: argparse._ArgumentGroup) -> None:
    """Declare them."""
    group.add_argument("--video_path", metavar="SOURCE", help="as SOURCE")
    group.add_argument(
        "--txt_path", "--prompt-txt", type=Path, metavar="FILE", help="the first box: x,y,w,h"
    )
    group.add_argument("--video_output_path", type=Path, metavar="FILE", help="as -o")
    group.add_argument(
        "--model_path", metavar="FILE", help="weights of SAM 2: its size chooses the --model"
    )
    group.add_argument("--save_to_video", metavar="BOOL", help="False: no video is written")


def translate(parsed: argparse.Namespace) -> None:
    """Write their values to where ours stand.

    Raises:
        ConfigurationError: both are given, or the weights' size can't be told.
    """
    if parsed.video_path is not None:
        parsed.sources = [*parsed.sources, parsed.video_path]
    if parsed.txt_path is not None:
        parsed.prompts = [*parsed.prompts, parsed.txt_path]
    if parsed.video_output_path is not None:
        if parsed.output is not None:
            raise ConfigurationError("-o and --video_output_path are the same: give one of them")
        parsed.output = parsed.video_output_path
    if parsed.model_path is not None:
        if parsed.model is not None:
            raise ConfigurationError("--model and --model_path choose the same: give one of them")
        parsed.model = _model_of(parsed.model_path)
    parsed.no_video = str(parsed.save_to_video).lower() in ("false", "0", "no")


def _model_of(path: str) -> str:
    """Our name of the model whose weights a file has."""
    found = re.search(r"hiera_(tiny|t|small|s|base_plus|b|large|l)\b", Path(path).stem)
    if found is None:
        raise ConfigurationError(
            f"--model_path {path}: the size of SAM 2 isn't in the file's name. Remedy: choose it "
            "by --model tiny, small, base_plus or large; other weights have a model card "
            "(docs/settings.md)"
        )
    return MODELS.get(found.group(1), found.group(1))
