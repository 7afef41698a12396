"""A frame on its way into the network: checked, cut to search regions, resized, normalized."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from samurai.core.search_region import SearchRegion
from samurai.errors import FrameError
from samurai.networks.base import VideoNetwork

Frame = NDArray[np.uint8]
PerChannel = tuple[float, float, float]


def rgb_frame(frame: Any) -> Frame:
    """The frame as uint8 RGB (H, W, 3); gray (H, W) or (H, W, 1) and RGBA are converted.

    Raises:
        FrameError: for anything else, naming what was given.
    """
    if not isinstance(frame, np.ndarray):
        raise FrameError(
            f"a frame is a numpy array, not {type(frame).__name__}: convert it, for example with "
            "np.asarray(image) or tensor.cpu().numpy()"
        )
    if frame.dtype != np.uint8:
        raise FrameError(f"a frame has 8 bits a channel (uint8), not {frame.dtype}: scale it first")
    if frame.ndim == 2:
        frame = frame[..., None]
    if frame.ndim != 3 or frame.shape[2] not in (1, 3, 4) or 0 in frame.shape:
        first = frame.ndim == 3 and frame.shape[0] in (1, 3, 4)
        hint = ": move the channels to the end with frame.transpose(1, 2, 0)" if first else ""
        raise FrameError(
            f"a frame is (H, W, 3) RGB, (H, W) gray or (H, W, 4) RGBA, not {frame.shape}{hint}"
        )
    rgb: Frame = np.repeat(frame, 3, axis=2) if frame.shape[2] == 1 else frame[..., :3]
    return rgb


def network_input(
    frame: Frame, regions: Sequence[SearchRegion] | None, network: VideoNetwork
) -> Tensor:
    """The views of a frame as the network takes them, float32 (V, 3, S, S).

    Args:
        frame: uint8 (H, W, 3) RGB.
        regions: one per view; None for a single view of the whole frame.
    """
    spec, device = network.spec, network.device
    pictures = [frame]
    if regions is not None:
        pictures = [cropped(frame, region, spec.border_color) for region in regions]
    resize = resized_on_device if network.resizes_on_device else resized
    squares = [resize(picture, spec.input_size, device) for picture in pictures]
    return torch.cat([normalized(square, spec.mean, spec.std) for square in squares])


def cropped(frame: Frame, region: SearchRegion, fill: tuple[int, int, int]) -> Frame:
    """The pixels in a search region, `fill` beyond the frame; the frame itself if that is whole."""
    size = (frame.shape[0], frame.shape[1])
    if region == SearchRegion.whole(size):
        return frame
    rows, columns, (down, right) = region.shared(size)
    pixels = frame[rows, columns]
    if pixels.shape[:2] == region.size:
        return np.ascontiguousarray(pixels)
    beyond = (down.start, region.height - down.stop, right.start, region.width - right.stop)
    framed: Frame = cv2.copyMakeBorder(  # type: ignore[assignment]
        pixels, *beyond, cv2.BORDER_CONSTANT, value=fill
    )
    return framed


def resized(picture: Frame, size: int, device: torch.device) -> Tensor:
    """PIL's bicubic resize to a square, on the host, as the installed sam2 loads its frames: uint8
    (1, 3, size, size). The picture travels to the device as bytes."""
    square = np.array(Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC))
    pixels = torch.from_numpy(square).to(device, non_blocking=True)
    return pixels.permute(2, 0, 1).contiguous()[None]


def resized_on_device(picture: Frame, size: int, device: torch.device) -> Tensor:
    """The same resize on the device, rows first and to whole levels, as PIL does it: float32.

    Coefficients are float32 there and fixed-point numbers here: of values between two levels, at
    most one in 500 in all, some fall to the other one.
    """
    pixels = torch.from_numpy(np.ascontiguousarray(picture)).to(device, non_blocking=True)
    values = pixels.permute(2, 0, 1)[None].to(torch.float32)
    for shape in ((picture.shape[0], size), (size, size)):
        values = F.interpolate(values, shape, mode="bicubic", antialias=True)
        values = values.clamp(0, 255).round()
    return values


def normalized(images: Tensor, mean: PerChannel, std: PerChannel) -> Tensor:
    """Images (..., 3, H, W) of 0 to 255: over 255, minus mean, over standard deviation; float32.

    Args:
        mean, std: per channel, of values in 0 to 1.
    """
    device = images.device
    return (images.to(torch.float32) / 255 - _constant(mean, device)) / _constant(std, device)


@cache
def _constant(values: PerChannel, device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # training uses them too
        return torch.tensor(values, device=device).view(3, 1, 1)
