"""Drawn people: jointed figures that walk, run or stand, in clothes cut from pictures.

People are the most frequent targets, and openly licensed photographs of whole people are rare. A
figure isn't lifelike; it has the properties that make people hard to track: differently colored
parts that belong together, thin limbs that swing, and others who look nearly the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator

from samurai_training.assets import Assets, Picture
from samurai_training.sprites import patch, recolored

HEIGHT, WIDTH = 136, 52
"""Of a figure, in pixels of its picture."""

MARGIN = 24
"""Room around it for limbs that reach out."""

DARK_SKIN, LIGHT_SKIN = (45, 62, 92), (172, 196, 236)  # BGR

Point = tuple[float, float]


@dataclass(frozen=True)
class Clothes:
    """Pictures (H, W, 3) as large as a figure with its margin, from which its parts are cut."""

    shirt: Picture
    trousers: Picture
    skin: Picture
    hair: Picture
    shoes: Picture
    long_sleeves: bool
    skirt: bool

    @classmethod
    def drawn(cls, assets: Assets, random: Generator) -> Clothes:
        """Random cloths, skin and hair."""
        tone = random.random()
        skin = [d + tone * (light - d) for d, light in zip(DARK_SKIN, LIGHT_SKIN, strict=True)]
        shirt = _cloth(assets, random)
        return cls(
            shirt,
            shirt if random.random() < 0.15 else _cloth(assets, random),
            _plain(np.array(skin), random),
            _plain(random.uniform(10, 110, 3), random),
            _plain(random.uniform(10, 240, 3), random),
            bool(random.random() < 0.5),
            bool(random.random() < 0.15),
        )


def _sheet() -> tuple[int, int]:
    return HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN


def _plain(color: Picture, random: Generator) -> Picture:
    """One color, lit from one side."""
    sheet = np.full((*_sheet(), 4), 255, np.uint8)
    sheet[..., :3] = np.clip(color, 0, 255)
    return np.ascontiguousarray(_lit(sheet[..., :3], random))


def _lit(sheet: Picture, random: Generator) -> Picture:
    across = np.linspace(-1, 1, sheet.shape[1])[None, :, None] * random.normal(0, 0.5)
    return np.clip(sheet * (1 + across), 0, 255).astype(np.uint8)


def _cloth(assets: Assets, random: Generator) -> Picture:
    """A piece of a picture, mostly faded into one color, like most clothes."""
    piece = patch(assets, random, _sheet())
    color = random.uniform(10, 245, 3)
    share = float(random.choice([0.0, 0.35, 0.8, 0.95], p=[0.15, 0.2, 0.3, 0.35]))
    flat = np.broadcast_to(color, piece.shape).astype(np.uint8)
    faded = cv2.addWeighted(piece, 1 - share, flat, share, 0)
    alpha = np.full((*piece.shape[:2], 1), 255, np.uint8)
    return np.ascontiguousarray(recolored(np.dstack([faded, alpha]), random)[..., :3])


@dataclass(frozen=True)
class Gait:
    """The gait of a person.

    Attributes:
        swing: of thighs and arms, radians. pace: radians per frame. phase: of the stride.
        lean: of the trunk, radians. bulk: width of everything. frontal: seen from the front or
            the back, where limbs swing sideways and little. mirrored: walks to the left.
    """

    swing: float
    pace: float
    phase: float
    lean: float
    bulk: float
    frontal: bool
    mirrored: bool

    @classmethod
    def drawn(cls, random: Generator) -> Gait:
        """A random gait: standing, walking or running."""
        swing = float(random.choice([0.05, 0.4, 0.8], p=[0.25, 0.45, 0.3]))
        return cls(
            swing=swing * float(random.uniform(0.8, 1.2)),
            pace=float(random.uniform(0.1, 0.9)),
            phase=float(random.uniform(0, 6.28)),
            lean=float(random.normal(-0.08 if swing > 0.6 else 0, 0.08)),
            bulk=float(random.uniform(0.8, 1.5)),
            frontal=bool(random.random() < 0.35),
            mirrored=bool(random.random() < 0.5),
        )


@dataclass
class Person:
    """A moving person, an implementation of `sprites.Look`.

    Attributes:
        tracked: the target: "all", "head", or "upper", the upper body.
    """

    clothes: Clothes
    gait: Gait
    tracked: str = "all"

    @classmethod
    def drawn(cls, assets: Assets, random: Generator) -> Person:
        """A random person in random clothes."""
        return cls(Clothes.drawn(assets, random), Gait.drawn(random))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the sprite in pixels, without its margin."""
        return HEIGHT, WIDTH

    def at(self, time: float) -> Picture:
        """The sprite (H, W, 4) at a time in frames: BGR and coverage, 0 to 255."""
        sheet = np.zeros((*_sheet(), 3), np.uint8)
        covered = np.zeros(_sheet(), np.uint8)
        for cloth, shape in self._parts(time):
            cv2.copyTo(cloth, shape, sheet)
            covered |= shape
        drawn = np.dstack([sheet, covered])
        return drawn[:, ::-1].copy() if self.gait.mirrored else drawn

    def part(self, time: float) -> Picture | None:
        """Mask (H, W) of the tracked part, 255 inside; None for the whole person."""
        if self.tracked == "all":
            return None
        shapes = self._parts(time)
        chosen = shapes[-2:] if self.tracked == "head" else shapes[-5:]
        inside = np.zeros(_sheet(), np.uint8)
        for _, shape in chosen:
            inside |= shape
        return inside[:, ::-1].copy() if self.gait.mirrored else inside

    def part_box(self) -> tuple[float, float, float, float]:
        """The tracked part as (left, top, right, bottom), in shares of the sprite."""
        return {
            "all": (0.0, 0.0, 1.0, 1.0),
            "head": (0.3, 0.0, 0.7, 0.16),
            "upper": (0.1, 0.0, 0.9, 0.54),
        }[self.tracked]

    def choose_part(self, random: Generator) -> None:
        """Track the head or the upper body only."""
        self.tracked = str(random.choice(["head", "upper"]))

    def double(self, random: Generator) -> Person:
        """A person in the same clothes with another gait, or in step."""
        if random.random() < 0.3:
            phase = self.gait.phase + float(random.normal(0, 0.5))
            return Person(self.clothes, replace(self.gait, phase=phase))
        return Person(self.clothes, Gait.drawn(random))

    def blend(self, texture: Picture, share: float) -> None:
        """Mix a texture into the clothes; `share` 1 replaces them."""
        whole = cv2.resize(texture, _sheet()[::-1])
        shirt = cv2.addWeighted(self.clothes.shirt, 1 - share, whole, share, 0)
        trousers = cv2.addWeighted(self.clothes.trousers, 1 - share, whole, share, 0)
        self.clothes = replace(self.clothes, shirt=shirt, trousers=trousers)

    def _parts(self, time: float) -> list[tuple[Picture, Picture]]:
        """Cloth and shape (uint8, 255 inside) of every part, back to front: the far limbs, the
        near leg; then trunk, the near arm (two parts), face and hair."""
        stride = self.gait.pace * time + self.gait.phase
        hip = (MARGIN + WIDTH / 2, MARGIN + 0.53 * HEIGHT)
        bob = 0.01 * HEIGHT * float(np.cos(2 * stride))
        hip = (hip[0], hip[1] + bob)
        neck = _from(hip, 0.33 * HEIGHT, np.pi + self.gait.lean)
        head = _from(neck, 0.095 * HEIGHT, np.pi + 0.5 * self.gait.lean)
        far, near = self._leg(hip, stride + np.pi, -1), self._leg(hip, stride, 1)
        arms = self._arm(neck, stride, -1), self._arm(neck, stride + np.pi, 1)
        trunk = _limb([_from(neck, 0.04 * HEIGHT, 0.0), hip], 0.145 * HEIGHT * self.gait.bulk)
        face = np.zeros(_sheet(), np.uint8)
        radius = 0.07 * HEIGHT
        center = (round(head[0]), round(head[1]))
        cv2.ellipse(face, center, (round(0.8 * radius), round(radius)), 0, 0, 360, 255, -1)
        hair = face.copy()
        hair[round(head[1] - 0.2 * radius) :] = 0
        return [
            *arms[0],
            *far,
            *near,
            (self.clothes.shirt, trunk),
            *arms[1],
            (self.clothes.skin, face),
            (self.clothes.hair, hair),
        ]

    def _leg(self, hip: Point, stride: float, side: int) -> list[tuple[Picture, Picture]]:
        clothes = self.clothes
        swing = self.gait.swing * float(np.sin(stride)) * (0.15 if self.gait.frontal else 1.0)
        bend = 1.2 * self.gait.swing * max(0.0, float(np.cos(stride)))
        if self.gait.frontal:
            hip = (hip[0] + side * 0.045 * HEIGHT * self.gait.bulk, hip[1])
            bend = 0.0
        knee = _from(hip, 0.235 * HEIGHT, swing)
        foot = _from(knee, 0.22 * HEIGHT, swing - bend)
        toe = _from(foot, 0.05 * HEIGHT, swing - bend + (0.2 * side if self.gait.frontal else 1.3))
        thick = 0.085 * HEIGHT * self.gait.bulk
        leg = _limb([hip, knee, foot], thick)
        shoe = (clothes.shoes, _limb([foot, toe], 0.75 * thick))
        if not clothes.skirt:
            return [shoe, (clothes.trousers, leg)]
        skirt = _limb([hip, _from(hip, 0.16 * HEIGHT, 0.4 * swing)], 2.0 * thick)
        return [shoe, (clothes.skin, leg), (clothes.trousers, skirt)]

    def _arm(self, neck: Point, stride: float, side: int) -> list[tuple[Picture, Picture]]:
        swing = 0.9 * self.gait.swing * float(np.sin(stride)) * (0.15 if self.gait.frontal else 1.0)
        shoulder = _from(neck, 0.05 * HEIGHT, 0.0)
        if self.gait.frontal:
            shoulder = (shoulder[0] + side * 0.085 * HEIGHT * self.gait.bulk, shoulder[1])
            swing += 0.15 * side
        elbow = _from(shoulder, 0.17 * HEIGHT, swing)
        hand = _from(
            elbow, 0.16 * HEIGHT, swing + (0.0 if self.gait.frontal else 0.3 + self.gait.swing)
        )
        thick = 0.055 * HEIGHT * self.gait.bulk
        upper = _limb(
            [shoulder, elbow, hand] if self.clothes.long_sleeves else [shoulder, elbow], thick
        )
        return [(self.clothes.skin, _limb([elbow, hand], 0.8 * thick)), (self.clothes.shirt, upper)]


def _from(start: Point, length: float, angle: float) -> Point:
    """The point that lies so far from `start`; angle 0 is straight down, positive to the right."""
    return start[0] + length * float(np.sin(angle)), start[1] + length * float(np.cos(angle))


def _limb(points: list[Point], thickness: float) -> Picture:
    """The shape of a bent bar with round ends."""
    shape = np.zeros(_sheet(), np.uint8)
    path = np.round(np.array(points)).astype(np.int32)
    cv2.polylines(shape, [path], False, 255, max(2, round(thickness)))
    return shape
