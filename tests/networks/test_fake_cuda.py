"""Whole videos on a CUDA device that isn't there: devices and types in every operation, no values.

What isn't run so: streams, graphs, page-locked memory, the compiler, and the kernels themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from oracles.fake_cuda import CUDA, FakeCuda, cuda_guard, faked, scripted
from oracles.inputs import sam2_network
from oracles.tiers import quick
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorDeviceMismatchError

from samurai import Box, Mask, Points, Tracker, TrackerConfig, tracker
from samurai.core import batching, pipeline, postprocess, preprocess
from samurai.core import memory_bank as bank
from samurai.errors import DeviceError, SessionError
from samurai.networks.sam2.network import Sam2Network
from samurai.policies import POLICIES
from samurai.runtime import precision

FRAMES = [np.full((90, 120, 3), shade, np.uint8) for shade in (0, 80, 160, 240)]
MASK = np.pad(np.ones((30, 40), np.bool_), ((20, 40), (30, 50)))
PROMPTS = {
    "box": Box(30, 20, 40, 30),
    "mask": Mask(MASK),
    "small mask": Mask(np.pad(np.ones((1, 1), np.bool_), ((20, 69), (30, 89)))),
    "points": Points([(40.0, 30.0), (5.0, 5.0)], [1, 0]),
}

Make = Callable[..., tuple[Tracker, FakeCuda]]


@pytest.fixture(scope="module")
def shared(build_predictor: Callable[..., Any]) -> tuple[Any, FakeCuda]:
    """One small network for all tests, and the mode that its tensors belong to."""
    mode = FakeCuda()
    return faked(build_predictor(128, seed=2, small=True), mode), mode


@pytest.fixture
def make(shared: tuple[Any, FakeCuda], monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes a tracker on the fake device; the mode stays on until the test ends."""

    def on_host(values: Tensor) -> Any:
        return values.cpu().numpy()  # without page-locked memory and a stream

    monkeypatch.setattr(torch.cuda.amp.common, "amp_definitely_not_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *_, **__: True)
    monkeypatch.setattr(precision, "cuda_has_bfloat16", lambda _: True)
    monkeypatch.setattr(FakeTensor, "numpy", scripted, raising=False)
    monkeypatch.setattr(postprocess, "on_host", on_host)
    monkeypatch.setattr(batching, "on_host", on_host)
    monkeypatch.setattr(tracker, "resolve_device", lambda _: CUDA)
    model, mode = shared
    preprocess._constant.cache_clear()

    def build(
        policy: str = "sam2",
        dtype: str = "float32",
        speed: str = "exact",
        window: float | None = 3.4,
        box_prompt: Any = "filled_mask",
    ) -> tuple[Tracker, FakeCuda]:
        mode.__enter__()
        entered.append(mode)
        settings: dict[str, Any] = {"policy": policy, "dtype": dtype, "speed": speed}
        settings |= {"window": window, "box_prompt": box_prompt}
        made = Tracker(model, TrackerConfig(device="cuda", **settings))
        mode.waits.clear()
        return made, mode

    entered: list[FakeCuda] = []
    with cuda_guard():
        yield build
        for each in entered:
            each.__exit__(None, None, None)
    preprocess._constant.cache_clear()


def run(made: Tracker, *regions: Any) -> None:
    """A video with those objects, one more in its third frame."""
    with made.session() as session:
        for time, frame in enumerate(FRAMES):
            late = [Box(10, 10, 30, 30)] if time == 2 else None
            answers = session.step(frame, late) if time else session.start(frame, regions)
            assert len(answers) == len(regions) + (time >= 2)
            if time % 2:
                session.update_memory()


@pytest.mark.parametrize(
    ("speed", "dtype", "window"),
    [
        ("exact", "float32", None),
        ("exact", "bfloat16", 4.0),
        ("fast", "float32", 4.0),
        ("fast", "bfloat16", None),
    ],
)
def test_a_video_stays_on_the_device(
    make: Make, speed: str, dtype: str, window: float | None
) -> None:
    """Every pair of these choices once."""
    made, _ = make("sam2", dtype, speed, window)
    assert sam2_network(made).execution.folded == (speed == "fast")
    run(made, PROMPTS["box"], PROMPTS["mask"])


@pytest.mark.parametrize("box_prompt", ["points", "filled_mask", "decoded_mask"])
def test_all_prompts(make: Make, box_prompt: str) -> None:
    run(make("samurai", "bfloat16", "fast", None, box_prompt)[0], *PROMPTS.values())


@pytest.mark.parametrize("policy", quick(sorted(POLICIES), "samurai", "sam2long"))
def test_all_policies(make: Make, policy: str) -> None:
    run(make(policy, "bfloat16", "exact")[0], PROMPTS["box"])


@pytest.mark.parametrize(
    ("owner", "name", "error"),
    [
        (bank.TensorPool, "take", FakeTensorDeviceMismatchError),
        (pipeline, "network_input", FakeTensorDeviceMismatchError),
        (Sam2Network, "encode_memory", DeviceError),
        (Sam2Network, "object_pointer", DeviceError),
    ],
)
def test_a_tensor_that_was_left_on_the_host_is_found(
    make: Make, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, error: type[Exception]
) -> None:
    """The test of this test: a fault is put in, and raises. What goes into the bank would be copied
    without a word, so that the bank itself looks."""
    plain = getattr(owner, name)

    def left_on_the_host(*args: Any, **named: Any) -> Tensor:
        made: Tensor = plain(*args, **named).cpu()
        return made

    monkeypatch.setattr(owner, name, left_on_the_host)
    made, _ = make()
    with pytest.raises((error, SessionError)) as caught:
        run(made, PROMPTS["box"])
    # a session says which frame couldn't be written, and why
    assert isinstance(caught.value.__cause__ or caught.value, error)
