"""No module is decoration: switched off, each changes masks of nano on a bundled sequence.

A motion model that never has a say, a memory that selects nothing, a policy that is another one
under a new name: a test of the parts doesn't notice any of these. Both runs of a comparison are
made in this process with the same kernels, so that only the module can make the difference.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from samurai import Box, Tracker
from samurai.models.checkpoints import load_model, model_card
from samurai.policies import POLICIES

SEQUENCES = Path(__file__).parents[2] / "vot_workspace" / "sequences"
BOXES = {"reentry": Box(62, 84, 101, 61), "occlusion": Box(78, 87, 109, 77)}
"""Of the object in a sequence's first frame."""

LENGTH = 40

SAME, SHARE = 0.99, 0.2
"""Masks are the same from this overlap on; at least so many of a run must not be."""

Changes = Mapping[str, Any]
"""Values of constants of `samurai.policies`, by "module.NAME"."""


@dataclass(frozen=True)
class Module:
    """A part of a policy, and what makes it idle.

    Attributes:
        off: constants that switch the module off.
        both: constants of both runs. The published bounds of `dam`'s anchors and `him2sam`'s
            long-term memory are above what nano estimates of itself (docs/policies.md), so that
            lower ones show here that these memories work.
        motion_weight: of the run without the module; None leaves the card's.
        sequence: where the module has something to do.
    """

    policy: str
    off: Changes = field(default_factory=dict)
    both: Changes = field(default_factory=dict)
    motion_weight: float | None = None
    sequence: str = "reentry"


NEVER, ALWAYS = math.inf, -math.inf
MODULES = {
    "samurai's motion": Module("samurai", motion_weight=0.0),
    "samurai's selection of memories": Module(
        "samurai",
        {f"samurai.MEMORY_{name}": ALWAYS for name in ("IOU", "OBJECT", "MOTION")},
    ),
    "samurai-dam's motion": Module("samurai-dam", motion_weight=0.0),
    "samurai-dam's selection of memories": Module(
        "samurai-dam",
        {f"samurai_dam.MEMORY_{name}": ALWAYS for name in ("IOU", "OBJECT", "MOTION")},
    ),
    "dam's anchors": Module(
        "dam",
        {"anchors.ANCHOR_IOU": NEVER},
        {"anchors.ANCHOR_IOU": 0.3, "anchors.DISTRACTOR_OVERLAP": 0.9},
    ),
    "him2sam's motion": Module("him2sam", {"him2sam.MOTION_WEIGHT": 0.0}),
    "him2sam's points": Module("him2sam", {"him2sam.VOTE_WEIGHT": 0.0}),
    "him2sam's long-term memory": Module(
        "him2sam",
        {"him2sam.LONG_IOU": NEVER},
        {
            "him2sam.LONG_IOU": 0.3,
            "him2sam.LONG_MOTION": 0.3,
            "him2sam.LONG_LEAD": 1.0,
            "him2sam.LONG_AREAS": (0.1, 10.0),
            "him2sam.LONG_DISTANCE": 0.0,
        },
        sequence="occlusion",
    ),
    "mosam's prompts": Module("mosam", {"mosam.PROMPTED": 1000}),
    "mosam's trust in pixels": Module("mosam", {"mosam.PIXEL_CONFIDENCE": 1e-9}),
    "sam2long's pathways": Module("sam2long", {"sam2long.PATHWAYS": 1}),
    "sam2long's weights": Module("sam2long", {"sam2long.WEIGHTS": (1.0, 1.0)}),
}

Masks = list[NDArray[np.bool_]]
Run = Callable[..., Masks]


@pytest.fixture(scope="module")
def run() -> Run:
    """Masks of a policy, with some constants changed; the same run isn't made twice."""
    card = model_card("nano")
    model = load_model(card)
    frames = {
        name: [
            np.asarray(Image.open(SEQUENCES / name / "color" / f"{n:08d}.jpg"))
            for n in range(1, LENGTH + 1)
        ]
        for name in BOXES
    }
    made: dict[tuple[Any, ...], Masks] = {}

    def track(policy: str, changes: Changes, motion_weight: float | None, sequence: str) -> Masks:
        weight = card.motion_weight if motion_weight is None else motion_weight
        tracker = Tracker.of_model(model, replace(card, motion_weight=weight), policy, "cpu")
        with pytest.MonkeyPatch.context() as patch, tracker.session() as session:
            for name, value in changes.items():
                module, constant = name.split(".")
                patch.setattr(sys.modules[f"samurai.policies.{module}"], constant, value)
            first, *others = frames[sequence]
            answers = [session.start(first, [BOXES[sequence]])]
            answers += [session.step(frame) for frame in others]
        return [answer.mask for [answer] in answers]

    def known(
        policy: str,
        changes: Changes | None = None,
        motion_weight: float | None = None,
        sequence: str = "reentry",
    ) -> Masks:
        key = (policy, repr(changes or {}), motion_weight, sequence)
        if key not in made:
            made[key] = track(policy, changes or {}, motion_weight, sequence)
        return made[key]

    return known


def changed(ours: Masks, theirs: Masks) -> float:
    """The share of frames after the first in which two runs have different masks."""
    overlaps = [(a & b).sum() / max((a | b).sum(), 1) for a, b in zip(ours, theirs, strict=True)]
    empty = [not (a | b).any() for a, b in zip(ours, theirs, strict=True)]
    other = [o < SAME and not e for o, e in zip(overlaps, empty, strict=True)]
    return float(np.mean(other[1:]))


@pytest.mark.parametrize("policy", sorted(set(POLICIES) - {"sam2"}))
def test_a_policy_is_not_sam2_under_another_name(run: Run, policy: str) -> None:
    share = changed(run(policy), run("sam2"))
    assert share >= SHARE


@pytest.mark.parametrize("name", MODULES)
def test_a_module_acts(run: Run, name: str) -> None:
    module = MODULES[name]
    where = module.sequence
    on = run(module.policy, module.both, sequence=where)
    off = run(module.policy, {**module.both, **module.off}, module.motion_weight, where)
    share = changed(on, off)
    assert share >= SHARE


def test_the_measure_finds_nothing_where_nothing_differs(run: Run) -> None:
    """The same run, made anew: otherwise the shares above would prove nothing."""
    share = changed(run("samurai"), run("samurai", {"samurai.MEMORY_IOU": 0.5}))
    assert share == 0.0
