"""CoTracker3 (arXiv 2410.11831) as an optional point tracker.

It isn't a dependency: install the package `cotracker` of its authors, and name the weights' file of
the offline model in SAMURAI_COTRACKER. Nothing is downloaded. This could not be run where it was
written (no weights there); it uses `CoTrackerPredictor` as its documentation describes it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samurai.errors import ConfigurationError
from samurai.motion.points import Picture, Points

WEIGHTS_VARIABLE = "SAMURAI_COTRACKER"


class CoTracker:
    """Follows points through all frames at once, with their visibility.

    Args:
        predictor: a `cotracker.predictor.CoTrackerPredictor`.
        device: of its weights.
    """

    def __init__(self, predictor: Any, device: Any) -> None:
        self._predictor, self._device = predictor, device

    def __deepcopy__(self, _: Any) -> CoTracker:
        return self  # holds nothing of a video

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return CoTracker.load, ()

    @classmethod
    def load(cls) -> CoTracker:
        """The model whose weights SAMURAI_COTRACKER names, on a GPU if there is one.

        Raises:
            ConfigurationError: package or weights are missing.
        """
        weights = Path(os.environ.get(WEIGHTS_VARIABLE, ""))
        if not weights.is_file():
            raise ConfigurationError(
                f"point tracker 'cotracker' needs its weights: {WEIGHTS_VARIABLE} must name the "
                "file of CoTracker3's offline model (now: "
                f"{os.environ.get(WEIGHTS_VARIABLE) or 'unset'}); or use lucas-kanade"
            )
        try:
            from cotracker.predictor import CoTrackerPredictor  # type: ignore[import-not-found]
        except ImportError as error:
            raise ConfigurationError(
                f"point tracker 'cotracker' needs the package cotracker ({error}): install it from "
                "its authors, or use lucas-kanade"
            ) from None
        import torch

        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return cls(CoTrackerPredictor(checkpoint=str(weights)).to(device).eval(), device)

    def follow(self, frames: Sequence[Picture], points: Points) -> tuple[Points, NDArray[np.bool_]]:
        """CoTracker3 over all frames at once; a point is visible by the network's own estimate."""
        import torch

        if not len(points):
            return points, np.ones(0, dtype=np.bool_)
        video = torch.from_numpy(np.stack(frames)).to(self._device)
        queries = np.concatenate([np.zeros((len(points), 1), np.float32), points - 0.5], axis=1)
        with torch.inference_mode():
            tracks, visible = self._predictor(
                video.permute(0, 3, 1, 2)[None].float(),
                queries=torch.from_numpy(queries)[None].to(self._device),
            )
        moved: Points = tracks[0, -1].cpu().numpy().astype(np.float32) + np.float32(0.5)
        return moved, visible[0, -1].cpu().numpy().astype(np.bool_)
