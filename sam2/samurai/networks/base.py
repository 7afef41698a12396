"""The interface between the tracker and a network, which every family of video networks implements.

`core` and `policies` know a network by `NetworkSpec` and `VideoNetwork` alone. In shapes, B is a
batch of hypotheses, V of views (encoded pictures), K of candidates or of memory maps, P of object
pointers; S is the side of the square input, L that of mask logits, C and M the channels of feature
and memory tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MASK_LOGIT = 10.0
"""A binary mask as logits: +10 on the object, -10 elsewhere."""

CORNER_LABELS = (2, 3)
"""SAM's point labels for the top-left and bottom-right corner of a box prompt."""


@dataclass(frozen=True)
class NetworkSpec:
    """The sizes and conventions that differ between networks.

    Attributes:
        input_size: side S of the square input, in pixels.
        mean: of the input's normalization, per channel of RGB in 0 to 1.
        std: likewise.
        feature_tokens: coarse feature tokens of a view.
        memory_tokens: tokens of a memory map.
        feature_channels: of feature tokens, C.
        memory_channels: of memory tokens, M.
        logit_size: side L of mask logits.
        memory_mask_size: side of the masks that are encoded into memory, brought to it from the
            input's size.
        pointer_size: channels of an object pointer.
        map_slots: memory maps that the network attends to at most, the prompt's included.
        pointer_slots: object pointers that it attends to at most, the prompt's included.
        map_dtype: in which memory maps are stored.
    """

    input_size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    feature_tokens: int
    memory_tokens: int
    feature_channels: int
    memory_channels: int
    logit_size: int
    memory_mask_size: int
    pointer_size: int
    map_slots: int
    pointer_slots: int
    map_dtype: torch.dtype

    @property
    def border_color(self) -> tuple[int, int, int]:
        """RGB that the normalization turns into zero: the color of a view outside the frame."""
        red, green, blue = (round(255 * mean) for mean in self.mean)
        return red, green, blue


class Features(NamedTuple):
    """V encoded views of one frame; usually one, the whole frame, shared by all objects.

    tokens: (tokens, V, C), the coarse features that memories and prompts act on.
    high_res: finer feature maps (V, channels, h, w), finest first, that sharpen masks; none where
    the network has none.
    """

    tokens: Tensor
    high_res: tuple[Tensor, ...]

    def of(self, views: Sequence[int]) -> Features:
        """The features of one view per hypothesis; a single view, of batch 1, serves all."""
        if self.tokens.shape[1] == 1:
            return self
        index = torch.tensor(views).to(self.tokens.device, non_blocking=True)
        high_res = tuple(maps.index_select(0, index) for maps in self.high_res)
        return Features(self.tokens.index_select(1, index), high_res)


class Memory(NamedTuple):
    """The memories of B hypotheses: K maps each, (B, K, tokens, M), in slots (B, K), and P
    pointers, (B, P, pointer size), seen `distances` (B, P) frames ago.

    weights: float32 (B, K + P), of maps, then pointers: keys are made of their tokens times that,
    values of the tokens as they are.
    key_mask: bool (B, K + P), the maps and pointers that are more than padding; None for all.
    """

    maps: Tensor
    slots: Tensor
    pointers: Tensor
    distances: Tensor
    weights: Tensor
    key_mask: Tensor | None = None

    def given(self) -> tuple[Tensor, ...]:
        """All tensors that aren't None, in their order."""
        return tuple(tensor for tensor in self if tensor is not None)

    def row(self, index: int) -> Memory:
        """What one hypothesis attends to, as a batch of one; views, not copies."""
        one = slice(index, index + 1)
        return Memory(*(None if tensor is None else tensor[one] for tensor in self))  # type: ignore[arg-type]

    def copied(self) -> Memory:
        """The same in tensors of its own."""
        return Memory(*(None if tensor is None else tensor.clone() for tensor in self))  # type: ignore[arg-type]


class Decoding(NamedTuple):
    """The decoder's candidates for B hypotheses.

    logits: float32 (B, K, L, L), strongly negative where the object isn't visible.
    predicted_ious: (B, K).
    tokens: (B, K or 1, C), what object pointers are made of.
    object_scores: logits (B, 1).
    pointer_scores: logits (B, 1) that the pointers are gated by: the object scores, but for a mask
    prompt, which is visible by definition while its pointer comes from the decoder.
    input_logits: (B, K, S, S), mask logits at the input's size where they are more exact than
    resized ones, for families that remember a mask prompt itself; None elsewhere.
    """

    logits: Tensor
    predicted_ious: Tensor
    tokens: Tensor
    object_scores: Tensor
    pointer_scores: Tensor
    input_logits: Tensor | None = None

    def row(self, index: int) -> Decoding:
        """One hypothesis's candidates, as a batch of one; views, not copies."""
        return self.each(lambda values: values[index : index + 1])

    def each(self, change: Callable[[Tensor], Tensor]) -> Decoding:
        """The same with every tensor changed."""
        return Decoding(*(None if values is None else change(values) for values in self))  # type: ignore[arg-type]


class VideoNetwork(Protocol):
    """A network on a device, computing in one precision, without any state of a video."""

    @property
    def spec(self) -> NetworkSpec:
        """Sizes and conventions of the network."""

    @property
    def device(self) -> torch.device:
        """The device of the weights and of every tensor that the functions return."""

    @property
    def dtype(self) -> torch.dtype:
        """The floating-point type of the computation."""

    @property
    def resizes_on_device(self) -> bool:
        """Whether pictures are resized on the device, by its arithmetic, and not on the host."""

    def check_process(self) -> None:
        """Raise DeviceError where the network can't be used in this process, after a fork."""

    def prepare(self, objects: int) -> None:
        """Choose kernels and record graphs before the first video, for that many objects."""

    def precision(self) -> AbstractContextManager[object]:
        """The autocast region that every function below must run in."""

    def encode(self, views: Tensor) -> Features:
        """Encode normalized views of one frame, float32 (V, 3, S, S)."""

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
        """Candidates for B objects that are prompted by points, or corrected by them.

        Args:
            points: float32 (B, N, 2), x and y in the square input.
            labels: int32 (B, N): 1 object, 0 background, 2 and 3 the corners of a box.
            gate: object score above which masks are let through.
            candidates_up_to: so many points still have several candidates, whatever the model says.
            conditioned: of `condition`, where tracked objects are corrected; None for new ones.
            previous: float32 (B, 1, L, L), mask logits of the objects before these points.
        """

    def prompt_mask(self, features: Features, mask: Tensor) -> Decoding:
        """The prediction for a mask prompt, float32 (1, 1, S, S) of zeros and ones, which is the
        answer itself."""

    def embed_prompt(
        self,
        points: NDArray[np.float32],
        labels: NDArray[np.int32],
        logits: NDArray[np.float32] | None,
    ) -> tuple[Tensor, Tensor]:
        """Embeddings of B hypotheses' own prompts on a tracked frame.

        Args:
            points: (B, N, 2), x and y in the square input; labels: (B, N).
            logits: (B, 1, L, L) of a mask, or None.
        """

    def prepare_memory(
        self,
        maps: Tensor,
        slots: Sequence[Sequence[int]],
        pointers: Tensor,
        distances: Sequence[Sequence[int]],
        weights: Sequence[Sequence[float]] | None = None,
    ) -> Memory:
        """Prepare the memories of B hypotheses with equal numbers of maps and pointers.

        Args:
            maps: (B, K, tokens, M) memory maps, in the order of attention.
            slots: per hypothesis, the K slots that give the maps their temporal embedding.
            pointers: (B, P, pointer size).
            distances: per hypothesis, how many frames ago each of the P pointers was seen.
            weights: per hypothesis, those of the K maps and then of the P pointers, see `Memory`;
                None for 1.
        """

    def condition(self, features: Features, memory: Memory) -> Tensor:
        """Condition the frame on B hypotheses' memories; the input of `decode`."""

    def decode(
        self,
        conditioned: Tensor,
        features: Features,
        gate: float,
        prompt: tuple[Tensor, Tensor] | None = None,
    ) -> Decoding:
        """Candidates of a tracked frame.

        Args:
            conditioned: of `condition`.
            gate: object score above which masks are let through.
            prompt: of `embed_prompt`; None where the hypotheses have no prompt.
        """

    def encode_memory(
        self,
        features: Features,
        logits: Tensor,
        object_scores: Tensor,
        prompted: Sequence[bool],
        pixel_weights: Sequence[NDArray[np.float32] | None] = (),
    ) -> Tensor:
        """Memory maps (B, tokens, M) of the chosen masks.

        Args:
            logits: (B, 1, m, m) of the chosen masks, m the side of memory masks.
            object_scores: (B, 1) logits.
            prompted: whether a prompt made the mask.
            pixel_weights: per hypothesis, how much of the map counts where, (L, L); None for all.
        """

    def object_pointer(self, tokens: Tensor, scores: Tensor, gate: float) -> Tensor:
        """Object pointers (B, pointer size) of the chosen candidates' tokens (B, C).

        Args:
            scores: logits (B, 1); a pointer stands for an absent object where its score isn't above
                `gate`.
        """
