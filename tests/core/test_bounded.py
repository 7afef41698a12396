"""Memory does not grow: tensors counted byte by byte, and the process's resident memory."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch._subclasses.fake_tensor import FakeTensor

from samurai.config import TrackerConfig
from samurai.regions import Box
from samurai.tracker import Tracker

FRAMES = 1200
BOX = Box(30.0, 33.0, 32.0, 27.0)
RESIDENT_SLACK = 8 << 20
"""Bytes that an allocator may keep more of; 1,200 frames kept would be 44 megabytes."""


def tensor_bytes() -> int:
    """Bytes of all live tensors, each storage once."""
    gc.collect()
    storages = {}
    for thing in gc.get_objects():
        # not isinstance: it would wake lazy modules; other tests may leave tensors without data
        if issubclass(type(thing), torch.Tensor) and not issubclass(type(thing), FakeTensor):
            storage = thing.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())


def resident_bytes() -> int:
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@pytest.mark.slow
def test_state_is_constant_over_a_long_session(
    build_predictor: Callable[..., Any], video: list[NDArray[np.uint8]]
) -> None:
    model = build_predictor(64, seed=2, small=True, object_bias=1.0)
    session = Tracker(
        model, TrackerConfig(policy="samurai", device="cpu", dtype="float32")
    ).session()
    session.start(video[0], [BOX])
    tensors, resident = [], []
    for frame_index in range(1, FRAMES):
        session.step(video[frame_index % len(video)])
        if frame_index in (30, 31) or frame_index % 300 == 0:
            session.update_memory()
            tensors.append(tensor_bytes())
            resident.append(resident_bytes())
    assert len(set(tensors)) == 1
    # The first tenth lets caches and allocator pools fill up.
    assert resident[-1] - resident[2] < RESIDENT_SLACK
