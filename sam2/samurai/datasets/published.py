"""Published scores of SAM 2.1, SAMURAI, DAM4SAM and HiM2SAM, by the name of the data set."""

from __future__ import annotations

from samurai.datasets.base import Published

PAPER = "arXiv 2411.11922"
README = "README of facebookresearch/sam2"

_ONE_PASS = ("auc", "normalized_precision", "precision")
_SCORES: dict[str, tuple[str, tuple[str, ...], dict[str, tuple[float, ...]]]] = {
    "lasot": (
        f"{PAPER}, table 5",
        _ONE_PASS,
        {
            "SAM 2.1-T": (66.70, 73.70, 71.22),
            "SAM 2.1-S": (66.47, 73.67, 71.25),
            "SAM 2.1-B+": (65.97, 73.54, 70.96),
            "SAM 2.1-L": (68.54, 76.16, 73.59),
            "SAMURAI-T": (69.28, 76.39, 73.78),
            "SAMURAI-S": (70.04, 77.55, 75.23),
            "SAMURAI-B+": (70.65, 78.69, 76.21),
            "SAMURAI-L": (74.23, 82.69, 80.21),
        },
    ),
    "lasot-ext": (
        f"{PAPER}, table 5",
        _ONE_PASS,
        {
            "SAM 2.1-T": (52.25, 62.03, 60.30),
            "SAM 2.1-S": (56.11, 67.57, 65.81),
            "SAM 2.1-B+": (55.51, 67.17, 64.55),
            "SAM 2.1-L": (58.55, 71.10, 68.83),
            "SAMURAI-T": (55.13, 65.60, 63.72),
            "SAMURAI-S": (57.99, 69.60, 67.73),
            "SAMURAI-B+": (57.48, 69.28, 67.09),
            "SAMURAI-L": (61.03, 73.86, 72.24),
        },
    ),
    "got10k-test": (
        f"{PAPER}, table 1",
        ("ao", "sr50", "sr75"),
        {
            "SAMURAI-T": (79.0, 89.6, 72.3),
            "SAMURAI-S": (78.8, 88.7, 72.9),
            "SAMURAI-B+": (79.6, 90.8, 72.9),
            "SAMURAI-L": (81.7, 92.2, 76.9),
        },
    ),
    "trackingnet": (f"{PAPER}, table 2", ("auc",), {"SAMURAI-L": (85.3,)}),
    "nfs30": (f"{PAPER}, table 2", ("auc",), {"SAMURAI-L": (69.2,)}),
    "otb100": (f"{PAPER}, table 2", ("auc",), {"SAMURAI-L": (71.5,)}),
    "sav-test": (
        README,
        ("jf",),
        {
            "SAM 2.1-T": (76.5,),
            "SAM 2.1-S": (76.6,),
            "SAM 2.1-B+": (78.2,),
            "SAM 2.1-L": (79.5,),
        },
    ),
}

_ONE_NUMBER = {
    "DAM4SAM-T": (
        "arXiv 2509.13864",
        {"lasot": 72.4, "lasot-ext": 57.4, "got10k-test": 78.3, "trackingnet": 83.9},
    ),
    "DAM4SAM-L": (
        "arXiv 2509.13864",
        {"lasot": 75.1, "lasot-ext": 60.9, "got10k-test": 81.1, "trackingnet": 85.3},
    ),
    "HiM2SAM-L": (
        "arXiv 2507.07603",
        {"lasot": 75.1, "lasot-ext": 61.3, "got10k-test": 74.2, "trackingnet": 85.8},
    ),
}
"""Trackers whose papers have a data set's first measure alone."""


def published(name: str) -> tuple[Published, ...]:
    """The scores on a data set, as `Dataset.published` has them."""
    found: list[Published] = []
    if name in _SCORES:
        source, measures, trackers = _SCORES[name]
        for tracker, values in trackers.items():
            found.append(Published(tracker, dict(zip(measures, values, strict=True)), source))
    measure = "ao" if name == "got10k-test" else "auc"
    for tracker, (paper, numbers) in _ONE_NUMBER.items():
        if name in numbers:
            found.append(Published(tracker, {measure: numbers[name]}, paper))
    return tuple(found)
