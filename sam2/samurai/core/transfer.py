"""Tensors on their way from the device to the host."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MASKS_AT_ONCE = 8
"""Objects whose masks are resized together: bounds the memory for many objects in large frames."""


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
