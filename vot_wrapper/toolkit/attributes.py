"""What happens in which frame of a sequence: VOT's tags, and a table beside the workspace.

A sequence's `<attribute>.tag` files mark frames with 0 and 1. For frozen sequences that lack them a
workspace has `attributes.yaml`: per sequence its attributes, each with `all` or `first-last`,
frames counted from 0.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from vot.dataset import Sequence

from samurai.errors import ConfigurationError

TABLE = "attributes.yaml"
_STRETCH = re.compile(r"(\d+)-(\d+)")

Frames = NDArray[np.bool_]
Table = dict[str, dict[str, str]]


def read_table(workspace: Path) -> Table:
    """A workspace's table; empty where there is none.

    Raises:
        ConfigurationError: it isn't sequences with attributes with frames.
    """
    file = workspace / TABLE
    if not file.exists():
        return {}
    found = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    if not isinstance(found, dict) or not all(isinstance(v, dict) for v in found.values()):
        raise ConfigurationError(
            f"{file} must name attributes and their frames per sequence, for example "
            "`reentry: {out-of-view: 38-79}`"
        )
    return {name: dict(attributes) for name, attributes in found.items()}


def attributes_of(sequence: Sequence, table: Table) -> dict[str, Frames]:
    """The frames (N,) of each attribute that a sequence has.

    Raises:
        ConfigurationError: the table names frames that the sequence doesn't have.
    """
    count = len(sequence)
    found = {
        str(tag): np.array([tag in sequence.tags(frame) for frame in range(count)])
        for tag in sequence.tags()
    }
    for attribute, frames in table.get(sequence.name, {}).items():
        listed = _stretch(frames, count, f"{sequence.name}, {attribute}")
        found[attribute] = found.get(attribute, np.zeros(count, np.bool_)) | listed
    return {attribute: frames for attribute, frames in found.items() if frames.any()}


def _stretch(frames: str, count: int, where: str) -> Frames:
    if frames == "all":
        return np.ones(count, np.bool_)
    match = _STRETCH.fullmatch(frames)
    if match is None or not int(match[1]) <= int(match[2]) < count:
        raise ConfigurationError(
            f"{TABLE}: {where}: {frames!r} must be `all` or first-last, from 0 to {count - 1}"
        )
    chosen = np.zeros(count, np.bool_)
    chosen[int(match[1]) : int(match[2]) + 1] = True
    return chosen
