"""A frame on its way into the network, and a mask on its way out to the frame's size."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from samurai.core.mask_upsampling import above_zero, frame_logits
from samurai.errors import FrameError
from samurai.regions import Box

Frame = NDArray[np.uint8]

MEAN = (0.485, 0.456, 0.406)
"""ImageNet mean per channel of RGB in 0..1, as SAM 2 was trained."""
STD = (0.229, 0.224, 0.225)

WHOLE = (slice(None), slice(None))
"""Rows and columns of a mask, all of them."""

MASKS_AT_ONCE = 8
"""Objects whose masks are resized together: bounds the memory for many objects in large frames."""


def rgb_frame(frame: Any) -> Frame:
    """The frame as uint8 RGB (H, W, 3); grey (H, W) or (H, W, 1) and RGBA are converted.

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
            f"a frame is (H, W, 3) RGB, (H, W) grey or (H, W, 4) RGBA, not {frame.shape}{hint}"
        )
    rgb: Frame = np.repeat(frame, 3, axis=2) if frame.shape[2] == 1 else frame[..., :3]
    return rgb


def prepare(frame: Frame, size: int, device: torch.device) -> Tensor:
    """The normalised network input, float32 (1, 3, size, size).

    Bit-equal to the installed sam2's own frame loading: PIL's bicubic resize to a square, then
    x / 255, minus mean, over standard deviation. The picture travels to the device as bytes.
    """
    pixels = torch.from_numpy(resized(frame, size)).to(device, non_blocking=True)
    return normalised(pixels.permute(2, 0, 1).contiguous()[None])


def resized(frame: Frame, size: int) -> Frame:
    """PIL's bicubic resize to a square, uint8 (size, size, 3)."""
    return np.array(Image.fromarray(frame).resize((size, size), Image.Resampling.BICUBIC))


def resized_on_device(frame: Frame, size: int, device: torch.device) -> Tensor:
    """`prepare` with the resize on the device, rows first and to whole levels, as PIL does it.

    Coefficients are float32 there and fixed-point numbers here: of values between two levels, at
    most one in 500 in all, some fall to the other one.
    """
    pixels = torch.from_numpy(np.ascontiguousarray(frame)).to(device, non_blocking=True)
    values = pixels.permute(2, 0, 1)[None].to(torch.float32)
    for shape in ((frame.shape[0], size), (size, size)):
        values = F.interpolate(values, shape, mode="bicubic", antialias=True)
        values = values.clamp(0, 255).round()
    return normalised(values)


def normalised(images: Tensor) -> Tensor:
    """Images (..., 3, H, W) of 0 to 255 as the network wants them, float32."""
    mean, std = _mean_and_std(images.device)
    return (images.to(torch.float32) / 255 - mean) / std


@cache
def _mean_and_std(device: torch.device) -> tuple[Tensor, Tensor]:
    with torch.inference_mode(False):  # training uses them too
        mean, std = (torch.tensor(values, device=device).view(3, 1, 1) for values in (MEAN, STD))
    return mean, std


def frame_masks(
    logits: Tensor, frame_size: tuple[int, int], part: tuple[slice, slice] = WHOLE
) -> list[tuple[NDArray[np.bool_], Box | None]]:
    """Masks (H, W) and their boxes at the frame's size, of mask logits (N, 1, h, w).

    Bilinear without corner alignment, above zero, as SAM 2's video predictor.

    Args:
        part: rows and columns that are wanted; box and mask are those of this part.
    """
    if logits.device.type == "cpu":
        found = [above_zero(own, frame_size, part) for own in logits[:, 0]]
        return [(mask, Box.of_mask(mask)) for mask in found]
    answers: list[tuple[NDArray[np.bool_], Box | None]] = []
    for some in torch.split(logits, MASKS_AT_ONCE):
        masks = frame_logits(some, frame_size)[(slice(None), 0, *part)] > 0
        size = (masks.shape[1], masks.shape[2])
        answers += [with_box(line, size) for line in on_host(with_profiles(masks))]
    return answers


def with_profiles(masks: Tensor) -> Tensor:
    """Masks (N, H, W) in a line each, (N, H * W + H + W), followed by which of their rows and which
    of their columns hold something: what boxes are told from, and the device finds quickest."""
    return torch.cat([masks.flatten(1), masks.any(dim=2), masks.any(dim=1)], dim=1)


def with_box(
    line: NDArray[np.bool_], size: tuple[int, int]
) -> tuple[NDArray[np.bool_], Box | None]:
    """A mask (H, W) and its box from a line of `with_profiles`."""
    height, width = size
    mask = line[: height * width].reshape(size)
    rows, columns = np.split(line[height * width :], [height])
    return mask, Box.of_profiles(rows, columns)


def on_host(values: Tensor) -> NDArray[Any]:
    """A tensor as a numpy array of its own.

    From a CUDA device through page-locked memory, which is several times as fast for a mask; the
    copy waits for this stream alone.
    """
    if values.device.type != "cuda":
        return np.asarray(values.cpu().numpy())
    locked = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
    locked.copy_(values, non_blocking=True)
    torch.cuda.current_stream(values.device).synchronize()
    return np.array(locked.numpy())
