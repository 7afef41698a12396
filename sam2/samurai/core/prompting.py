"""A prompt region becomes a first mask: boxes, masks and points through the prompt encoder."""

from __future__ import annotations

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
from samurai.regions import Box, Mask, Region


def decode_prompt(
    network: VideoNetwork,
    features: Features,
    region: Region,
    view: View,
    frame_size: tuple[int, int],
    box_prompt: BoxPrompt,
    requirements: PolicyRequirements,
) -> Decoding:
    """Decode one object's prompt on its frame.

    Args:
        features: of all views of the frame.
        region: in frame pixels, already checked against the frame.
        view: that the object is seen through.
        frame_size: height and width of the frame.
        needs: of the object's policy: which masks are let through, when there are three of them.
    """
    if view.region is not None:
        region, frame_size = view.region.cut(region), view.region.size
    if requirements.box_as_mask and box_prompt == "points":
        box_prompt = "decoded_mask"
    if isinstance(region, Box) and box_prompt == "filled_mask":
        region = region.filled(frame_size)
    seen = features.of([view.index])
    if isinstance(region, Mask):
        return network.prompt_mask(seen, _square_mask(region.array, network))
    decoded = _decode_points(network, seen, region, frame_size, requirements)
    if isinstance(region, Box) and box_prompt == "decoded_mask":
        return _prompted_anew(network, seen, decoded)
    return decoded


def _decode_points(
    network: VideoNetwork,
    features: Features,
    region: Region,
    frame_size: tuple[int, int],
    requirements: PolicyRequirements,
) -> Decoding:
    """A box by its two corners, or clicks."""
    if isinstance(region, Box):
        right, bottom = region.x + region.width, region.y + region.height
        points = np.array([[region.x, region.y], [right, bottom]], dtype=np.float32)
        labels = np.array(CORNER_LABELS, dtype=np.int32)
    else:
        assert not isinstance(region, Mask)
        points, labels = region.coordinates, region.labels
    height, width = frame_size
    # The order of these two float32 operations is SAM 2's; another one differs in the last bit.
    scaled = torch.from_numpy(points) / torch.tensor([width, height]) * network.spec.input_size
    return network.prompt_points(
        features,
        scaled[None].to(network.device),
        torch.from_numpy(labels)[None].to(network.device),
        requirements.object_gate,
        requirements.prompt_candidates,
    )


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
