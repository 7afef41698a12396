"""A network that is nothing like SAM 2 and still a `VideoNetwork`: it finds objects by their color.

Its strides, normalization, sizes and numbers of tokens are chosen to differ from those of SAM 2 and
from each other, so that code which takes one for another fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from samurai.networks.base import Decoding, Features, Memory, NetworkSpec

SIDE = 12
"""Feature tokens along each side of the input."""

TOLERANCES = (0.8, 1.2, 1.6)
"""Distances of normalized colors up to which a token belongs to the object, one per candidate."""

PREDICTED_IOUS = (0.7, 0.9, 0.6)
NO_OBJECT = -50.0


class ColorNetwork:
    """Tokens are mean colors, memories the object's color; masks are the tokens of that color."""

    spec = NetworkSpec(
        input_size=96,
        mean=(0.5, 0.4, 0.6),
        std=(0.25, 0.5, 0.2),
        feature_tokens=SIDE**2,
        memory_tokens=SIDE**2 // 8,
        feature_channels=3,
        memory_channels=4,
        logit_size=40,
        memory_mask_size=60,
        pointer_size=5,
        map_slots=5,
        pointer_slots=9,
        map_dtype=torch.float32,
    )
    device = torch.device("cpu")
    dtype = torch.float32
    resizes_on_device = False

    def check_process(self) -> None:
        """Works in every process."""

    def prepare(self, objects: int) -> None:
        """Has nothing to prepare."""

    def precision(self) -> AbstractContextManager[object]:
        return nullcontext()

    def encode(self, views: Tensor) -> Features:
        assert views.shape[1:] == (3, self.spec.input_size, self.spec.input_size)
        return Features(F.adaptive_avg_pool2d(views, SIDE).flatten(2).permute(2, 0, 1), ())

    def prompt_points(
        self,
        features: Features,
        points: Tensor,
        labels: Tensor,
        gate: float,
        candidates_up_to: int = 0,
        conditioned: Tensor | None = None,
        previous: Tensor | None = None,
    ) -> Decoding:
        assert previous is None or previous.shape[-1] == self.spec.logit_size
        marked = [
            self._color_at(features, own[sign != 0])
            for own, sign in zip(points, labels, strict=True)
        ]
        colors = torch.stack(
            [
                color
                if color is not None
                else (conditioned if conditioned is not None else torch.zeros(1, 3))[0]
                for color in marked
            ]
        )
        decoded = self._decoded(features.tokens, colors)
        return decoded if points.shape[1] <= candidates_up_to else _only(decoded, 1)

    def _color_at(self, features: Features, places: Tensor) -> Tensor | None:
        """The color where points (N, 2) are in the mean; None of no points."""
        if not len(places):
            return None
        column, row = (
            (places.mean(dim=0) / self.spec.input_size * SIDE).long().clamp(0, SIDE - 1).tolist()
        )
        return features.tokens[row * SIDE + column, 0]

    def prompt_mask(self, features: Features, mask: Tensor) -> Decoding:
        assert mask.shape[-1] == self.spec.input_size
        color = self._color(features.tokens, mask)
        logits = _resized(20 * mask - 10, self.spec.logit_size)
        if not (logits > 0).any():
            logits = torch.where(logits == logits.amax(), 10.0, logits)
        ones = torch.ones(1, 1)
        return Decoding(logits, ones, color[:, None], 10 * ones, 10 * ones)

    def embed_prompt(
        self,
        points: NDArray[np.float32],
        labels: NDArray[np.int32],
        logits: NDArray[np.float32] | None,
    ) -> tuple[Tensor, Tensor]:
        assert logits is None or logits.shape[-1] == self.spec.logit_size
        return torch.from_numpy(points), torch.from_numpy(labels)

    def prepare_memory(
        self,
        maps: Tensor,
        slots: Sequence[Sequence[int]],
        pointers: Tensor,
        distances: Sequence[Sequence[int]],
        weights: Sequence[Sequence[float]] | None = None,
    ) -> Memory:
        assert maps.shape[2:] == (self.spec.memory_tokens, self.spec.memory_channels)
        assert pointers.shape[-1] == self.spec.pointer_size
        assert maps.shape[1] > 0 and np.max(slots) < self.spec.map_slots
        shape = (len(maps), maps.shape[1] + pointers.shape[1])
        rates = torch.ones(shape) if weights is None else torch.tensor(weights)
        assert rates.shape == shape
        return Memory(maps, torch.tensor(slots), pointers, torch.tensor(distances), rates)

    def condition(self, features: Features, memory: Memory) -> Tensor:
        """The object's color in each hypothesis's memory (B, 3); maps count by their weights."""
        weights = memory.weights[:, : memory.maps.shape[1], None, None]
        weighted = (memory.maps * weights).flatten(1, 2).sum(dim=1)
        return weighted[:, :3] / weighted[:, 3:].clamp(min=1e-6)

    def decode(
        self,
        conditioned: Tensor,
        features: Features,
        gate: float,
        prompt: tuple[Tensor, Tensor] | None = None,
    ) -> Decoding:
        decoded = self._decoded(features.tokens, conditioned)
        visible = (decoded.object_scores > gate)[..., None, None]
        return decoded._replace(logits=torch.where(visible, decoded.logits, NO_OBJECT))

    def encode_memory(
        self,
        features: Features,
        logits: Tensor,
        object_scores: Tensor,
        prompted: Sequence[bool],
        pixel_weights: Sequence[NDArray[np.float32] | None] = (),
    ) -> Tensor:
        assert logits.shape[-1] == self.spec.memory_mask_size
        for weights in pixel_weights:
            assert weights is None or weights.shape == (self.spec.logit_size,) * 2
        color = self._color(features.tokens, (logits > 0).float())
        seen = (object_scores > 0).float()
        return torch.cat([color * seen, seen], dim=1)[:, None].repeat(1, self.spec.memory_tokens, 1)

    def object_pointer(self, tokens: Tensor, scores: Tensor, gate: float) -> Tensor:
        return F.pad(tokens, (0, self.spec.pointer_size - tokens.shape[1]))

    def _color(self, tokens: Tensor, masks: Tensor) -> Tensor:
        """Mean color (B, 3) of the tokens that masks (B, 1, m, m) cover."""
        cover = F.adaptive_avg_pool2d(masks, SIDE).flatten(1)
        inside = (cover > 0.6 * cover.amax(dim=1, keepdim=True)).float()
        colors = torch.einsum("bt,tbc->bc", inside, tokens.expand(-1, len(masks), -1))
        return colors / inside.sum(dim=1, keepdim=True).clamp(min=1)

    def _decoded(self, tokens: Tensor, colors: Tensor) -> Decoding:
        """Three candidates for objects of those colors, (B, 3)."""
        distance = (tokens.expand(-1, len(colors), -1) - colors).norm(dim=2).T  # (B, tokens)
        limits = torch.tensor(TOLERANCES)[None, :, None]
        logits = 20 * (limits - distance[:, None]).clamp(-0.5, 0.5)
        logits = _resized(logits.unflatten(2, (SIDE, SIDE)), self.spec.logit_size)
        scores = 20 * (TOLERANCES[1] - distance.amin(dim=1, keepdim=True))
        ious = torch.tensor(PREDICTED_IOUS).repeat(len(colors), 1)
        return Decoding(logits, ious, colors[:, None], scores, scores)


def _only(decoded: Decoding, candidate: int) -> Decoding:
    one = slice(candidate, candidate + 1)
    return decoded._replace(
        logits=decoded.logits[:, one], predicted_ious=decoded.predicted_ious[:, one]
    )


def _resized(logits: Tensor, side: int) -> Tensor:
    return F.interpolate(logits, size=(side, side), mode="bilinear", align_corners=False)
