"""Objects that come in the middle of a video, on recorded work (field reports on CUDA graphs).

Recordings share one pool of memory on a GPU: what one of them left in it is gone when another one
is replayed. The recorder here does the same on a CPU, with NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles.runs import same
from oracles.tape import Tape
from oracles.tiers import quick
from torch import Tensor

from samurai import Box, Tracker
from samurai.networks.sam2.backends.cuda import record_modules
from samurai.networks.sam2.backends.cuda_graphs import Recording
from samurai.networks.sam2.execution import Execution
from samurai.networks.sam2.network import Sam2Network

CPU = torch.device("cpu")
LENGTH = 10
LATE = {3: [Box(50, 10, 40, 40)], 6: [Box(10, 50, 40, 30), Box(70, 40, 30, 30)]}


class SharedTape(Tape):
    """A tape whose recordings share their memory: a replay spoils all other results."""

    def __init__(self) -> None:
        super().__init__()
        self._left: list[Tensor] = []

    def __call__(self, function: Any, inputs: tuple[Tensor, ...]) -> Recording:
        recording = super().__call__(function, inputs)
        results = recording.results
        self._left += [results] if isinstance(results, Tensor) else results

        def replay() -> None:
            for result in self._left:
                result.fill_(torch.nan)
            recording.replay()

        return Recording(inputs, replay, results)


def run(tracker: Tracker, frames: list[NDArray[np.uint8]]) -> list[Any]:
    """Two videos, the second with two objects from the start; all that is answered, kept."""
    kept: list[Any] = []
    for first in ([Box(20, 20, 40, 40)], [Box(20, 20, 40, 40), Box(60, 30, 30, 40)]):
        with tracker.session() as session:
            for frame_index, frame in enumerate(frames):
                late = LATE.get(frame_index)
                answers = session.step(frame, late) if frame_index else session.start(frame, first)
                kept.append((session.logits, answers))
                if frame_index % 3 == 0:
                    session.update_memory()  # sometimes before the next frame, sometimes in it
    return kept


@pytest.mark.parametrize("policy", quick(["samurai", "sam2long"], "samurai"))
def test_late_objects_on_recorded_work(policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda module, **_: module)
    random = np.random.default_rng(5)
    still = random.integers(0, 256, (100, 120, 3), dtype=np.uint8)
    frames = [np.roll(still, 2 * frame_index, axis=1) for frame_index in range(LENGTH)]
    plain, recorded = (
        Tracker.load("nano", policy=policy, device="cpu", speed="fast") for _ in range(2)
    )
    for tracker in (plain, recorded):
        network: Any = tracker.network
        tracker.network = Sam2Network(
            network.model, CPU, torch.float32, Execution(folded=True, padded=True)
        )
    tape = SharedTape()
    network = recorded.network
    network.modules = record_modules(network, network.modules, tape, {1})
    for ours, theirs in zip(run(recorded, frames), run(plain, frames), strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])
        assert same([ours[1]], [theirs[1]])
    assert tape.replayed > 4 * LENGTH
