"""The proof that each module of a policy acts: what changes when it is switched off.

A motion model that never has a say, or a policy that is another one under a new name, costs nothing
and brings nothing, and no score shows it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samurai.config import TrackerConfig
from samurai.config.settings import PREFIX
from samurai.models.checkpoints import load_model, model_card
from samurai.policies import PolicyChoice
from samurai.regions import Mask, Points
from samurai.runtime.threads import set_thread_count
from samurai.tracker import Tracker
from samurai.video.images import read_frame

SAME = 0.99
"""Overlap from which on two masks count as the same."""

FRAMES, SEQUENCES = 60, 2
"""At most so many frames of so many sequences are tracked for each row of the table: in 60 of them
objects have left and returned."""

_NEVER, _ALWAYS = 1e9, -1e9
_NO_MOTION = {"motion_weight": 0.0}
_NO_SELECTION = {f"memory_{name}": _ALWAYS for name in ("iou", "object", "motion")}
_OFF: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "samurai": {"motion model": _NO_MOTION, "selection of memories": _NO_SELECTION},
    "samurai-dam": {
        "motion model": _NO_MOTION,
        "selection of memories": _NO_SELECTION,
        "anchors": {"anchor_iou": _NEVER},
        "caution after an absence": {"gone_frames": 100_000},
    },
    "dam": {"anchors": {"anchor_iou": _NEVER}},
    "him2sam": {
        "motion model": _NO_MOTION,
        "points": {"vote_weight": 0.0},
        "selection of memories": {"short_iou": _ALWAYS, "short_object": _ALWAYS},
        "long-term memory": {"long_iou": _NEVER},
    },
    "mosam": {
        "prompts": {"prompted": 1000},
        "selection of memories": {"frame_iou": _ALWAYS, "frame_object": _ALWAYS},
        "trust in pixels": {"pixel_confidence": 1e-9},
    },
    "sam2long": {
        "pathways": {"pathways": 1},
        "selection of memories": {"memory_iou": _ALWAYS, "memory_object": _ALWAYS},
        "weights of memories": {"lowest_weight": 1.0, "highest_weight": 1.0},
    },
    "sam3": {"selection of memories": {"memory_score": -1.0}},
}
"""Per policy its modules, and the parameters that make each idle."""

_SETTINGS: Mapping[str, str] = {
    "memory_check": "check of memories",
    "memory_overlap": "memories without shared pixels",
}
"""Settings that are modules where they differ from their default, which makes them idle."""

BASELINE = "sam2"

Masks = list[NDArray[np.bool_]]  # of all objects in all frames, in a fixed order


@dataclass(frozen=True)
class ModuleRow:
    """A module of the tracker's policy.

    Attributes:
        module: its name.
        off: the setting with which it is idle, `POLICY` or `SAMURAI_NAME=VALUE`.
        share: of the frames in which some mask differs without it, 0 to 1.
    """

    module: str
    off: str
    share: float


@dataclass(frozen=True)
class Clip:
    """The beginning of a sequence.

    Attributes:
        frames: image files.
        prompts: the objects that start in a frame, by its index.
    """

    frames: list[Path]
    prompts: Mapping[int, list[Mask | Points]]


@dataclass(frozen=True)
class ModuleTable:
    """What was measured.

    Attributes:
        policy: the tracker's.
        rows: a module each, the last one the policy as a whole.
        frames: how many frames were compared.
        repeatable: whether the sequences in reverse order, by the same tracker, give equal masks.
    """

    policy: str
    rows: list[ModuleRow]
    frames: int
    repeatable: bool


def measure_modules(settings: TrackerConfig, clips: list[Clip]) -> ModuleTable:
    """Tracks the clips with the policy as it is, and with each module off.

    All runs are made in this process with the same network, so that only the module can make a
    difference.

    Raises:
        SamuraiError: the model can't be loaded, or a frame can't be tracked.
    """
    card = model_card(settings.model)
    model = load_model(card)
    set_thread_count(Tracker(model, settings, card).network.spec.input_size, os.environ)

    def run(config: TrackerConfig, order: list[Clip]) -> dict[int, Masks]:
        tracker = Tracker(model, config, card)
        return {id(clip): _track(tracker, clip) for clip in order}

    masks = run(settings, clips)
    again = run(settings, clips[::-1])
    rows = [
        ModuleRow(module, off, _changed(masks, run(config, clips)))
        for module, off, config in _variants(settings)
    ]
    equal = all(
        np.array_equal(a, b) for key in masks for a, b in zip(masks[key], again[key], strict=True)
    )
    return ModuleTable(settings.policy, rows, sum(len(clip.frames) - 1 for clip in clips), equal)


def _variants(settings: TrackerConfig) -> Iterator[tuple[str, str, TrackerConfig]]:
    """Each module, what makes it idle in words, and the settings with which it is."""
    own = PolicyChoice.of(settings.policy)
    for module, changes in _OFF.get(own.name, {}).items():
        off = _with(own, changes)
        yield module, off, replace(settings, policy=off)
    for name, module in _SETTINGS.items():
        default = getattr(TrackerConfig, name)
        if getattr(settings, name) != default:
            idle = replace(settings, **{name: default})
            yield module, f"{PREFIX}{name.upper()}={idle.texts()[name]}", idle
    if own.name != BASELINE:
        yield "the policy as a whole", BASELINE, replace(settings, policy=BASELINE)


def _with(policy: PolicyChoice, changes: Mapping[str, float]) -> str:
    """The policy with some parameters changed; those that were given are kept."""
    values = {name: getattr(policy.parameters, name) for name in policy.given} | dict(changes)
    return f"{policy.name}:{','.join(f'{name}={value:g}' for name, value in values.items())}"


def _track(tracker: Tracker, clip: Clip) -> Masks:
    masks: Masks = []
    with tracker.session() as session:
        for index, file in enumerate(clip.frames):
            frame, new = read_frame(str(file)), clip.prompts.get(index, [])
            answers = session.step(frame, new) if index else session.start(frame, new)
            session.update_memory()
            if index:
                masks.append(np.stack([answer.mask for answer in answers]))
    return masks


def _changed(ours: dict[int, Masks], theirs: dict[int, Masks]) -> float:
    """The share of frames in which the mask of some object differs."""
    differs = [
        _overlap(a, b) < SAME for key in ours for a, b in zip(ours[key], theirs[key], strict=True)
    ]
    return float(np.mean(differs)) if differs else 0.0


def _overlap(ours: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> float:
    """The smallest overlap of the masks (N, H, W) of a frame's objects; 1 where both are empty."""
    shared = np.count_nonzero(ours & theirs, axis=(1, 2))
    either = np.count_nonzero(ours | theirs, axis=(1, 2))
    return float(np.min(np.where(either > 0, shared / np.maximum(either, 1), 1.0)))
