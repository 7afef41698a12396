"""Sphere tracing with many samples per pixel: edges, motion blur and defocus come from one loop.

Every sample has its own place in the pixel, moment of the open shutter and point of the lens;
a picture is their mean. The share of samples that hit a body is its coverage of the pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .noise import Array
from .scene import Body, Finish, Scene
from .shapes import column, length

FAR = 1.0e4
NEAR = 0.3  # a ray that comes this close, in pixels, has hit
STEPS = 48
SHADOW_STEPS = 12
STRIDE_OF_MOMENTS = 5  # visits all moments for 4, 6, 8 or 12 samples, not in the lens's order
STRIDE = 0.9  # blends overestimate distance a little


@dataclass(frozen=True)
class Picture:
    """One rendered moment.

    `light` is linear RGB (H, W, 3). `visible` and `present` give each target's coverage (H, W),
    0 to 1: as seen, and as it would be with nothing in front of it.
    """

    light: Array
    visible: dict[str, Array]
    present: dict[str, Array]


def sphere_span(origins: Array, directions: Array, body: Body) -> tuple[Array, Array]:
    """Where rays enter and leave a body's bounding ball; entry > exit means never."""
    relative = origins - column(body.position)
    middle = -(relative * directions).sum(axis=0)
    reach = (body.radius * body.scale) ** 2 - (relative * relative).sum(axis=0) + middle**2
    half = np.sqrt(np.maximum(reach, 0.0))
    return np.where(reach > 0, np.maximum(middle - half, 0.0), FAR), middle + half


def trace(origins: Array, directions: Array, body: Body, pixel: float) -> Array:
    """Distance along every ray to the body, or FAR; `pixel` is a pixel's angle in radians."""
    entry, leave = sphere_span(origins, directions, body)
    answer = np.full(entry.shape, FAR)
    active = np.flatnonzero(entry < leave)
    start, heading = body.local(origins[:, active]), body.rotation.T @ directions[:, active]
    heading = heading / body.scale
    travelled, end = entry[active], leave[active]
    distance = body.quick or body.distance
    for _ in range(STEPS):
        if active.size == 0:
            break
        gap = distance(start + heading * travelled) * body.scale
        hit = gap < NEAR * pixel * travelled
        answer[active[hit]] = travelled[hit]
        travelled = travelled + gap * STRIDE
        going = np.flatnonzero(~hit & (travelled < end))
        if going.size < active.size:
            active, travelled, end = active[going], travelled[going], end[going]
            start, heading = start.take(going, axis=1), heading.take(going, axis=1)
    return answer


def sun_reaches(points: Array, towards: Array, bodies: list[Body], softness: float = 14.0) -> Array:
    """Share of the sun that each point sees, with a penumbra that widens with distance."""
    lit = np.ones(points.shape[1])
    directions = np.broadcast_to(towards, points.shape)
    for body in bodies:
        entry, leave = sphere_span(points, directions, body)
        active = np.flatnonzero((entry < leave) & (leave > 0.02))
        travelled = np.maximum(entry[active], 0.02 * body.scale)
        stride = (leave[active] - travelled) / SHADOW_STEPS
        for _ in range(SHADOW_STEPS):
            if active.size == 0:
                break
            gap = body.world_distance(points[:, active] + directions[:, active] * travelled)
            lit[active] = np.minimum(lit[active], softness * gap / travelled)
            travelled = travelled + np.maximum(np.maximum(gap, 0.3 * stride), 1e-3)
            going = (travelled < leave[active]) & (lit[active] > 0.0)
            active, travelled, stride = active[going], travelled[going], stride[going]
    return np.clip(lit, 0.0, 1.0)


def openness(points: Array, normals: Array, bodies: list[Body], reach: float) -> Array:
    """Share of the sky that nearby bodies leave open: soft contact shadows."""
    open_sky = np.ones(points.shape[1])
    for body in bodies:
        near = length(points - column(body.position)) < body.radius * body.scale + reach
        index = np.flatnonzero(near)
        for share in (0.3, 1.0):
            probe = points[:, index] + normals[:, index] * reach * share
            gap = np.maximum(body.world_distance(probe), 0.0)
            open_sky[index] *= 0.55 + 0.45 * np.clip(gap / (reach * share), 0.0, 1.0)
    return open_sky


def shade(
    scene: Scene,
    directions: Array,
    normals: Array,
    finish: Finish,
    sun: Array,
    sky: Array,
    environment: Array,
) -> Array:
    """Light (3, N) that leaves surfaces against `directions`.

    `sun` and `sky` are the visible shares (N,), `environment` what a mirror would show (3, N).
    """
    light = scene.light
    facing = np.maximum((normals * light.direction).sum(axis=0), 0.0)
    up = 0.5 + 0.5 * normals[1]
    diffuse = light.sun * (facing * sun) + (light.sky * up + light.bounce * (1.0 - up)) * sky
    cosine = np.clip(-(normals * directions).sum(axis=0), 0.0, 1.0)
    glint = np.maximum((mirrored(directions, normals) * light.direction).sum(axis=0), 0.0)
    fresnel = (0.04 + 0.96 * (1.0 - cosine) ** 5) * finish.gloss
    power = 6.0 + 250.0 * finish.gloss**2
    highlight = glint**power * (power + 8.0) * 0.012 * finish.gloss * sun
    return np.asarray(
        finish.albedo * diffuse * (1.0 - fresnel)
        + light.sun * highlight
        + environment * (fresnel * sky)
    )


def mirrored(directions: Array, normals: Array) -> Array:
    """Directions after reflection."""
    return np.asarray(directions - 2.0 * (directions * normals).sum(axis=0) * normals)


def sample(
    scene: Scene, time: float, x: Array, y: Array, lens: tuple[float, float], pixel: float
) -> tuple[Array, NDArray[np.int64], list[Body], list[NDArray[np.bool_]]]:
    """One ray per picture point: its light, the index of the body it hits (-1 none), the bodies,
    and for every body where it would be hit with nothing in front of it."""
    view, bodies = scene.camera(time), scene.bodies(time)
    origins, directions = view.rays(x, y, lens)
    clear, sheen = np.ones(x.shape), np.zeros((3, x.size))
    if scene.water is not None:
        origins, directions, clear, sheen = scene.water.enter(
            origins, directions, time, scene.backdrop
        )
    drop = -origins[1] / np.where(directions[1] < -1e-6, directions[1], 1e-12)
    away = np.hypot(origins[0] + directions[0] * drop, origins[2] + directions[2] * drop)
    drop = np.where((drop > 0) & (away < scene.reach), drop, FAR)
    reached = [trace(origins, directions, body, pixel) for body in bodies]
    nearest = np.stack([drop, *reached])
    owner = nearest.argmin(axis=0) - 1
    distance = nearest.min(axis=0)
    colour = scene.backdrop.colour(directions)
    solid = np.flatnonzero(distance < FAR)
    if solid.size:
        points = origins[:, solid] + directions[:, solid] * distance[solid]
        spread = distance[solid] * pixel
        if view.aperture and view.focus:
            spread = spread + 0.5 * view.aperture * np.abs(distance[solid] / view.focus - 1.0)
        light = surface_light(
            scene, time, bodies, points, directions[:, solid], owner[solid], spread, pixel
        )
        veil = 1.0 - np.exp(-distance[solid] / scene.haze_distance)
        colour[:, solid] = light + (scene.haze - light) * veil
    colour = (colour * clear + sheen) * scene.light.gain(time)
    return colour, owner, bodies, [np.asarray(hit < drop) for hit in reached]


def surface_light(
    scene: Scene,
    time: float,
    bodies: list[Body],
    points: Array,
    directions: Array,
    owner: NDArray[np.int64],
    spread: Array,
    pixel: float,
    bounce: bool = True,
) -> Array:
    """Shaded light of surface points; `owner` -1 is the ground. `bounce` allows one reflection."""
    normals = np.zeros_like(points)
    albedo = np.zeros_like(points)
    gloss = np.zeros(points.shape[1])
    ground = np.flatnonzero(owner < 0)
    if ground.size:
        slant = np.maximum(-directions[1, ground], 0.05)
        finish, normals[:, ground] = scene.ground.look(
            points[:, ground], spread[ground] / np.sqrt(slant), time
        )
        albedo[:, ground], gloss[ground] = finish.albedo, finish.gloss
    for number, body in enumerate(bodies):
        mine = np.flatnonzero(owner == number)
        if mine.size:
            normals[:, mine] = body.normals(points[:, mine])
            finish = body.finish(body.local(points[:, mine]))
            albedo[:, mine], gloss[mine] = finish.albedo, finish.gloss
    lifted = points + normals * 0.004
    sun = sun_reaches(lifted, scene.light.direction, bodies)
    if scene.water is not None:
        sun = sun * scene.water.caustics(points, time)
    sky = openness(lifted, normals, bodies, reach=0.25)
    environment = np.zeros_like(points)
    shiny = np.flatnonzero(gloss > 0.01)
    if shiny.size:
        away = mirrored(directions[:, shiny], normals[:, shiny])
        environment[:, shiny] = scene.backdrop.colour(away, sharpness=0.25)
        if scene.mirrors and bounce:
            seen = reflections(scene, time, bodies, lifted[:, shiny], away, pixel)
            environment[:, shiny] = np.where(np.isnan(seen), environment[:, shiny], seen)
    return shade(scene, directions, normals, Finish(albedo, gloss), sun, sky, environment)


def reflections(
    scene: Scene, time: float, bodies: list[Body], points: Array, directions: Array, pixel: float
) -> Array:
    """Light (3, N) of the bodies that rays from a mirror meet; NaN where they meet none."""
    colour = np.full(points.shape, np.nan)
    if not bodies:
        return colour
    reached = np.stack([trace(points, directions, body, 3.0 * pixel) for body in bodies])
    owner, distance = reached.argmin(axis=0), reached.min(axis=0)
    met = np.flatnonzero(distance < FAR)
    if met.size:
        there = points[:, met] + directions[:, met] * distance[met]
        colour[:, met] = surface_light(
            scene,
            time,
            bodies,
            there,
            directions[:, met],
            owner[met],
            distance[met] * pixel,
            pixel,
            bounce=False,
        )
    return colour


def lens_points(count: int) -> list[tuple[float, float]]:
    """`count` points spread evenly over the unit disc (a sunflower's seeds)."""
    turns = np.arange(count) * np.pi * (3.0 - np.sqrt(5.0))
    radii = np.sqrt((np.arange(count) + 0.5) / count)
    return [(float(r * np.cos(a)), float(r * np.sin(a))) for r, a in zip(radii, turns, strict=True)]


def render(scene: Scene, frame: float, width: int, height: int, samples: int = 16) -> Picture:
    """A picture of `scene` with the shutter open around time `frame`."""
    column_x, row_y = np.meshgrid(np.arange(width), np.arange(height))
    light = np.zeros((3, height * width))
    visible: dict[str, Array] = {}
    present: dict[str, Array] = {}
    lens = lens_points(samples)
    for number in range(samples):
        # The additive recurrence of the plastic number fills the pixel evenly (Roberts 2018).
        inside_x = (0.5 + number * 0.7548776662466927) % 1.0
        inside_y = (0.5 + number * 0.5698402909980532) % 1.0
        x = ((column_x + inside_x).ravel() - width / 2) / height
        y = ((row_y + inside_y).ravel() - height / 2) / height
        moment = ((number * STRIDE_OF_MOMENTS) % samples + 0.5) / samples - 0.5
        time = frame + scene.shutter * moment
        pixel = 1.0 / (height * scene.camera(time).focal)
        colour, owner, bodies, hits = sample(scene, time, x, y, lens[number], pixel)
        light += colour
        for index, body in enumerate(bodies):
            if body.target is not None:
                zero = np.zeros(height * width)
                visible[body.target] = visible.get(body.target, zero) + (owner == index)
                present[body.target] = present.get(body.target, zero) + hits[index]
    shape = (height, width)
    return Picture(
        (light / samples).reshape(3, *shape).transpose(1, 2, 0),
        {name: (count / samples).reshape(shape) for name, count in visible.items()},
        {name: (count / samples).reshape(shape) for name, count in present.items()},
    )
