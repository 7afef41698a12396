"""What a tracker does before its first video, and what it lets go of where that fails."""

from __future__ import annotations

import gc
import sys

import numpy as np
import torch

from samurai.core.session import Session
from samurai.regions import Box

WARM_UP_FRAMES = 3
"""The prompt's frame, the first with a memory, the first with two: every kind of call once."""

REASON_UP_TO = 300
"""Letters of an error's text that fit into a log line: compilers print whole programs."""


def run_once(session: Session, objects: int) -> None:
    """Throw-away frames with so many objects."""
    frame = np.zeros((64, 64, 3), dtype=np.uint8)
    session.start(frame, [Box(16, 16, 32, 32)] * objects)
    for _ in range(WARM_UP_FRAMES - 1):
        session.step(frame)
    session.update_memory()


def reason(error: Exception) -> str:
    """An error in one line: its type, and the first line of its text that says something."""
    lines = (line.strip() for line in str(error).splitlines())
    text = next((line for line in lines if line), "no reason given")
    return f"{type(error).__name__}: {text[:REASON_UP_TO]}"


def release(device: torch.device) -> None:
    """Give the memory of dropped networks back to the device, and forget half-made compilations."""
    dynamo = sys.modules.get("torch._dynamo")
    if dynamo is not None:
        dynamo.reset()
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
