"""A prompt or a correction becomes a mask: boxes, masks and points through the prompt encoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from samurai.core.hypotheses import View
from samurai.core.mask_resize import resized_logits
from samurai.models.manifest import BoxPrompt
from samurai.networks.base import CORNER_LABELS, Decoding, Features, VideoNetwork
from samurai.policies.base import PolicyRequirements
from samurai.regions import Box, Mask, Points, Region


@dataclass(frozen=True)
class PromptDecoder:
    """Decodes prompts and corrections, one object at a time.

    Attributes:
        network: with the prompt encoder and the mask decoder.
        box_prompt: how a box is given to the network.
        requirements: of the objects' policies: which masks are let through, when there are three.
    """

    network: VideoNetwork
    box_prompt: BoxPrompt
    requirements: PolicyRequirements

    def decode(
        self,
        features: Features,
        region: Region,
        view: View,
        frame_size: tuple[int, int],
        conditioned: Tensor | None = None,
        previous: Tensor | None = None,
    ) -> Decoding:
        """Decode one object's prompt.

        Args:
            features: of all views of the frame.
            region: in frame pixels, already checked against the frame.
            view: that the object is seen through.
            frame_size: height and width of the frame.
            conditioned: the view conditioned on the object's memory, for a correction by clicks.
            previous: the object's mask logits (1, 1, L, L) in this view before these clicks.
        """
        if view.region is not None:
            region, frame_size = view.region.cut(region), view.region.size
        box_prompt = self.box_prompt
        if self.requirements.box_as_mask and box_prompt == "points":
            box_prompt = "decoded_mask"
        if isinstance(region, Box) and box_prompt == "filled_mask":
            region = region.filled(frame_size)
        seen = features.of([view.index])
        if isinstance(region, Mask):
            return self.network.prompt_mask(seen, _square_mask(region.array, self.network))
        points, labels = self._points(region, frame_size)
        decoded = self.network.prompt_points(
            seen,
            points,
            labels,
            self.requirements.object_gate,
            self.requirements.prompt_candidates if conditioned is None else 0,
            conditioned,
            previous,
        )
        if isinstance(region, Box) and box_prompt == "decoded_mask":
            return _prompted_anew(self.network, seen, decoded)
        return decoded

    def _points(self, region: Box | Points, frame_size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """A box's two corners, then clicks: (1, N, 2) in the square input, and labels (1, N)."""
        box = region if isinstance(region, Box) else region.box
        points, labels = np.zeros((0, 2), np.float32), np.zeros(0, np.int32)
        if box is not None:
            right, bottom = box.x + box.width, box.y + box.height
            points = np.array([[box.x, box.y], [right, bottom]], np.float32)
            labels = np.array(CORNER_LABELS, np.int32)
        if isinstance(region, Points):
            points = np.concatenate([points, region.coordinates])
            labels = np.concatenate([labels, region.labels])
        height, width = frame_size
        size, device = self.network.spec.input_size, self.network.device
        # The order of these two float32 operations is SAM 2's; another one differs in the last bit.
        scaled = torch.from_numpy(points) / torch.tensor([width, height]) * size
        return scaled[None].to(device), torch.from_numpy(labels)[None].to(device)


def _prompted_anew(network: VideoNetwork, features: Features, decoded: Decoding) -> Decoding:
    """The best candidate as a mask prompt; as it is where the network sees no object."""
    best = int(decoded.predicted_ious[0].argmax())
    logits = resized_logits(decoded.logits, network.spec.input_size)
    mask = logits[:, best : best + 1] > 0
    return network.prompt_mask(features, mask.float()) if mask.any() else decoded


def _square_mask(mask: NDArray[np.bool_], network: VideoNetwork) -> Tensor:
    """A frame-sized mask in the square input, float32 (1, 1, S, S) of zeros and ones.

    Resized and cut at one half as in SAM 2. An object so small that nothing would be left keeps
    the pixels that it covers most, instead of being lost before the first frame.
    """
    size = network.spec.input_size
    full = torch.from_numpy(mask).to(network.device).float()[None, None]
    if mask.shape == (size, size):
        return full
    resized = F.interpolate(
        full, size=(size, size), mode="bilinear", align_corners=False, antialias=True
    )
    binary = resized >= 0.5
    if not binary.any():
        binary = resized >= resized.max() / 2
    return binary.float()
