"""No module is decoration: switched off, each changes masks of nano on a bundled sequence.

A motion model that never has a say, a memory that selects nothing, a policy that is another one
under a new name: a test of the parts doesn't notice any of these. Both runs of a comparison are
made in this process with the same kernels, so that only the module can make the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles.agreement import overlap
from oracles.runs import bundled
from oracles.runs import run as run_session
from oracles.tiers import quick

from samurai import Box, Tracker, TrackerConfig
from samurai.models.checkpoints import load_model, model_card
from samurai.policies import POLICIES

BOXES = {"reentry": Box(62, 84, 101, 61), "occlusion": Box(78, 87, 109, 77)}
"""Of the object in a sequence's first frame."""

LENGTH = 40

SAME, SHARE = 0.99, 0.2
"""Masks are the same from this overlap on; at least so many of a run must not be."""

Changes = Mapping[str, float]
"""Values of a policy's parameters."""


@dataclass(frozen=True)
class Module:
    """A part of a policy, and what makes it idle.

    Attributes:
        off: parameters that switch the module off.
        both: parameters of both runs. The published bounds of `dam`'s anchors and `him2sam`'s
            long-term memory are above what nano estimates of itself (docs/policies.md), so that
            lower ones show here that these memories work. Pathways of `sam2long` must differ only
            in uncertain frames, which all are here.
        sequence: where the module has something to do.
    """

    policy: str
    off: Changes = field(default_factory=dict)
    both: Changes = field(default_factory=dict)
    sequence: str = "reentry"


NEVER, ALWAYS = 1e9, -1e9
NO_SELECTION = {f"memory_{name}": ALWAYS for name in ("iou", "object", "motion")}
MODULES = {
    "samurai's motion": Module("samurai", {"motion_weight": 0.0}),
    "samurai's selection of memories": Module("samurai", NO_SELECTION),
    "samurai-dam's motion": Module("samurai-dam", {"motion_weight": 0.0}),
    "samurai-dam's selection of memories": Module("samurai-dam", NO_SELECTION),
    "dam's anchors": Module(
        "dam", {"anchor_iou": NEVER}, {"anchor_iou": 0.3, "distractor_overlap": 0.9}
    ),
    "him2sam's motion": Module("him2sam", {"motion_weight": 0.0}),
    "him2sam's points": Module("him2sam", {"vote_weight": 0.0}),
    "him2sam's long-term memory": Module(
        "him2sam",
        {"long_iou": NEVER},
        {
            "long_iou": 0.3,
            "long_motion": 0.3,
            "long_lead": 1.0,
            "long_area_low": 0.1,
            "long_area_high": 10.0,
            "long_distance": 0.0,
        },
        sequence="occlusion",
    ),
    "mosam's prompts": Module("mosam", {"prompted": 1000}),
    "mosam's trust in pixels": Module("mosam", {"pixel_confidence": 1e-9}),
    "sam3's selection of memories": Module("sam3", {"memory_score": -1.0}, {"memory_score": 0.5}),
    "sam2long's pathways": Module("sam2long", {"pathways": 1}, {"certain": 1e9}),
    "sam2long's weights": Module("sam2long", {"lowest_weight": 1.0, "highest_weight": 1.0}),
}

Masks = list[NDArray[np.bool_]]
Run = Callable[..., Masks]


@pytest.fixture(scope="module")
def run() -> Run:
    """Masks of a policy, with some parameters changed; the same run isn't made twice."""
    card = model_card("nano")
    model = load_model(card)
    frames = {name: bundled(name, LENGTH) for name in BOXES}
    made: dict[tuple[Any, ...], Masks] = {}

    def track(policy: str, changes: Changes, sequence: str) -> Masks:
        values = ",".join(f"{name}={value}" for name, value in changes.items())
        text = f"{policy}:{values}" if values else policy
        session = Tracker(model, TrackerConfig(policy=text, device="cpu"), card).session()
        answers = run_session(session, frames[sequence], [BOXES[sequence]])
        return [answer.mask for [answer] in answers]

    def known(policy: str, changes: Changes | None = None, sequence: str = "reentry") -> Masks:
        key = (policy, repr(changes or {}), sequence)
        if key not in made:
            made[key] = track(policy, changes or {}, sequence)
        return made[key]

    return known


def changed(ours: Masks, theirs: Masks) -> float:
    """The share of frames after the first in which two runs have different masks."""
    other = [overlap(a, b) < SAME for a, b in zip(ours, theirs, strict=True)]
    return float(np.mean(other[1:]))


@pytest.mark.parametrize("policy", sorted(set(POLICIES) - {"sam2"}))
def test_a_policy_is_not_sam2_under_another_name(run: Run, policy: str) -> None:
    # nano's scores pass SAM 3's threshold as long as it sees anything
    changes = {"memory_score": 0.5} if policy == "sam3" else {}
    assert changed(run(policy, changes), run("sam2")) >= SHARE


LONGER = (
    "samurai-dam's motion",
    "samurai-dam's selection of memories",
    "him2sam's long-term memory",
)


@pytest.mark.parametrize("name", quick(MODULES, *(name for name in MODULES if name not in LONGER)))
def test_a_module_acts(run: Run, name: str) -> None:
    module = MODULES[name]
    where = module.sequence
    on = run(module.policy, module.both, sequence=where)
    off = run(module.policy, {**module.both, **module.off}, where)
    assert changed(on, off) >= SHARE


def test_the_measure_finds_nothing_where_nothing_differs(run: Run) -> None:
    """The same run, made anew: otherwise the shares above would prove nothing."""
    assert changed(run("samurai"), run("samurai", {"memory_iou": 0.5})) == 0.0
