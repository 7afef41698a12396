"""A lap with a predictor that has SAM 2's public interface: `init_state`, prompts, propagation."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.speed.counts import LapCounter
from benchmarks.speed.peers.host import Lap, Runner, Task
from benchmarks.speed.stopwatch import waiter

Prompt = Callable[[Any, Any, int, Task], None]
"""Prompts one object, given the predictor, its state and the object's number."""


def runner(predictor: Any, device: torch.device, dtype: torch.dtype, prompt: Prompt) -> Runner:
    """Laps with this predictor: every object prompted in the first frame, every mask brought to
    the host at the frame's size, as an answer needs it."""

    def run(task: Task) -> Lap:
        with torch.inference_mode(), _precision(device, dtype):
            return _lap(predictor, device, prompt, task)

    return run


def _lap(predictor: Any, device: torch.device, prompt: Prompt, task: Task) -> Lap:
    counter = LapCounter(device.type, task.count_from)
    started = time.perf_counter()
    state = predictor.init_state(task.folder)
    waiter(device.type)()
    loading = time.perf_counter() - started
    for number in range(len(task.boxes)):
        prompt(predictor, state, number, task)
    frames: list[float] = []
    answers = predictor.propagate_in_video(state)
    before = time.perf_counter()
    for number in range(len(list(Path(task.folder).glob("*.jpg")))):
        with counter.frame(number):
            _, _, logits = next(answers)
            (logits > 0).cpu().numpy()
        now = time.perf_counter()
        if number:
            frames.append(now - before)
        before = now
    return Lap(before - started, loading, frames, counter.stop())


def _precision(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[Any]:
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype=dtype)


def corner_prompt(predictor: Any, state: Any, number: int, task: Task) -> None:
    """A box by its two corners."""
    x, y, width, height = task.boxes[number]
    box = np.array([x, y, x + width, y + height], np.float32)
    predictor.add_new_points_or_box(state, frame_idx=0, obj_id=number, box=box)
