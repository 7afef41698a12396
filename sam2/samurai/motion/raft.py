"""RAFT (arXiv 2003.12039) of torchvision as an optional dense flow.

torchvision is imported only when this flow is selected. The weights' file of `raft_small` is named
by SAMURAI_RAFT; nothing is downloaded. This could not be run where it was written (no weights
there); it uses `torchvision.models.optical_flow` as its documentation describes it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from samurai.errors import ConfigurationError
from samurai.motion.flow import FlowField, Picture

WEIGHTS_VARIABLE = "SAMURAI_RAFT"

MULTIPLE, SMALLEST = 8, 128
"""RAFT requires sides that are multiples of 8, and at least 128."""


class Raft:
    """torchvision's `raft_small`, with the flow of its last refinement.

    Args:
        model: in evaluation mode, on `device`.
    """

    def __init__(self, model: Any, device: Any) -> None:
        self._model, self._device = model, device

    def __deepcopy__(self, _: Any) -> Raft:
        return self  # holds nothing of a video

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return Raft.load, ()

    @classmethod
    def load(cls) -> Raft:
        """The model whose weights SAMURAI_RAFT names, on a GPU if there is one.

        Raises:
            ConfigurationError: torchvision or the weights are missing.
        """
        weights = Path(os.environ.get(WEIGHTS_VARIABLE, ""))
        if not weights.is_file():
            raise ConfigurationError(
                f"flow 'raft' needs its weights: {WEIGHTS_VARIABLE} must name the file of "
                "torchvision's raft_small (now: "
                f"{os.environ.get(WEIGHTS_VARIABLE) or 'unset'}); or use dis"
            )
        try:
            from torchvision.models.optical_flow import raft_small  # type: ignore[import-not-found]
        except (ImportError, RuntimeError) as error:
            raise ConfigurationError(
                f"flow 'raft' needs a torchvision that fits this torch ({error}). Remedy: in a "
                "clone `make setup EXTRAS=raft`, outside of one `pip install torchvision` from the "
                "index that torch came from; or use dis"
            ) from None
        import torch

        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model = raft_small(weights=None)
        model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
        return cls(model.to(device).eval(), device)

    def between(self, start: Picture, end: Picture) -> FlowField:
        """RAFT on pictures padded to its multiple of pixels; the flow is cut to their size."""
        import torch

        height, width = start.shape[:2]
        size = tuple(max(SMALLEST, -(-side // MULTIPLE) * MULTIPLE) for side in (height, width))
        pictures = torch.stack([_padded(picture, size) for picture in (start, end)])
        pictures = pictures.to(self._device).permute(0, 3, 1, 2).float() / 127.5 - 1
        with torch.inference_mode():
            flow = self._model(pictures[:1], pictures[1:])[-1][0]
        field: FlowField = flow.permute(1, 2, 0)[:height, :width].float().cpu().numpy()
        return field


def _padded(picture: Picture, size: tuple[int, ...]) -> Any:
    import torch

    down, right = size[0] - picture.shape[0], size[1] - picture.shape[1]
    return torch.from_numpy(np.pad(picture, ((0, down), (0, right), (0, 0)), mode="edge"))
