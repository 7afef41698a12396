"""Clips for training and validation: a target among others, seen through a moving window.

A clip is a function of the pictures, its kind, its size and a seed, so that training can be resumed
and validation repeated. At inference the network sees either the whole frame or a window that
follows the target (`samurai.core.search_region`): `training_clip` makes such views, `film` whole
frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from samurai_training.actors import Pose
from samurai_training.assets import Assets, Picture
from samurai_training.view_sampling import FollowingView, Pan, StaticView, ViewRule, ViewSampler
from samurai_training.world import World

SMALLEST = 12
"""Pixels of the target in a view below which it counts as not visible."""

ABSENCES = 0.3
"""Share of clips whose target is gone for some frames, and may come back somewhere else."""


@dataclass(frozen=True)
class Clip:
    """frames: uint8 (T, H, W, 3) RGB. masks: bool (T, H, W), the target's visible pixels."""

    frames: Picture
    masks: NDArray[np.bool_]


def training_clip(assets: Assets, rule: ViewRule, length: int, seed: tuple[int, ...]) -> Clip:
    """A clip of square views whose first frame shows enough of the target to prompt it."""
    for attempt in range(100):
        random = np.random.default_rng((*seed, attempt))
        clip = _try(assets, rule, length, random)
        if clip is not None:
            return clip
    raise AssertionError("a hundred worlds without a visible target")


def _try(assets: Assets, rule: ViewRule, length: int, random: Generator) -> Clip | None:
    world = World(assets, random)
    view_sampler: ViewSampler = (
        StaticView(rule, random) if random.random() < rule.whole else FollowingView(rule, random)
    )
    framed = random.random() < 0.5
    gap = int(random.choice([1, 1, 2, 4]))
    gone = _absence(length, random)
    frames, masks = [], []
    for time in range(length):
        if gone and time == gone.stop and world.target is not None:
            world.target.pose = _elsewhere(world.target.pose, random)
        picture, mask = world.render(view_sampler.view(world.focus()), framed, time not in gone)
        if mask.sum() < SMALLEST:
            mask[:] = False
        if time == 0 and mask.sum() < max(60, 0.004 * mask.size):
            return None
        view_sampler.notice(world.focus(), bool(mask.any()))
        frames.append(picture[..., ::-1])
        masks.append(mask)
        for _ in range(gap):
            world.advance()
    return Clip(np.stack(frames), np.stack(masks))


def _absence(length: int, random: Generator) -> range:
    """The frames without the target, never the first; mostly none."""
    if random.random() >= ABSENCES or length == 1:
        return range(0)
    start = int(random.integers(1, length))
    return range(start, start + int(random.integers(1, max(2, length // 2) + 1)))


def _elsewhere(pose: Pose, random: Generator) -> Pose:
    """The same pose, slightly displaced."""
    x, y = random.normal(0, 0.5, 2) * pose.size
    return replace(pose, x=pose.x + float(x), y=pose.y + float(y))


def film(assets: Assets, length: int, seed: int, size: tuple[int, int] = (480, 640)) -> Clip:
    """Whole frames for validation: a camera that pans, the target anywhere from tiny to large."""
    for attempt in range(100):
        random = np.random.default_rng((777, seed, attempt))
        world = World(assets, random)
        view_sampler = Pan(size, random)
        for thing in world.actors():
            thing.motion.pull = 0.15
        world.camera.resolution = 1.0
        frames, masks = [], []
        for time in range(length):
            picture, mask = world.render(view_sampler.view(world.focus()), False)
            frames.append(picture[..., ::-1])
            masks.append(mask)
            if time == 0 and mask.sum() < 80:
                break
            world.advance()
        if len(frames) == length:
            return Clip(np.stack(frames), np.stack(masks))
    raise AssertionError("a hundred worlds without a visible target")
