"""A moving scene: a ground, a target, and other objects behind and before it, seen through
views."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from samurai_training.actors import FIGURES, Actor, Matrix, Motion, actor
from samurai_training.assets import Assets, Picture
from samurai_training.camera import GRAY, Camera
from samurai_training.ground import Ground
from samurai_training.people import Person
from samurai_training.sprites import CutOut, Deformation

DOUBLES = 0.4
"""Share of distractors that look like the target."""

PIECES = 0.15
"""Share of worlds whose target is a piece of the ground, such as a window or a bush."""

PARTS = 0.2
"""Share of the other worlds whose target is a part of an actor, such as a head."""


@dataclass(frozen=True)
class View:
    """A view of the world: center and scale, pixels per unit, of an output of some size."""

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
    """A ground, the target (an actor or a piece of the ground), others behind and before it.

    Attributes:
        target: None where the target is a piece of the ground.
    """

    def __init__(self, assets: Assets, random: Generator) -> None:
        self.random = random
        self.ground = Ground.drawn(assets, random)
        self.target: Actor | None = None
        if random.random() >= PIECES or not self.ground.choose_piece(random):
            self.target = self._actor(assets)
        if random.random() < 0.4:
            self.ground.swing(random)
        self.behind: list[Actor] = []
        self.before: list[Actor] = []
        self._populate(assets)
        self.camera = Camera.drawn(random)
        self.frame = self._frame_edges()

    def _actor(self, assets: Assets) -> Actor:
        """A target whose tracked part is one unit large, at the origin."""
        random = self.random
        target = actor(assets, random)
        if random.random() < PARTS:
            target.look.choose_part(random)
        target.pose.size /= target.focus()[2]
        x, y, _ = target.focus()
        target.place_at(-x, -y)
        if random.random() < 0.15:
            self._camouflage(target)
        return target

    def _camouflage(self, target: Actor) -> None:
        """Give the target the look of the ground near it."""
        height, width = target.look.size
        picture = self.ground.picture
        x = int(np.clip(self.ground.origin[0] - width / 2, 0, picture.shape[1] - width - 1))
        y = int(np.clip(self.ground.origin[1] - height / 2, 0, picture.shape[0] - height - 1))
        piece = picture[y : y + height, x : x + width]
        if piece.shape[:2] == (height, width):
            target.look.blend(piece, self.random.uniform(0.4, 0.8))

    def _populate(self, assets: Assets) -> None:
        """Distractors, some of them identical-looking, and objects that pass in front of the
        target."""
        random = self.random
        people = self.target is not None and isinstance(self.target.look, Person)
        for _ in range(random.choice([0, 1, 2, 3, 5], p=[0.2, 0.25, 0.25, 0.2, 0.1])):
            size = float(np.exp(random.normal(0, 0.45)))
            other = actor(assets, random, size, 0.6 if people else FIGURES)
            if random.random() < DOUBLES:
                other = self._double(other)
            reach, heading = random.uniform(0.7, 2.6), random.uniform(0, 6.28)
            other.place_at(float(reach * np.cos(heading)), float(reach * np.sin(heading)))
            (self.before if random.random() < 0.35 else self.behind).append(other)
        if random.random() < 0.3:
            self.before.append(self._passer(assets))

    def _double(self, other: Actor) -> Actor:
        """A distractor with the target's appearance."""
        random, size = self.random, self.random.uniform(0.75, 1.3)
        if self.target is None:
            sprite = self.ground.cut_piece()
            longer = max(sprite.shape[:2]) / np.sqrt(sprite.shape[0] * sprite.shape[1])
            look = CutOut(sprite, Deformation.drawn(random))
            return Actor(look, replace(other.pose, size=float(size * longer)), other.motion)
        pose = replace(other.pose, size=float(self.target.pose.size * size))
        return self.target.double(random, pose, other.motion)

    def _passer(self, assets: Assets) -> Actor:
        """Something that crosses the target's place within the clip."""
        random = self.random
        passer = actor(assets, random, float(random.uniform(0.6, 1.8)))
        heading, speed = random.uniform(0, 6.28), random.uniform(0.15, 0.6)
        away = random.uniform(1.4, 3.0)
        passer.place_at(float(-away * np.cos(heading)), float(-away * np.sin(heading)))
        velocity = speed * np.array([np.cos(heading), np.sin(heading)])
        if self.target is not None:
            velocity += self.target.motion.velocity
        passer.motion = Motion(velocity, 0.002, float(random.normal(0, 0.02)), 0.0, pull=0.0)
        return passer

    def focus(self) -> tuple[float, float, float]:
        """Center and size of the tracked part, in units."""
        return (0.0, 0.0, 1.0) if self.target is None else self.target.focus()

    def actors(self) -> list[Actor]:
        """All actors, including the target."""
        return [*([self.target] if self.target else []), *self.behind, *self.before]

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
        """Move the ground and all actors by one frame."""
        self.ground.advance(self.random)
        for moving in self.actors():
            moving.advance(self.random)

    def render(
        self, view: View, framed: bool, present: bool = True
    ) -> tuple[Picture, NDArray[np.bool_]]:
        """The recorded picture (BGR) and the target's visible mask.

        Args:
            framed: whether the edges of the recorded frame may be in view, with nothing beyond.
            present: whether the target is in the scene; a piece of the ground always is.
        """
        matrix = view.matrix()
        canvas, mask = self._draw_ground(matrix, view.size)
        for other in self.behind:
            mask &= ~_draw(canvas, other, matrix)[0]
        if present and self.target is not None:
            mask = _draw(canvas, self.target, matrix)[1]
        for other in self.before:
            mask &= ~_draw(canvas, other, matrix)[0]
        picture = self.camera.expose(canvas, self.random)
        if framed:
            inside = self._inside(matrix, view.size)
            picture[~inside] = GRAY
            mask &= inside
        return picture, mask

    def _draw_ground(
        self, matrix: Matrix, size: tuple[int, int]
    ) -> tuple[Picture, NDArray[np.bool_]]:
        """The ground, and where its tracked piece is."""
        lies, shape = matrix @ self.ground.matrix(), size[::-1]
        canvas = cv2.warpPerspective(
            self.ground.picture,
            lies,
            shape,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
        if self.ground.piece is None:
            return canvas, np.zeros(size, np.bool_)
        return canvas, cv2.warpPerspective(self.ground.piece, lies, shape) > 127

    def _inside(self, matrix: Matrix, size: tuple[int, int]) -> NDArray[np.bool_]:
        left, top, right, bottom = self.frame
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        pixels = corners @ matrix[:2, :2].T + matrix[:2, 2]
        inside = np.zeros(size, np.uint8)
        cv2.fillConvexPoly(inside, np.round(pixels).astype(np.int32), 1)
        return inside.astype(bool)


def _draw(
    canvas: Picture, thing: Actor, matrix: Matrix
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Draw an actor; which pixels it covers, and on which of them its tracked part is seen."""
    size = canvas.shape[:2]
    covered, tracked = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    for layer in thing.layers():
        home = matrix @ layer.place
        box = _reach(home, layer.picture.shape[:2], size)
        if box is None:
            continue
        left, top, right, bottom = box
        home = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]]) @ home
        extent = (right - left, bottom - top)
        sprite, shrunk = _shrunk(layer.picture, home)
        drawn = cv2.warpPerspective(sprite, shrunk, extent, flags=cv2.INTER_LINEAR)
        alpha = drawn[..., 3:].astype(np.float32) * (1 / 255)
        there = canvas[top:bottom, left:right]
        there[:] = (there + (drawn[..., :3] - there.astype(np.float32)) * alpha).astype(np.uint8)
        opaque = drawn[..., 3] > 127
        covered[top:bottom, left:right] |= opaque
        tracked[top:bottom, left:right] &= ~opaque
        if layer.part is not None:
            opaque &= cv2.warpPerspective(layer.part, home, extent) > 127
        tracked[top:bottom, left:right] |= opaque
    return covered, tracked


def _shrunk(sprite: Picture, home: Matrix) -> tuple[Picture, Matrix]:
    """A sprite halved until it isn't much larger than it is drawn, against aliasing."""
    while np.sqrt(abs(np.linalg.det(home[:2, :2]))) < 0.5 and min(sprite.shape[:2]) > 16:
        before = sprite.shape
        sprite = cv2.resize(sprite, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        grow = (before[1] / sprite.shape[1], before[0] / sprite.shape[0], 1)
        home = home @ np.diag(grow)
    return sprite, home


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
