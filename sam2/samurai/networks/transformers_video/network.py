"""A video network of `transformers` behind `networks.base.VideoNetwork`: its modules, our state.

The classes of these models have the parts of SAM 2 under common names: vision encoder, prompt
encoder, mask decoder, memory attention, memory encoder. A frame calls these parts; the inference
session of transformers, which keeps every frame, isn't used. Letters as in `networks.base`.
"""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from samurai.networks.arithmetic import (
    LARGEST_LOGIT,
    MASK_BIAS,
    MASK_SCALE,
    as_map,
    as_memory,
    autocast,
    not_lost,
    remembered_masks,
    weight_pictures,
)
from samurai.networks.base import MASK_LOGIT, Decoding, Features, Memory, NetworkSpec
from samurai.networks.casting import cast_once
from samurai.runtime.forking import PreparedProcess
from samurai.runtime.precision import resolve_dtype
from samurai.speed import Speed

NO_OBJECT_LOGIT = -1024.0
"""Mask logits of an object that isn't visible."""

LOGITS_PER_TOKEN = 4
"""Pixels of mask logits along a side of a feature token."""


class TransformersNetwork(ABC):
    """A model of transformers on a device, computing in one precision.

    A family says how its memories are encoded and attended to.

    Args:
        model: a video model of transformers; moved to `device`.
        dtype: float32, or a half precision for autocast.
        resizes_on_device: whether pictures are resized by the device's arithmetic.
    """

    def __init__(
        self, model: Any, device: torch.device, dtype: torch.dtype, resizes_on_device: bool = False
    ) -> None:
        model = model.to(device=device, dtype=torch.float32).eval().requires_grad_(False)
        self.config = model.config
        self.model = model if dtype == torch.float32 else cast_once(model, dtype)
        self.device = device
        self.dtype = dtype
        self.resizes_on_device = resizes_on_device
        self.spec = self._make_spec()
        # of places (...) and a number of channels; each model of transformers has its own copy
        self._sine = sys.modules[type(model).__module__].get_1d_sine_pe
        self._process = PreparedProcess(device)
        with torch.inference_mode(False), torch.no_grad(), self.precision():
            blank = torch.zeros(1, 3, self.spec.input_size, self.spec.input_size, device=device)
            encoded = self.model.get_image_features(blank, return_dict=True)
            self._feature_position = encoded.fpn_position_encoding[-1]
            self._dense_position = self.model.get_image_wide_positional_embeddings()
            self._map_position = self._make_map_position(encoded.fpn_hidden_states[-1])
            self._nothing = self._embed_nothing()

    @classmethod
    def of(cls, model: Any, device: torch.device, dtype: str, speed: Speed) -> TransformersNetwork:
        """A model's functions on a device.

        Args:
            model: a video model of transformers; it is moved to the device.
            dtype: a name, see `runtime.precision.resolve_dtype`.
            speed: see `samurai.speed`. Nothing is folded or compiled: a faster speed chooses the
                precision, and resizes pictures on the device.
        """
        precision = resolve_dtype(dtype, device, speed, int(model.config.image_size))
        return cls(model, device, precision, speed != "exact" and device.type != "cpu")

    # --- what differs between families ------------------------------------------------------------

    @abstractmethod
    def _make_spec(self) -> NetworkSpec:
        """The sizes and conventions of the model's configuration."""

    @abstractmethod
    def _make_map_position(self, tokens: Tensor) -> Tensor:
        """Positional encodings of a memory map, (memory tokens, M), of a frame's feature tokens
        (HW, 1, C)."""

    @abstractmethod
    def _encode_map(self, features: Tensor, masks: Tensor, absent: Tensor) -> Tensor:
        """Memory maps (B, memory tokens, M).

        Args:
            features: (B, C, H, W).
            masks: (B, 1, m, m), scaled for the memory encoder.
            absent: (B, 1, 1, 1), 1 where the object isn't visible and 0 where it is.
        """

    @abstractmethod
    def _attend(
        self, tokens: Tensor, memory: Tensor, positions: Tensor, maps: int, pointer_tokens: int
    ) -> Tensor:
        """A frame's tokens conditioned on memory tokens, (B, HW, C).

        Args:
            tokens: (HW, B, C) of the frame.
            memory, positions: (N, B, M), of `maps` memory maps and then of the pointers.
            pointer_tokens: how many of the N are of pointers.
        """

    # --- process and precision --------------------------------------------------------------------

    def check_process(self) -> None:
        """Raise DeviceError where the network can't be used in this process, after a fork."""
        self._process.check()

    def prepare(self, objects: int = 1) -> None:  # noqa: B027 (no family has more to do)
        """These networks run as they are: nothing is compiled or recorded."""

    def precision(self) -> AbstractContextManager[object]:
        """The autocast region that every function below must run in."""
        return autocast(self.device, self.dtype)

    # --- image encoder ----------------------------------------------------------------------------

    def encode(self, views: Tensor) -> Features:
        """Encode normalized views of one frame, float32 (V, 3, S, S)."""
        *finer, tokens = self.model.get_image_features(views, return_dict=True).fpn_hidden_states
        return Features(tokens, tuple(as_map(level) for level in finer))

    # --- memory attention -------------------------------------------------------------------------

    def prepare_memory(
        self,
        maps: Tensor,
        slots: Sequence[Sequence[int]],
        pointers: Tensor,
        distances: Sequence[Sequence[int]],
        weights: Sequence[Sequence[float]] | None = None,
    ) -> Memory:
        """The memories of B hypotheses, see `VideoNetwork.prepare_memory`."""
        return as_memory(maps, slots, pointers, distances, weights)

    def condition(self, features: Features, memory: Memory) -> Tensor:
        """Condition the frame on B hypotheses' memories: (B, C, H, W)."""
        rows, maps = memory.maps.shape[:2]
        channels = self.spec.memory_channels
        tokens = memory.maps.flatten(1, 2).to(memory.pointers.dtype)
        tokens = torch.cat([tokens, memory.pointers.reshape(rows, -1, channels)], dim=1)
        positions = torch.cat([self._map_positions(memory), self._pointer_positions(memory)], dim=1)
        # keys are made of tokens plus positions: a weight of both is a change of the positions
        extra = self._per_token(memory.weights - 1, maps)[..., None]
        positions = positions + extra * (tokens + positions)
        conditioned = self._attend(
            features.tokens.expand(-1, rows, -1),
            tokens.transpose(0, 1),
            positions.transpose(0, 1),
            maps,
            memory.pointers.shape[1] * self._tokens_per_pointer,
        )
        return as_map(conditioned.transpose(0, 1))

    def _map_positions(self, memory: Memory) -> Tensor:
        """Of the tokens of all maps, in space and by slot: (B, K * memory tokens, M)."""
        # counted backwards: the first embedding is that of the newest memory
        embeddings = self.model.memory_temporal_positional_encoding
        by_slot = embeddings[self.spec.map_slots - 1 - memory.slots].flatten(2, 3)  # (B, K, 1, M)
        positions: Tensor = (self._map_position + by_slot).flatten(1, 2)
        return positions

    def _pointer_positions(self, memory: Memory) -> Tensor:
        """Of the tokens of all pointers, by distance: (B, tokens, M)."""
        pointers, model = memory.pointers, self.model
        if not self.config.enable_temporal_pos_encoding_for_object_pointers:
            shape = (len(pointers), pointers.shape[1] * self._tokens_per_pointer)
            return pointers.new_zeros(*shape, self.spec.memory_channels)
        places = memory.distances / (self.spec.pointer_slots - 1)
        sine = self._sine(places, dim=pointers.shape[-1])
        projected = model.temporal_positional_encoding_projection_layer(sine.to(pointers.dtype))
        of_tokens: Tensor = projected.repeat_interleave(self._tokens_per_pointer, dim=1)
        return of_tokens

    def _per_token(self, values: Tensor, maps: int) -> Tensor:
        """Values of K maps and P pointers, (B, K + P), repeated for each of their tokens."""
        of_maps = values[:, :maps].repeat_interleave(self.spec.memory_tokens, dim=1)
        of_pointers = values[:, maps:].repeat_interleave(self._tokens_per_pointer, dim=1)
        return torch.cat([of_maps, of_pointers], dim=1)

    @property
    def _tokens_per_pointer(self) -> int:
        return self.spec.pointer_size // self.spec.memory_channels

    # --- prompt encoder and mask decoder ----------------------------------------------------------

    def decode(
        self,
        conditioned: Tensor,
        features: Features,
        gate: float,
        prompt: tuple[Tensor, Tensor] | None = None,
    ) -> Decoding:
        """Candidates of a tracked frame, see `VideoNetwork.decode`."""
        if prompt is None:
            prompt = self._no_prompt(len(conditioned))
        several = bool(self.config.multimask_output_for_tracking) and self._multimask(0)
        return self._decode(conditioned, features, *prompt, several, gate)

    def embed_prompt(
        self,
        points: NDArray[np.float32],
        labels: NDArray[np.int32],
        logits: NDArray[np.float32] | None,
    ) -> tuple[Tensor, Tensor]:
        """Embeddings of B hypotheses' own prompts, see `VideoNetwork.embed_prompt`."""
        mask = None if logits is None else torch.from_numpy(logits).to(self.device)
        return self._embed(
            torch.from_numpy(points).to(self.device), torch.from_numpy(labels).to(self.device), mask
        )

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
        """Candidates for prompted or corrected objects, see `VideoNetwork.prompt_points`."""
        if previous is not None:
            previous = previous.clamp(-LARGEST_LOGIT, LARGEST_LOGIT)
        sparse, dense = self._embed(points, labels, previous)
        rows, count = points.shape[:2]
        several = self._multimask(count) or count <= candidates_up_to
        if conditioned is None:
            conditioned = as_map(features.tokens + self.model.no_memory_embedding)
        else:
            several = several and bool(self.config.multimask_output_for_tracking)
        conditioned = conditioned.expand(rows, -1, -1, -1)
        return self._decode(conditioned, features, sparse, dense, several, gate)

    def prompt_mask(self, features: Features, mask: Tensor) -> Decoding:
        """A mask prompt taken as the answer; the decoder only makes the token of its pointer.

        Args:
            mask: float32 (1, 1, S, S) of zeros and ones, not empty.
        """
        sparse, _ = self._no_prompt(1)
        dense = self.model.prompt_encoder.mask_embed(self._dense_mask(mask))
        decoded = self._decode(as_map(features.tokens), features, sparse, dense, True, 0.0)
        best = int(decoded.predicted_ious[0].argmax())
        full = mask * MASK_SCALE + MASK_BIAS
        side = self.spec.logit_size
        logits = F.interpolate(full, size=(side, side), mode="bilinear", antialias=True)
        return Decoding(
            logits=not_lost(logits),
            predicted_ious=torch.ones(1, 1, device=self.device),
            tokens=decoded.tokens[:, best : best + 1],
            object_scores=torch.full((1, 1), MASK_LOGIT, device=self.device),
            pointer_scores=decoded.object_scores,
            input_logits=full,
        )

    def object_pointer(self, tokens: Tensor, scores: Tensor, gate: float) -> Tensor:
        """Object pointers (B, C) of the chosen candidates' tokens (B, C)."""
        visible = (scores > gate).float()
        pointers: Tensor = visible * self.model.object_pointer_proj(tokens)
        pointers = pointers + (1 - visible) * self.model.no_object_pointer
        return pointers

    def _dense_mask(self, mask: Tensor) -> Tensor:
        """A mask prompt (1, 1, S, S) at the size of mask logits, as the prompt encoder takes it."""
        small: Tensor = self.model.mask_downsample(mask).float()
        side = self.spec.logit_size
        if small.shape[-1] == side:
            return small
        return F.interpolate(small, size=(side, side), mode="bilinear", antialias=True)

    def _embed(self, points: Tensor, labels: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Sparse embeddings (B, points, C) and dense ones (B, C, H, W)."""
        sparse, dense = self.model.prompt_encoder(
            input_points=points[:, None],
            input_labels=labels[:, None],
            input_boxes=None,
            input_masks=mask,
        )
        return sparse[:, 0], dense

    def _no_prompt(self, rows: int) -> tuple[Tensor, Tensor]:
        """The embeddings of one point that is none, for B hypotheses."""
        sparse, dense = self._nothing
        return sparse.expand(rows, -1, -1), dense.expand(rows, -1, -1, -1)

    def _embed_nothing(self) -> tuple[Tensor, Tensor]:
        nowhere = torch.zeros(1, 1, 2, device=self.device)
        nothing = -torch.ones(1, 1, dtype=torch.int32, device=self.device)
        return self._embed(nowhere, nothing, None)

    def _decode(
        self,
        conditioned: Tensor,
        features: Features,
        sparse: Tensor,
        dense: Tensor,
        several: bool,
        gate: float,
    ) -> Decoding:
        rows = len(conditioned)
        logits, ious, tokens, scores = self.model.mask_decoder(
            image_embeddings=conditioned,
            image_positional_embeddings=self._dense_position.expand(rows, -1, -1, -1),
            sparse_prompt_embeddings=sparse[:, None],
            dense_prompt_embeddings=dense,
            multimask_output=several,
            high_resolution_features=list(features.high_res),
        )
        logits, ious, tokens, scores = logits[:, 0], ious[:, 0], tokens[:, 0], scores[:, 0]
        gated = torch.where((scores > gate)[..., None, None], logits, NO_OBJECT_LOGIT)
        return Decoding(gated.float(), ious, tokens, scores, scores)

    def _multimask(self, points: int) -> bool:
        config = self.config
        return bool(
            config.multimask_output_in_sam
            and config.multimask_min_pt_num <= points <= config.multimask_max_pt_num
        )

    # --- memory encoder ---------------------------------------------------------------------------

    def encode_memory(
        self,
        features: Features,
        logits: Tensor,
        object_scores: Tensor,
        prompted: Sequence[bool],
        pixel_weights: Sequence[NDArray[np.float32] | None] = (),
    ) -> Tensor:
        """Memory maps of the chosen masks, see `VideoNetwork.encode_memory`; prompted masks are
        binarized first."""
        masks = remembered_masks(logits, prompted)
        config = self.config
        masks = masks * config.sigmoid_scale_for_mem_enc + config.sigmoid_bias_for_mem_enc
        absent = 1 - (object_scores > 0).float()[..., None, None]
        tokens = features.tokens.expand(-1, len(logits), -1)
        maps = self._encode_map(as_map(tokens), masks, absent)
        if any(weights is not None for weights in pixel_weights):
            pixels = weight_pictures(pixel_weights, self.spec.logit_size, self.device)
            maps = maps * self._pooled(pixels)
        return maps

    def _absence(self, absent: Tensor) -> Tensor:
        """What maps (B, M, H, W) of absent objects get, by `absent` (B, 1, 1, 1)."""
        embedding = self.model.occlusion_spatial_embedding_parameter
        if embedding is None:
            return torch.zeros_like(absent)
        added: Tensor = absent * embedding[..., None, None]
        return added

    def _pooled(self, pixels: Tensor) -> Tensor:
        """Pixels (B, 1, L, L) as the mean of every token's, (B, memory tokens, 1)."""
        side = math.isqrt(self.spec.memory_tokens)
        return F.adaptive_avg_pool2d(pixels, side).flatten(2).transpose(1, 2)
