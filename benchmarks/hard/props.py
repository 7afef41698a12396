"""Things to lay on a stage: bodies photographed from straight above, cut out along their edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.bundled.actors.car import car
from benchmarks.bundled.actors.koi import koi
from benchmarks.bundled.actors.nature import boulder, bush
from benchmarks.bundled.actors.salamander import Salamander
from benchmarks.bundled.actors.tableware import fruit
from benchmarks.bundled.noise import Array
from benchmarks.bundled.places import Floor
from benchmarks.bundled.render import render, shade
from benchmarks.bundled.scene import Body, Finish, Light, Scene, View
from benchmarks.bundled.shapes import column

Picture = NDArray[np.float32]

IT = "it"
HEIGHT = 60.0  # metres between camera and ground: nearly parallel rays
SAMPLES = 5
DETAIL = 1.2  # pixels of a photograph per pixel of the widest view of it
PHASES = 4  # of a swimming or walking animal
SOFTNESS = 0.035  # of a shadow, in widths of its prop

LIGHT = Light.day((-0.45, 0.75, 0.4))
ORANGE = ((0.3, 0.09, 0.01), (0.62, 0.22, 0.02), (0.75, 0.34, 0.05))


@dataclass(frozen=True)
class Prop:
    """A thing from above, facing right.

    Attributes:
        phases: pictures (S, S, 4) in a cycle: linear RGB times coverage, and coverage, 0 to 1.
        shadows: their coverage with soft edges (S, S).
        size: pixels that a picture is wide on a stage, at scale 1.
    """

    phases: tuple[Picture, ...]
    shadows: tuple[Picture, ...]
    size: float


class _Black:
    """Ground and backdrop of a photograph: no light comes from them."""

    def look(self, points: Array, footprint: Array, time: float) -> tuple[Finish, Array]:
        normals = np.broadcast_to(column((0, 1, 0)), points.shape)
        return Finish.of(np.zeros_like(points)), normals

    def colour(self, directions: Array, sharpness: float = 1.0) -> Array:
        return np.zeros_like(directions)


def photograph(body: Body, metres: float, pixels: int) -> Picture:
    """A body at the origin, from above: (pixels, pixels, 4), `metres` wide."""
    nothing = _Black()
    scene = Scene(
        bodies=lambda time: [replace(body, target=IT)],
        # Not quite straight down: the camera must know which way is up.
        camera=lambda time: View((0.0, HEIGHT, -0.001 * HEIGHT), (0.0, 0.0, 0.0), HEIGHT / metres),
        ground=nothing,
        backdrop=nothing,
        light=LIGHT,
        haze_distance=1e12,
        shutter=0.0,
    )
    picture = render(scene, 0.0, pixels, pixels, SAMPLES)
    return np.dstack([picture.light, picture.visible[IT]]).astype(np.float32)


def prop(bodies: Sequence[Body], metres: float, size: float) -> Prop:
    """A prop from the poses of a body, `metres` around it shown `size` pixels wide."""
    pixels = round(DETAIL * size)
    phases = tuple(photograph(body, metres, pixels) for body in bodies)
    shadows = tuple(cv2.GaussianBlur(p[..., 3], (0, 0), SOFTNESS * pixels) for p in phases)
    return Prop(phases, shadows, size)


def koi_prop(seed: int, length: float) -> Prop:
    """A koi about `length` pixels long, in a cycle of swimming."""
    poses = [koi((0.0, 0.3, 0.0), 0.0, k / PHASES, 0.0, seed) for k in range(PHASES)]
    return prop(poses, 1.2, 1.25 * length)


def salamander_prop(seed: int, length: float) -> Prop:
    """A salamander about `length` pixels long, in a cycle of walking."""
    # Its waves and its legs repeat after this way, in metres.
    walked = [2.0 + 0.4 * k / PHASES for k in range(PHASES)]
    bodies = [Salamander(lambda way: (way, 0.0), way, seed).body() for way in walked]
    return prop([_at_origin(body) for body in bodies], 1.4, 1.4 * length)


def car_prop(seed: int, length: float) -> Prop:
    """A car about `length` pixels long."""
    return prop([car(0.0, 0.0, 0.0, 0.0, seed)], 4.4, 1.15 * length)


def orange_prop(seed: int, diameter: float) -> Prop:
    """An orange."""
    return prop([_at_origin(fruit(0.0, 0.0, 0.5, seed, ORANGE))], 1.2, 1.2 * diameter)


def boulder_prop(seed: int, width: float) -> Prop:
    """A boulder with moss."""
    return prop([boulder(0.0, 0.0, (0.5, 0.4, 0.45), seed)], 1.3, 1.3 * width)


def crown_prop(seed: int, width: float) -> Prop:
    """A bush or the crown of a tree, dense."""
    return prop([_at_origin(bush(0.0, 0.0, 1.0, seed))], 1.3, 1.2 * width)


def _at_origin(body: Body) -> Body:
    return replace(body, position=np.array([0.0, body.position[1], 0.0]))


def ground_picture(floor: Floor, side: int, metres: float) -> Picture:
    """Sunlit ground from above, `metres` wide: linear RGB (side, side, 3), periodic if they are
    the size of the floor's tile."""
    place = (np.arange(side) + 0.5) * metres / side
    x, z = np.meshgrid(place, place[::-1])
    points = np.stack([x.ravel(), np.zeros(x.size), z.ravel()])
    finish, normals = floor.look(points, np.full(x.size, metres / side), 0.0)
    down = np.broadcast_to(column((0, -1, 0)), points.shape)
    all_of_it = np.ones(x.size)
    light = _lit(finish, normals, down, all_of_it)
    return np.ascontiguousarray(light.T.reshape(side, side, 3), np.float32)


def _lit(finish: Finish, normals: Array, directions: Array, share: Array) -> Array:
    nothing = _Black()
    scene = Scene(lambda time: [], _no_camera, nothing, nothing, LIGHT)
    dark = np.zeros_like(directions)
    return shade(scene, directions, normals, finish, share, share, dark)


def _no_camera(time: float) -> View:
    raise AssertionError("the ground alone is lit, not seen")
