"""The data set of a rehearsal: textured shapes that move over a textured background.

Every pixel follows from the plan and the sequence's number. Objects turn, grow and shrink, cover
each other, start late, and leave the picture for a while. Nothing here is hard to see: a rehearsal
shows that everything works, not how good a tracker is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai.geometry import mask_corners
from samurai.masks import PackedMask
from samurai.spelling import counted
from vot_wrapper.preflight.sequence import METADATA, metadata_text
from vot_wrapper.rehearsal.plans import Plan

Picture = NDArray[np.uint8]  # (H, W, 3), RGB
MaskArray = NDArray[np.bool_]  # (H, W)

LEAST_PIXELS = 12  # of an object that is visible
EMPTY = "m0,0,0,0,0"
UNKNOWN = "0"


@dataclass(frozen=True)
class Size:
    """The extent of a data set: pixels of a frame, frames of a sequence, and sequences."""

    width: int
    height: int
    length: int
    sequences: int


@dataclass(frozen=True)
class Actor:
    """A textured shape and its way through a sequence.

    Attributes:
        start: its first frame.
        away: frames in which it is outside the picture; empty for most.
        exit: frames that it takes to leave, and to return.
        texture: colors (S, S, 3) over its own coordinates from -1 to 1.
        exponent: of the superellipse that it is: 2 for an ellipse, more for a rounded box.
        radius: half its width and height in pixels.
        center, swing, speed, phase: its path, a Lissajous figure, in pixels and radians per frame.
        turn: radians per frame.
    """

    start: int
    away: range
    exit: int
    texture: Picture
    exponent: float
    radius: tuple[float, float]
    center: tuple[float, float]
    swing: tuple[float, float]
    speed: tuple[float, float]
    phase: float
    turn: float

    def place(self, frame: int, width: int) -> tuple[float, float]:
        """Its center in a frame; far outside while it is away, with a quick exit and entry."""
        x = self.center[0] + self.swing[0] * math.sin(self.speed[0] * frame + self.phase)
        y = self.center[1] + self.swing[1] * math.cos(self.speed[1] * frame + self.phase)
        return x + 1.5 * width * self._gone(frame), y

    def _gone(self, frame: int) -> float:
        """0 in the picture, 1 outside, between them on the way."""
        if not len(self.away):
            return 0.0
        outside = min(frame - self.away.start, self.away.stop - 1 - frame) + self.exit
        return min(max(outside / self.exit, 0.0), 1.0)

    def paint(self, picture: Picture, frame: int) -> MaskArray:
        """Draws it into a picture; returns its pixels."""
        height, width = picture.shape[:2]
        x, y = self.place(frame, width)
        scale = 1 + 0.2 * math.sin(frame / 17 + self.phase)
        angle = self.turn * frame
        pixels = np.zeros((height, width), np.bool_)
        reach = math.hypot(*self.radius) * scale
        top, bottom = (int(min(max(y + side * reach, 0), height)) for side in (-1, 1.1))
        left, right = (int(min(max(x + side * reach, 0), width)) for side in (-1, 1.1))
        if top >= bottom or left >= right:
            return pixels
        dx = np.arange(left, right, dtype=np.float32)[None, :] + (0.5 - x)
        dy = np.arange(top, bottom, dtype=np.float32)[:, None] + (0.5 - y)
        u = (math.cos(angle) * dx + math.sin(angle) * dy) / (self.radius[0] * scale)
        v = (math.cos(angle) * dy - math.sin(angle) * dx) / (self.radius[1] * scale)
        inside = np.abs(u) ** self.exponent + np.abs(v) ** self.exponent < 1
        side = len(self.texture)
        pick = [((part[inside] + 1) / 2 * side).astype(int).clip(0, side - 1) for part in (v, u)]
        picture[top:bottom, left:right][inside] = self.texture[pick[0], pick[1]]
        pixels[top:bottom, left:right] = inside
        return pixels


@dataclass(frozen=True)
class Census:
    """What a data set holds, counted while it is written."""

    sequences: int
    objects: int
    late: int
    absent: int
    frames: int

    def __str__(self) -> str:
        return (
            f"{counted(self.sequences, 'sequence')}, {counted(self.objects, 'object')} "
            f"({self.late} of them late, {self.absent} absent for a while), {self.frames} frames"
        )


def write_data(folder: Path, plan: Plan, size: Size) -> Census:
    """Writes sequences and their list in the toolkit's format.

    Args:
        folder: the `sequences` of a workspace; made if it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    casts = [cast(plan, size, number) for number in range(size.sequences)]
    names = [f"rehearsal-{number + 1:02d}" for number in range(size.sequences)]
    for number, (name, actors) in enumerate(zip(names, casts, strict=True)):
        _write_sequence(folder / name, plan, size, number, actors)
    (folder / "list.txt").write_text("".join(f"{name}\n" for name in names))
    everybody = [actor for actors in casts for actor in actors]
    return Census(
        len(names),
        len(everybody),
        sum(actor.start > 0 for actor in everybody),
        sum(len(actor.away) > 0 for actor in everybody),
        len(names) * size.length,
    )


def cast(plan: Plan, size: Size, number: int) -> list[Actor]:
    """The objects of a sequence, back to front. The first starts in the first frame and stays."""
    random = np.random.default_rng([20260, number])
    count = plan.objects[number % len(plan.objects)]
    length = size.length
    actors = []
    for index in range(count):
        late = index > 0 and (index + number) % 3 == 2
        leaves = index > 0 and (index + number) % 3 == 0
        away = range(length // 2, length // 2 + max(length // 6, 1)) if leaves else range(0)
        band = size.height / count
        reach = min(size.width / 9, 0.42 * size.height)
        actors.append(
            Actor(
                start=length // 4 if late else 0,
                away=away,
                exit=max(1, min(4, length // 12)),
                texture=_texture(random, 24, 4),
                exponent=float(random.choice([2.0, 3.0, 6.0])),
                radius=(reach * random.uniform(0.8, 1.1), min(reach, 0.6 * band)),
                center=(size.width * random.uniform(0.4, 0.6), band * (index + 0.5)),
                swing=(size.width * random.uniform(0.15, 0.28), 0.15 * band),
                speed=(random.uniform(0.05, 0.1), random.uniform(0.05, 0.1)),
                phase=float(random.uniform(0, 6)),
                turn=float(random.uniform(-0.03, 0.03)),
            )
        )
    return actors


def frames_of(
    plan: Plan, size: Size, number: int, actors: list[Actor]
) -> Iterator[tuple[Picture, list[MaskArray]]]:
    """The pictures of a sequence, each with the visible pixels of its objects."""
    random = np.random.default_rng([20261, number])
    ground = _texture(random, 2 * max(size.width, size.height), max(size.height // 12, 4))
    ground = (ground // 2 + 50).astype(np.uint8)
    for frame in range(size.length):
        pan = int(0.2 * frame) % size.width
        picture = np.ascontiguousarray(ground[: size.height, pan : pan + size.width])
        masks: list[MaskArray] = []
        for actor in actors:
            pixels = actor.paint(picture, frame)
            masks = [mask & ~pixels for mask in masks] + [pixels]
        yield picture, masks


def annotation(mask: MaskArray, actor: Actor, frame: int, region: str) -> str:
    """An object's line of ground truth in VOT's text format."""
    if frame < actor.start:
        return UNKNOWN
    if np.count_nonzero(mask) < LEAST_PIXELS:
        return EMPTY if region == "mask" else UNKNOWN
    if region == "point":
        x, y = actor.place(frame, mask.shape[1])
        inside = mask[min(max(int(y), 0), len(mask) - 1), min(max(int(x), 0), mask.shape[1] - 1)]
        return f"{x:.2f},{y:.2f}" if inside else UNKNOWN
    corners = mask_corners(mask)
    assert corners is not None
    left, top, right, bottom = corners
    crop = mask[top : bottom + 1, left : right + 1]
    runs = ",".join(map(str, PackedMask.of(crop).runs.tolist()))
    return f"m{left},{top},{crop.shape[1]},{crop.shape[0]},{runs}"


def _write_sequence(root: Path, plan: Plan, size: Size, number: int, actors: list[Actor]) -> None:
    (root / "color").mkdir(parents=True, exist_ok=True)
    lines: list[list[str]] = [[] for _ in actors]
    for frame, (picture, masks) in enumerate(frames_of(plan, size, number, actors)):
        file = root / "color" / f"{frame + 1:08d}.jpg"
        cv2.imwrite(str(file), picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
        for own, mask, actor in zip(lines, masks, actors, strict=True):
            line = annotation(mask, actor, frame, plan.region)
            begun = any(earlier != UNKNOWN for earlier in own)
            own.append(line if begun or line != EMPTY else UNKNOWN)
    for index, own in enumerate(lines):
        name = f"groundtruth_{index + 1}.txt" if len(actors) > 1 else "groundtruth.txt"
        _write_lines(root / name, own)
    if plan.anchors:
        anchors = ["1", *["0"] * (size.length - 2), "-1"]
        _write_lines(root / "anchor.value", anchors)
    shape = size.width, size.height
    text = metadata_text("color/%08d.jpg", plan.fps, root.name, shape, size.length)
    (root / METADATA).write_text(text)


def _write_lines(file: Path, lines: list[str]) -> None:
    file.write_text("".join(f"{line}\n" for line in lines))


def _texture(random: np.random.Generator, side: int, cells: int) -> Picture:
    """A square of random colors, smoothly blended."""
    coarse = random.integers(20, 235, (cells, cells, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)
