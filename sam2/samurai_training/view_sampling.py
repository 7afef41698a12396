"""The views of training clips: the whole frame, or a window that follows the target with errors.

At inference the window follows the network's answers (`samurai.core.search_region`), so it has
their errors: late, displaced, too wide, too narrow, for one frame or for many. Clips with perfect
windows only would not prepare for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator

from samurai_training.world import View

Focus = tuple[float, float, float]
"""Center and size of the target in units."""


@dataclass(frozen=True)
class ViewRule:
    """The parameters of a training clip's views.

    Attributes:
        side: of the square views, in pixels.
        reach: median of the window's side in units, the target's size.
        whole: share of clips with a still view of the whole frame instead of a following window.
    """

    side: int
    reach: float = 4.0
    whole: float = 0.2


class ViewSampler(Protocol):
    """Chooses the view of every frame of a clip."""

    def view(self, now: Focus) -> View:
        """The view of the next frame, given the target's position in it."""

    def notice(self, now: Focus, visible: bool) -> None:
        """Receive the target's position and visibility after every frame."""


class StaticView:
    """A still view of the whole frame."""

    def __init__(self, rule: ViewRule, random: Generator) -> None:
        reach = float(np.exp(random.uniform(np.log(1.8), np.log(9))))
        x, y = random.normal(0, 0.12, 2) * reach
        roll = float(random.normal(0, 0.03))
        self._view = View(float(x), float(y), rule.side / reach, (rule.side,) * 2, roll)

    def view(self, now: Focus) -> View:
        """The same view for every frame."""
        return self._view

    def notice(self, now: Focus, visible: bool) -> None:
        """Nothing changes the view."""


class FollowingView:
    """A window a few target sizes wide that follows the target's past positions."""

    def __init__(self, rule: ViewRule, random: Generator) -> None:
        self._random, self._side = random, rule.side
        self._reach = rule.reach * float(np.exp(random.normal(0, 0.2)))
        self._lag = random.uniform(0, 1.2)
        # momentary and slowly varying errors, as shares of the window
        self._jitter = float(random.choice([0.02, 0.06, 0.12], p=[0.4, 0.4, 0.2]))
        self._drift = float(random.choice([0.0, 0.05, 0.1], p=[0.4, 0.35, 0.25]))
        self._shaken = float(random.choice([0.0, 0.25], p=[0.7, 0.3]))
        self._roll = float(random.normal(0, 0.03))
        self._rolling = float(random.choice([0.0, 0.03], p=[0.6, 0.4]))
        self._off = random.normal(0, 0.04, 2)
        self._off_scale = 0.0
        self._seen: Focus | None = None
        self._lost = 0

    def view(self, now: Focus) -> View:
        """A window about the delayed, jittered position of the last visible target."""
        random = self._random
        seen = self._seen or now
        size = self._reach * seen[2]
        size *= float(np.exp(random.normal(0, self._jitter) + self._off_scale))
        size *= min(1.0 + 0.25 * self._lost, 2.5)
        aside = self._off + random.normal(0, self._jitter / 2, 2)
        if random.random() < self._shaken:  # the camera was knocked
            aside = aside + random.normal(0, 0.1, 2)
        x, y = (n - self._lag * (n - s) for n, s in zip(now[:2], seen[:2], strict=True))
        middle = (float(x + aside[0] * size), float(y + aside[1] * size))
        return View(*middle, self._side / size, (self._side,) * 2, self._roll)

    def notice(self, now: Focus, visible: bool) -> None:
        """Remember a visible target; drift, roll and the time of absence advance."""
        random = self._random
        self._lost = 0 if visible else self._lost + 1
        if visible:
            self._seen = now
        self._off = 0.7 * self._off + random.normal(0, 0.7 * self._drift, 2)
        self._off_scale = 0.7 * self._off_scale + float(random.normal(0, 1.4 * self._drift))
        self._roll += float(random.normal(0, self._rolling))


class Pan:
    """A whole frame of (height, width) for films: it pans, turns slowly after the target, and in
    three films of ten shakes like a handheld camera."""

    def __init__(self, size: tuple[int, int], random: Generator) -> None:
        self._random, self._size = random, size
        units = float(np.exp(random.uniform(np.log(3.5), np.log(22))))
        self._scale = size[0] / units
        self._pan = random.normal(0, 0.03, 2)
        self._at = random.normal(0, 0.15, 2) * units
        self._shaking = float(random.choice([0.0, 0.15], p=[0.7, 0.3]))

    def view(self, now: Focus) -> View:
        """The frame panned by one step, slowly turning after the target."""
        random = self._random
        self._at = self._at + self._pan
        self._at = self._at + 0.05 * (np.array(now[:2]) - self._at)
        self._pan = 0.95 * self._pan + random.normal(0, 0.01, 2)
        x, y = self._at + random.normal(0, self._shaking, 2)
        return View(float(x), float(y), self._scale, self._size)

    def notice(self, now: Focus, visible: bool) -> None:
        """Nothing changes the view: the camera follows the target whether it is visible or not."""
