"""Clips for training and validation: a target among others, seen through a moving window.

A clip is a function of the pictures, its kind, its size and a seed, so that training can be resumed
and validation repeated. In use the network sees either the whole frame or a window that follows the
target (`samurai.windows`): `training_clip` makes such views, `film` whole frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from samurai_training.assets import Assets, Picture
from samurai_training.camera import GREY, Camera
from samurai_training.sprites import Actor, Matrix, Motion, Pose, actor

SMALLEST = 12
"""Pixels of the target in a view below which it counts as not visible."""

DOUBLES = 0.4
"""Share of distractors that look like the target."""

ABSENCES = 0.3
"""Share of clips whose target is gone for some frames, and may come back somewhere else."""


@dataclass(frozen=True)
class Clip:
    """frames: uint8 (T, H, W, 3) RGB. masks: bool (T, H, W), the target's visible pixels."""

    frames: Picture
    masks: NDArray[np.bool_]


@dataclass(frozen=True)
class View:
    """A look at the world: centre and scale, pixels per unit, of an output of some size."""

    x: float
    y: float
    scale: float
    size: tuple[int, int]
    """Height and width."""
    roll: float = 0.0

    def matrix(self) -> Matrix:
        """From the world to pixels."""
        cosine, sine = self.scale * np.cos(self.roll), self.scale * np.sin(self.roll)
        turn = np.array([[cosine, -sine], [sine, cosine]])
        shift = np.array([self.size[1] / 2, self.size[0] / 2]) - turn @ np.array([self.x, self.y])
        return np.array([[*turn[0], shift[0]], [*turn[1], shift[1]], [0, 0, 1]])


class World:
    """A background, the target, and others behind and before it."""

    def __init__(self, assets: Assets, random: Generator) -> None:
        self.random = random
        self.target = actor(assets, random)
        self.behind: list[Actor] = []
        self.before: list[Actor] = []
        self.background, self.background_scale = _background(assets, random)
        corner = random.uniform(0.2, 0.8, 2)
        self.origin = corner * self.background.shape[1::-1]
        if random.random() < 0.15:
            self._camouflage()
        self._populate(assets)
        self.camera = Camera.drawn(random)
        self.frame = self._frame_edges()

    def _camouflage(self) -> None:
        """Give the target the look of the background near it."""
        sprite, random = self.target.sprite, self.random
        height, width = sprite.shape[:2]
        x = int(np.clip(self.origin[0] - width / 2, 0, self.background.shape[1] - width - 1))
        y = int(np.clip(self.origin[1] - height / 2, 0, self.background.shape[0] - height - 1))
        piece = self.background[y : y + height, x : x + width]
        if piece.shape[:2] == (height, width):
            share = random.uniform(0.4, 0.8)
            sprite[..., :3] = cv2.addWeighted(sprite[..., :3].copy(), 1 - share, piece, share, 0)

    def _populate(self, assets: Assets) -> None:
        """Distractors, some of them doubles of the target, and things that pass in front of it."""
        random = self.random
        for _ in range(random.choice([0, 1, 2, 3, 5], p=[0.2, 0.25, 0.25, 0.2, 0.1])):
            other = actor(assets, random, float(np.exp(random.normal(0, 0.45))))
            if random.random() < DOUBLES:
                other.sprite, other.limbs = self.target.sprite, self.target.limbs
                other.pose.size = self.target.pose.size * random.uniform(0.75, 1.3)
            reach, heading = random.uniform(0.7, 2.6), random.uniform(0, 6.28)
            other.home = (float(reach * np.cos(heading)), float(reach * np.sin(heading)))
            other.pose.x, other.pose.y = other.home
            (self.before if random.random() < 0.35 else self.behind).append(other)
        if random.random() < 0.3:
            self.before.append(self._passer(assets))

    def _passer(self, assets: Assets) -> Actor:
        """Something that crosses the target's place within the clip."""
        random = self.random
        passer = actor(assets, random, float(random.uniform(0.6, 1.8)))
        heading, speed = random.uniform(0, 6.28), random.uniform(0.15, 0.6)
        away = random.uniform(1.4, 3.0)
        passer.pose.x, passer.pose.y = (
            float(-away * np.cos(heading)),
            float(-away * np.sin(heading)),
        )
        velocity = speed * np.array([np.cos(heading), np.sin(heading)])
        velocity += self.target.motion.velocity
        passer.motion = Motion(velocity, 0.002, float(random.normal(0, 0.02)), 0.0, pull=0.0)
        return passer

    def _frame_edges(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the recorded frame, in units around the target's start."""
        near = self.random.random() < 0.35
        low, high = (0.4, 3.0) if near else (3.0, 9.0)
        left, top, right, bottom = self.random.uniform(low, high, 4)
        if near:  # one or two edges close by, the others far
            far = self.random.uniform(3, 9, 4)
            keep = self.random.random(4) < 0.4
            left, top, right, bottom = np.where(keep, (left, top, right, bottom), far)
        return -float(left), -float(top), float(right), float(bottom)

    def advance(self) -> None:
        for moving in (self.target, *self.behind, *self.before):
            moving.advance(self.random)

    def render(
        self, view: View, framed: bool, present: bool = True
    ) -> tuple[Picture, NDArray[np.bool_]]:
        """The recorded picture (BGR) and the target's visible mask.

        Args:
            framed: whether the edges of the recorded frame may be in view, with nothing beyond.
            present: whether the target is in the scene.
        """
        matrix = view.matrix()
        height, width = view.size
        ground = np.array(
            [
                [1 / self.background_scale, 0, -self.origin[0] / self.background_scale],
                [0, 1 / self.background_scale, -self.origin[1] / self.background_scale],
                [0, 0, 1],
            ]
        )
        canvas = cv2.warpPerspective(
            self.background,
            matrix @ ground,
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
        for other in self.behind:
            _draw(canvas, other, matrix)
        mask = np.zeros(view.size, np.bool_)
        if present:
            mask = _draw(canvas, self.target, matrix)
        for other in self.before:
            mask &= ~_draw(canvas, other, matrix)
        picture = self.camera.expose(canvas, self.random)
        if framed:
            inside = self._inside(matrix, view.size)
            picture[~inside] = GREY
            mask &= inside
        return picture, mask

    def _inside(self, matrix: Matrix, size: tuple[int, int]) -> NDArray[np.bool_]:
        left, top, right, bottom = self.frame
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        pixels = corners @ matrix[:2, :2].T + matrix[:2, 2]
        inside = np.zeros(size, np.uint8)
        cv2.fillConvexPoly(inside, np.round(pixels).astype(np.int32), 1)
        return inside.astype(bool)


def _background(assets: Assets, random: Generator) -> tuple[Picture, float]:
    """A photo or a texture, some of it strewn with cut-outs; and its pixels per unit."""
    photo = random.random() < 0.75
    pictures = assets.photos if photo else assets.textures
    picture = pictures[random.integers(len(pictures))]
    if random.random() < 0.5:
        picture = picture[:, ::-1]
    picture = np.ascontiguousarray(picture)
    if random.random() < 0.3:
        picture = picture.copy()
        for _ in range(random.integers(2, 9)):
            sprite = assets.sprites[random.integers(len(assets.sprites))]
            height, width = sprite.shape[:2]
            if picture.shape[0] <= height or picture.shape[1] <= width:
                continue
            y = random.integers(picture.shape[0] - height)
            x = random.integers(picture.shape[1] - width)
            there = picture[y : y + height, x : x + width]
            there[:] = np.where(sprite[..., 3:] > 127, sprite[..., :3], there)
    return picture, float(np.exp(random.uniform(np.log(25), np.log(160))))


def _draw(canvas: Picture, thing: Actor, matrix: Matrix) -> NDArray[np.bool_]:
    """Draw an actor and return the pixels that it covers."""
    height, width = canvas.shape[:2]
    covered = np.zeros((height, width), np.bool_)
    for sprite, place in thing.layers():
        home = matrix @ place
        box = _reach(home, sprite.shape[:2], (height, width))
        if box is None:
            continue
        left, top, right, bottom = box
        home = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]]) @ home
        while np.sqrt(abs(np.linalg.det(home[:2, :2]))) < 0.5 and min(sprite.shape[:2]) > 16:
            before = sprite.shape
            sprite = cv2.resize(sprite, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            grow = (before[1] / sprite.shape[1], before[0] / sprite.shape[0], 1)
            home = home @ np.diag(grow)
        drawn = cv2.warpPerspective(
            sprite, home, (right - left, bottom - top), flags=cv2.INTER_LINEAR
        )
        alpha = drawn[..., 3:].astype(np.float32) * (1 / 255)
        there = canvas[top:bottom, left:right]
        there[:] = (there + (drawn[..., :3] - there.astype(np.float32)) * alpha).astype(np.uint8)
        covered[top:bottom, left:right] |= drawn[..., 3] > 127
    return covered


def _reach(
    home: Matrix, sprite: tuple[int, int], size: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """The pixels that a sprite can touch, None if it is out of view."""
    height, width = sprite
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]], float)
    moved = corners @ home.T
    if (moved[:, 2] < 0.1).any():
        return None
    pixels = moved[:, :2] / moved[:, 2:]
    left, top = np.floor(pixels.min(0)).astype(int) - 1
    right, bottom = np.ceil(pixels.max(0)).astype(int) + 1
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, size[1]), min(bottom, size[0])
    return (left, top, right, bottom) if right > left and bottom > top else None


@dataclass(frozen=True)
class ViewRule:
    """How a training clip is looked at.

    Attributes:
        side: of the square views, in pixels.
        reach: median of the window's side in units, the target's size.
        whole: share of clips that see the whole frame, still, instead of a window that follows.
    """

    side: int
    reach: float = 4.0
    whole: float = 0.2


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
    whole = random.random() < rule.whole
    reach = rule.reach * float(np.exp(random.normal(0, 0.2)))
    if whole:
        reach = float(np.exp(random.uniform(np.log(1.8), np.log(9))))
    offset = random.normal(0, 0.04 if not whole else 0.12, 2) * reach
    jitter = float(random.choice([0.02, 0.06, 0.12], p=[0.4, 0.4, 0.2]))
    lag = random.uniform(0, 1.2)
    framed = random.random() < 0.5
    gap = int(random.choice([1, 1, 2, 4]))
    roll = float(random.normal(0, 0.03))
    frames, masks = [], []
    seen = world.target.pose
    unit = seen.size
    lost = 0
    gone = _absence(length, random)
    for time in range(length):
        if time == gone.stop and gone:
            world.target.pose = _elsewhere(world.target.pose, random)
        now = world.target.pose
        if whole:
            view = View(
                float(offset[0]), float(offset[1]), rule.side / reach, (rule.side,) * 2, roll
            )
        else:
            # the window follows where the target was, and opens while the target is gone
            size = reach * (seen.size / unit) * float(np.exp(random.normal(0, jitter)))
            size *= min(1.0 + 0.25 * lost, 2.5)
            wander = random.normal(0, jitter / 2, 2) * size + (offset if time == 0 else 0)
            x = now.x - lag * (now.x - seen.x) + wander[0]
            y = now.y - lag * (now.y - seen.y) + wander[1]
            view = View(float(x), float(y), rule.side / size, (rule.side,) * 2, roll)
        picture, mask = world.render(view, framed, time not in gone)
        if mask.sum() < SMALLEST:
            mask[:] = False
        if time == 0 and mask.sum() < max(60, 0.004 * mask.size):
            return None
        lost = 0 if mask.any() else lost + 1
        if mask.any():
            seen = now
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
    """The same pose a little away."""
    x, y = random.normal(0, 0.5, 2) * pose.size
    return replace(pose, x=pose.x + float(x), y=pose.y + float(y))


def film(assets: Assets, length: int, seed: int, size: tuple[int, int] = (480, 640)) -> Clip:
    """Whole frames for validation: a camera that pans, the target anywhere from tiny to large."""
    for attempt in range(100):
        random = np.random.default_rng((777, seed, attempt))
        world = World(assets, random)
        units = float(np.exp(random.uniform(np.log(3.5), np.log(22))))
        scale = size[0] / units
        pan = random.normal(0, 0.03, 2)
        at = random.normal(0, 0.15, 2) * units
        for thing in (world.target, *world.behind, *world.before):
            thing.motion.pull = 0.15
        world.camera.resolution = 1.0
        frames, masks = [], []
        for time in range(length):
            at = at + pan
            pan = 0.95 * pan + random.normal(0, 0.01, 2)
            following = 0.05 * (np.array([world.target.pose.x, world.target.pose.y]) - at)
            at = at + following
            picture, mask = world.render(View(float(at[0]), float(at[1]), scale, size), False)
            frames.append(picture[..., ::-1])
            masks.append(mask)
            if time == 0 and mask.sum() < 80:
                break
            world.advance()
        if len(frames) == length:
            return Clip(np.stack(frames), np.stack(masks))
    raise AssertionError("a hundred worlds without a visible target")
