"""A sequence as it was found, whatever its layout, and the error for what can't be used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from samurai.errors import ConfigurationError
from vot_wrapper.preflight.sequence import Facts
from vot_wrapper.preflight.truth import VISIBLE, parse

OBJECT = "object"  # what the toolkit calls the only object of a sequence
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


class SourceError(ConfigurationError):
    """A source of sequences can't be read; the message names the file, the cause and the remedy."""


@dataclass(frozen=True)
class Footage:
    """One sequence before it is written into a workspace.

    Attributes:
        name: fit for a file name, for list.txt and for a TraX message (ASCII).
        origin: the folder or video that it was found in.
        layout: for readers: "LaSOT", "video", ...
        images: its frames in order; none for a video, whose frames have to be extracted.
        truths: a row of VOT's text format per frame, by object; one row alone is the prompt of the
            first frame. Empty without ground truth, and in VOT's layout, whose files are kept.
        fps: frames per second, rounded; None where nothing says it.
        facts: of a sequence in VOT's layout, which is taken as it is.
        notes: what a reader of the numbers should know.
    """

    name: str
    origin: Path
    layout: str
    images: tuple[Path, ...] = ()
    truths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fps: int | None = None
    facts: Facts | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_video(self) -> bool:
        """Whether frames have to be extracted."""
        return not self.images and self.facts is None

    @property
    def states(self) -> dict[str, str]:
        """A letter per row of ground truth, by object (vot_wrapper.preflight.truth)."""
        if self.facts is not None:
            return dict(self.facts.truths)
        return {name: states(rows) for name, rows in self.truths.items()}

    @property
    def kinds(self) -> set[str]:
        """The kinds of its regions: rectangle, polygon, mask."""
        if self.facts is not None:
            return set(self.facts.kinds)
        parsed = (parse(row) for rows in self.truths.values() for row in rows)
        return {row.kind for row in parsed if row.state == VISIBLE}


def states(rows: Iterable[str]) -> str:
    """A letter per row of VOT's text format (vot_wrapper.preflight.truth)."""
    return "".join(parse(row).state for row in rows)


def fit_name(text: str) -> str:
    """A name without characters that the toolkit takes for a pattern, or TraX can't carry."""
    return _UNFIT.sub("-", text).strip("-.") or "sequence"
