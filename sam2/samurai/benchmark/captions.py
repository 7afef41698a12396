"""What the numbers of a table are, in words: protocol, absent frames, boxes, measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from samurai.benchmark.scores import COLUMNS, MEASURES, BoxConvention
from samurai.evaluation.measures import PROTOCOLS, OnePassProtocol

SOURCES = {
    "lasot": "the rules of LaSOT's toolkit",
    "otb": "the rules of OTB's MATLAB toolkit",
    "uav": "the rules of UAV123's MATLAB toolkit",
    "pytracking": "pytracking's rules for LaSOT",
    "pytracking-uav": "pytracking's rules for UAV123",
    "samurai": "the rules of SAMURAI's scripts for LaSOT's extension",
    "got10k": "the rules of GOT-10k's toolkit",
    "trackingnet": "the rules of TrackingNet's server",
    "davis": "the rules of DAVIS's toolkit",
    "sav": "the rules of SA-V's toolkit",
}
"""Where a protocol comes from."""

MEANS = {
    "got10k": (
        "Values are means over the frames of all sequences together, so that long sequences count "
        "more. The first frame of a sequence and frames in which nothing of the object is visible "
        "don't count."
    ),
    "trackingnet": (
        "Values are means over sequences, each counting once; boxes are rounded to whole pixels. "
        "No frame is marked as absent: every frame counts."
    ),
    "davis": (
        "Values are means over objects, without the first and the last frame of each. In a frame "
        "in which the object is absent, an empty mask counts 100 and any other one 0."
    ),
    "sav": (
        "Values are means over objects and their annotated frames, without the first and the last "
        "of each. In a frame in which the object is absent, an empty mask counts 100 and any other "
        "one 0."
    ),
}
"""What the other protocols average, and what absent frames count for."""

BOXES: dict[BoxConvention, str] = {
    "as given": "boxes as the result files have them",
    "pixels": "a mask's box covers its pixels (max - min + 1)",
    "samurai": "as SAMURAI's scripts write them (max - min, whole numbers, the first pixel is 0)",
}

AREAS = {
    "auc": "area under the success curve, an overlap equal to the threshold included",
    "precision": "area under the curve of center errors from 0 to 50 pixels",
    "normalized_precision": "area under the curve of center errors from 0 to 0.5 true sizes",
}
"""TrackingNet's measures, which have the names of others."""

SPEEDS = "tracking alone / with reading images, without first frames"


def protocol_caption(protocol: str) -> str:
    """A protocol's rules, and what frames count for in which the object is absent."""
    start = f"Protocol {protocol}: {SOURCES[protocol]}."
    rules = PROTOCOLS.get(protocol)
    if rules is None:
        return f"{start} {MEANS[protocol]}"
    start = f"{start} Values are means over sequences, each counting once."
    absent, invalid = _counted(rules, "absent"), _counted(rules, "invalid")
    if absent == invalid:
        return f"{start} Frames in which the object is absent or has no usable box are {absent}."
    return (
        f"{start} Frames in which the object is absent are {absent}. Frames in which it is in view "
        f"without a usable true box are {invalid}."
    )


def _counted(rules: OnePassProtocol, frames: Literal["absent", "invalid"]) -> str:
    """What these frames are for the three curves."""
    if frames == "absent":
        found = rules.absent_center, rules.absent_normalized
    else:
        found = rules.invalid_center, rules.invalid_normalized
    kinds = dict(zip(("precision", "normalized precision"), found, strict=True))
    misses = ["success", *(name for name, kind in kinds.items() if kind == "miss")]
    hits = [name for name, kind in kinds.items() if kind == "hit"]
    words = f"misses of {in_words(misses)}"
    return f"{words}, and hits of {in_words(hits)}" if hits else words


def box_caption(conventions: Sequence[BoxConvention]) -> str:
    """How boxes count pixels, a sentence per convention."""
    return " ".join(f"Box convention {name}: {BOXES[name]}." for name in conventions)


def measure_meaning(protocol: str, name: str) -> str:
    """A measure's definition in a few words."""
    return AREAS[name] if protocol == "trackingnet" else MEASURES[name].meaning


def measures_caption(protocol: str) -> str:
    """All measures of a protocol's table; all are percentages."""
    known: dict[str, list[str]] = {}
    for name in COLUMNS[protocol]:
        known.setdefault(measure_meaning(protocol, name), []).append(MEASURES[name].title)
    parts = "; ".join(f"{', '.join(titles)}: {meaning}" for meaning, titles in known.items())
    return f"All values in percent. {parts}."


def in_words(names: Sequence[str]) -> str:
    """A list of names: a, b and c."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def shortened(names: Sequence[str], shown: int = 5) -> str:
    """The first names of a list, and how many others there are."""
    if len(names) <= shown + 1:
        return in_words(names)
    return f"{', '.join(names[:shown])} and {len(names) - shown} others"
