"""One hypothesis of one object on its way through a frame: what it attends to, what the network
predicts, and the candidate that its policy selects."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from samurai.core.memory_bank import ObjectMemory
from samurai.core.search_region import SearchRegion
from samurai.networks.base import MASK_LOGIT, Decoding, Memory, NetworkSpec
from samurai.policies.base import Decoded, DecoderPrompt, Grid, Recall
from samurai.regions import ObjectId


@dataclass(frozen=True)
class View:
    """Which of a frame's encoded views an object is seen through, and where that lies.

    Attributes:
        index: of the view among the frame's features.
        region: None where the network sees the whole frame: boxes then stay in its square input,
            as the reference measures them.
    """

    index: int
    region: SearchRegion | None

    def grid(self, spec: NetworkSpec) -> Grid:
        """Where the pixels of mask logits lie, in the policies' coordinates."""
        side, region = spec.logit_size, self.region
        if region is None:
            stride = spec.input_size / side
            return Grid(0.0, 0.0, stride, stride)
        return Grid(region.left, region.top, region.width / side, region.height / side)

    def to_network(self, prompt: DecoderPrompt, spec: NetworkSpec) -> DecoderPrompt:
        """A policy's prompt in the square input's coordinates, its mask float32 (1, L, L)."""
        points, logits, region = prompt.points, prompt.logits, self.region
        if region is not None:
            points = region.to_network(points, spec.input_size)
        if logits is not None:
            if region is not None:
                logits = region.crop_values(logits, fill_value=-MASK_LOGIT)
            size = (spec.logit_size, spec.logit_size)
            logits = cv2.resize(logits, size, interpolation=cv2.INTER_AREA)[None]  # type: ignore[assignment]
        return DecoderPrompt(points.astype(np.float32), prompt.labels, logits)


@dataclass(frozen=True)
class Hypothesis:
    """What one line of memory of one object attends to in a frame, and what it sees of it."""

    memory: ObjectMemory
    recall: Recall
    view: View


@dataclass(frozen=True)
class Prediction:
    """What the network predicts for one hypothesis.

    Attributes:
        decoding: its candidates, as a batch of one.
        decoded: the same as numbers, for the policy.
        view: what it was predicted from.
        input_logits: mask logits (1, K, S, S) at the network's input size, where the network gave
            them or boxes were measured on them; None elsewhere.
        memory: what the frame was conditioned on, as a batch of one; None where a prompt alone
            made the candidates. A correction decodes anew from it.
    """

    decoding: Decoding
    decoded: Decoded
    view: View
    input_logits: Tensor | None
    memory: Memory | None = None

    def logits(self, candidate: int) -> Tensor:
        """A candidate's mask logits, (1, 1, L, L)."""
        return self.decoding.logits[:, candidate : candidate + 1]

    def confidence(self, candidate: int) -> float:
        """Predicted IoU of a candidate times the probability that the object is visible, 0 to 1."""
        decoded = self.decoded
        visible = 0.5 * (1 + math.tanh(decoded.object_score / 2))  # a sigmoid that can't overflow
        return min(max(decoded.candidates[candidate].predicted_iou, 0.0), 1.0) * visible

    def kept(self, own_tensors: bool) -> Prediction:
        """Without what can be made again.

        Args:
            own_tensors: copy tensors, of which others may be parts.
        """
        if not own_tensors:
            return replace(self, input_logits=None)
        decoding = self.decoding.each(Tensor.clone)
        memory = None if self.memory is None else self.memory.copied()
        logits = partial(copied_logits, decoding.logits[0])
        decoded = replace(self.decoded, logits=logits)
        return replace(self, decoding=decoding, decoded=decoded, memory=memory, input_logits=None)

    def with_memory(self, memory: Memory | None) -> Prediction:
        """The same, conditioned on a memory."""
        return replace(self, memory=memory)

    def only(self, candidate: int) -> Prediction:
        """The same with one candidate."""
        one = slice(candidate, candidate + 1)
        decoding, decoded = self.decoding, self.decoded
        tokens = decoding.tokens[:, one] if decoding.tokens.shape[1] > 1 else decoding.tokens
        return replace(
            self,
            decoding=decoding._replace(
                logits=decoding.logits[:, one],
                predicted_ious=decoding.predicted_ious[:, one],
                tokens=tokens,
            ),
            decoded=replace(
                decoded,
                candidates=decoded.candidates[one],
                logits=partial(_logits_of, decoded, candidate),
            ),
            input_logits=None if self.input_logits is None else self.input_logits[:, one],
        )


@dataclass(frozen=True)
class SelectedHypothesis:
    """The candidate that a policy selected, and the line of memory that it belongs to from now on.

    Attributes:
        object_id: of the object.
        number: of the hypothesis among the object's, 0 is the best.
        parent: number of the hypothesis that it continues.
        memory: of the hypothesis.
        prediction, candidate: the network's candidates, and which of them it is.
        prompted: whether a prompt made the mask.
    """

    object_id: ObjectId
    number: int
    parent: int
    memory: ObjectMemory
    prediction: Prediction
    candidate: int
    prompted: bool

    @property
    def view(self) -> View:
        """What the candidate was seen through."""
        return self.prediction.view

    @property
    def logits(self) -> Tensor:
        """Mask logits, (1, 1, L, L)."""
        return self.prediction.logits(self.candidate)

    @property
    def token(self) -> Tensor:
        """What the object pointer is made of, (1, C); some prompts share one token."""
        tokens = self.prediction.decoding.tokens
        return tokens[:, self.candidate if tokens.shape[1] > 1 else 0]

    @property
    def confidence(self) -> float:
        """Of the candidate, see `Prediction.confidence`."""
        return self.prediction.confidence(self.candidate)


def _logits_of(decoded: Decoded, candidate: int, _: int) -> NDArray[np.float32]:
    """The mask logits of the one candidate that is left."""
    return decoded.logits(candidate)


def copied_logits(logits: Tensor, candidate: int) -> NDArray[np.float32]:
    """A candidate's mask logits (L, L) on the host, of (K, L, L)."""
    copied: NDArray[np.float32] = logits[candidate].cpu().numpy()
    return copied
