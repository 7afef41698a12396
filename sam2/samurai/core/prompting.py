"""A prompt region becomes a first mask: boxes, masks and points through SAM 2's prompt encoder."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from samurai.models.manifest import BoxPrompt
from samurai.networks.sam2.network import CORNER_LABELS, Decoding, Features, Network
from samurai.policies.base import Needs
from samurai.regions import Box, Mask, Region


def decode_prompt(
    network: Network,
    features: Features,
    region: Region,
    frame_size: tuple[int, int],
    box_prompt: BoxPrompt,
    needs: Needs,
) -> Decoding:
    """Decode one object's prompt on its frame.

    Args:
        region: in frame pixels, already checked against the frame.
        frame_size: height and width of the frame.
        needs: of the object's policy: which masks are let through, when there are three of them.
    """
    if isinstance(region, Box) and box_prompt == "filled_mask":
        region = region.filled(frame_size)
    if isinstance(region, Mask):
        return network.decode_mask(features, _square_mask(region.array, network))
    if isinstance(region, Box):
        right, bottom = region.x + region.width, region.y + region.height
        points = np.array([[region.x, region.y], [right, bottom]], dtype=np.float32)
        labels = np.array(CORNER_LABELS, dtype=np.int32)
    else:
        points, labels = region.coordinates, region.labels
    height, width = frame_size
    # The order of these two float32 operations is SAM 2's; another one differs in the last bit.
    scaled = torch.from_numpy(points) / torch.tensor([width, height]) * network.image_size
    decoded = network.decode_points(
        features,
        scaled[None].to(network.device),
        torch.from_numpy(labels)[None].to(network.device),
        needs.object_gate,
        needs.prompt_candidates,
    )
    if isinstance(region, Box) and box_prompt == "decoded_mask":
        return _prompted_anew(network, features, decoded)
    return decoded


def _prompted_anew(network: Network, features: Features, decoded: Decoding) -> Decoding:
    """The best candidate as a mask prompt; as it is where the network sees no object."""
    best = int(decoded.predicted_ious[0].argmax())
    mask = network.full_size(decoded.logits)[:, best : best + 1] > 0
    return network.decode_mask(features, mask.float()) if mask.any() else decoded


def _square_mask(mask: NDArray[np.bool_], network: Network) -> Tensor:
    """A frame-sized mask in the square input, float32 (1, 1, S, S) of zeros and ones.

    Resized and cut at one half as in SAM 2. An object so small that nothing would be left keeps
    the pixels that it covers most, instead of being lost before the first frame.
    """
    size = network.image_size
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
