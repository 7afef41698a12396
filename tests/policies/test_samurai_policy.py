"""Policy `samurai` on scripted scores against the plain restatement of its rules. No torch."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.samurai_rules import SamuraiRules

from samurai import policies
from samurai.errors import ConfigurationError
from samurai.policies.base import Candidate, Decoded, PolicyContext
from samurai.policies.samurai import SamuraiPolicy

Box = tuple[float, float, float, float]
Said = tuple[list[float], float, list[Box | None]]
Script = list[Said]


def decoded(frame_index: int, ious: list[float], score: float, boxes: list[Box | None]) -> Decoded:
    candidates = tuple(Candidate(iou, box) for iou, box in zip(ious, boxes, strict=True))
    return Decoded(
        frame_index, score, candidates, lambda candidate: np.zeros((1, 1), dtype=np.float32)
    )


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Scores as a network may give them: good stretches, doubtful ones, absences, jumps."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    length = draw(st.integers(1, 80))
    x, y, frames = 60.0, 60.0, []
    mood = "good"
    for _ in range(length):
        if random.random() < 0.08:
            mood = str(random.choice(["good", "good", "doubtful", "absent"]))
        x, y = x + random.normal(0, 3), y + random.normal(0, 3)
        low, high = (0.6, 1.0) if mood == "good" else (0.0, 0.7)
        ious = [float(np.float32(value)) for value in random.uniform(low, high, 3)]
        absent = mood == "absent" and random.random() < 0.9
        score = float(random.normal(-3.0 if absent else 2.0, 1.0))
        boxes: list[Box | None] = []
        for _ in range(3):
            jump = random.normal(0, 30) if random.random() < 0.3 else 0.0
            width, height = random.integers(0, 40), random.integers(0, 40)
            left, top = float(round(x + jump)), float(round(y))
            empty = score <= -1.0 or random.random() < 0.02
            boxes.append(None if empty else (left, top, left + float(width), top + float(height)))
        frames.append((ious, score, boxes))
    return frames


@settings(max_examples=150)
@given(scripts(), st.sampled_from([0.15, 0.25]), st.integers(0, 40))
def test_decisions_equal_the_published_rules(script: Script, weight: float, first: int) -> None:
    """Same choices, same recalled frames in the same slots, from what was kept and nothing else."""
    rules, policy = SamuraiRules(weight), SamuraiPolicy(PolicyContext(motion_weight=weight))
    policy.start(decoded(first, [1.0], 10.0, [(40.0, 40.0, 80.0, 80.0)]))
    [keep] = policy.remember(first)
    maps, pointers = set(keep.maps), set(keep.pointers)
    for frame_index, (ious, score, boxes) in enumerate(script, start=1):
        [recall] = policy.recall(first + frame_index)
        assert [(m.frame_index - first, m.slot) for m in recall.maps] == rules.maps(frame_index)
        assert [(p.frame_index - first, p.distance) for p in recall.pointers] == rules.pointers(
            frame_index
        )
        assert {m.frame_index for m in recall.maps} <= maps
        assert {p.frame_index for p in recall.pointers} <= pointers
        [choice] = policy.choose([decoded(first + frame_index, ious, score, boxes)])
        assert choice.candidate == rules.choose(frame_index, ious, score, boxes)
        [keep] = policy.remember(first + frame_index)
        maps = (maps | {first + frame_index}) & keep.maps
        pointers = (pointers | {first + frame_index}) & keep.pointers
        assert len(keep.maps) <= policy.requirements.maps
        assert len(keep.pointers) <= policy.requirements.pointers


def steady(iou: float = 0.9, shift: float = 0.0, score: float = 5.0) -> Said:
    boxes: list[Box | None] = [(40 + shift, 40.0, 80 + shift, 80.0)] * 3
    return [iou, iou - 0.01, iou - 0.02], score, boxes


def run(policy: SamuraiPolicy, frames: list[Said]) -> list[int]:
    policy.start(decoded(0, [1.0], 10.0, [(40.0, 40.0, 80.0, 80.0)]))
    policy.remember(0)
    chosen = []
    for frame_index, frame in enumerate(frames, start=1):
        policy.recall(frame_index)
        chosen.append(policy.choose([decoded(frame_index, *frame)])[0].candidate)
        policy.remember(frame_index)
    return chosen


def test_motion_has_a_say_only_after_fifteen_good_frames() -> None:
    """A distractor with the higher predicted IoU wins before, the expected place after."""
    near, far = (40.0, 40.0, 80.0, 80.0), (300.0, 300.0, 340.0, 340.0)
    lure: Said = ([0.90, 0.85, 0.10], 5.0, [far, near, near])
    for before, winner in ((14, 0), (15, 1)):
        policy = SamuraiPolicy(PolicyContext(motion_weight=0.15))
        assert run(policy, [*[steady()] * before, lure])[-1] == winner


@pytest.mark.parametrize(("iou", "recalled"), [(0.5, False), (0.51, True)])
def test_only_frames_above_half_are_remembered(iou: float, recalled: bool) -> None:
    policy = SamuraiPolicy(PolicyContext())
    run(policy, [*[steady()] * 5, steady(iou), *[steady()] * 2])
    [recall] = policy.recall(9)
    assert (6 in [m.frame_index for m in recall.maps]) is recalled


def test_an_absent_object_measures_nothing_and_motion_starts_anew() -> None:
    absent: Said = ([0.9, 0.8, 0.7], -5.0, [None, None, None])
    jumped = steady(shift=200.0)
    policy = SamuraiPolicy(PolicyContext(motion_weight=0.25))
    lure: Said = ([0.9, 0.85, 0.1], 5.0, [(40.0, 40.0, 80.0, 80.0), *jumped[2][:2]])
    chosen = run(policy, [*[steady()] * 16, *[absent] * 30, jumped, lure])
    assert chosen[-1] == 0  # a young filter has no say yet: the predicted IoU decides
    [recall] = policy.recall(49)
    assert [m.frame_index for m in recall.maps] == [0, 13, 14, 15, 16, 47, 48]


class Outsider(SamuraiPolicy):
    """A policy that another package offers."""

    name = "outsider"


def test_another_package_can_offer_a_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = EntryPoint("outsider", f"{__name__}:Outsider", policies.ENTRY_POINTS)
    broken = EntryPoint("broken", "math:pi", policies.ENTRY_POINTS)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[Outsider.__module__])
    gone = EntryPoint("gone", "math:no_such_policy", policies.ENTRY_POINTS)
    monkeypatch.setattr(policies, "entry_points", lambda group: [offered, broken, gone])
    assert policies.policy_names() == [*policies.POLICIES, "outsider", "broken", "gone"]
    assert policies.policy_class("outsider") is Outsider
    with pytest.raises(ConfigurationError, match="isn't a samurai Policy"):
        policies.policy_class("broken")
    with pytest.raises(ConfigurationError, match="math:no_such_policy"):
        policies.policy_class("gone")
    with pytest.raises(ConfigurationError, match=r"choose one of sam2, samurai, .*outsider"):
        policies.policy_class("outsidr")


def test_policies_import_without_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None; sys.modules['sam2'] = None\n"
        "from samurai.policies import policy_names; from samurai.regions import Box\n"
        "print(*policy_names())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "samurai" in done.stdout.split()
