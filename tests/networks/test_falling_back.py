"""Where a faster speed can't be warmed up: one log line, and the exact network's answers."""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles.inputs import sam2_network
from oracles.runs import run_logits
from oracles.tape import Tape
from oracles.tiers import quick
from torch.nn.attention import SDPBackend

from samurai import Box, Tracker
from samurai.errors import ConfigurationError, DeviceError, SamuraiError
from samurai.networks.sam2 import create
from samurai.networks.sam2.attention_kernels import Kernel
from samurai.networks.sam2.backends import cuda
from samurai.networks.sam2.execution import EXACT, Execution
from samurai.networks.sam2.network import Sam2Network

BOX = Box(20, 24, 30, 26)
KERNELS = (Kernel("math, folded", True, SDPBackend.MATH), Kernel("math", False, SDPBackend.MATH))

PADDED = Execution(folded=True, padded=True, backend=cuda.prepare)


@dataclass(frozen=True)
class Fault:
    """What fails, and with what."""

    place: str
    error: Exception


FAULTS = [
    Fault("compile", ImportError("no module named triton")),
    Fault("compiled call", RuntimeError("\nInductorError: unsupported\n\nand a whole program")),
    Fault("probe", AssertionError()),
    Fault("record", RuntimeError("operation not permitted when stream is capturing")),
    Fault("frame", torch.OutOfMemoryError("CUDA out of memory")),
    Fault("memory write", RuntimeError("device-side assert")),
]


@pytest.fixture
def like_cuda(monkeypatch: pytest.MonkeyPatch) -> Callable[[Fault | None], None]:
    """Have fast networks on a CPU do what they do on CUDA: probe, compile, record; and fail."""

    def install(fault: Fault | None) -> None:
        def at(place: str) -> None:
            if fault is not None and fault.place == place:
                raise fault.error

        def compiled(module: Any, **_: Any) -> Any:
            at("compile")

            def call(*tensors: Any) -> Any:
                at("compiled call")
                return module(*tensors)

            return call

        def seconds(network: Any, attention: Any, kernel: Kernel) -> float:
            at("probe")
            return 1.0

        class Recorder(Tape):
            def __call__(self, function: Any, inputs: Any) -> Any:
                at("record")
                return super().__call__(function, inputs)

        def execution(device: Any, dtype: Any, speed: str, size: int) -> Execution:
            return EXACT if speed == "exact" else PADDED

        monkeypatch.setattr(torch, "compile", compiled)
        monkeypatch.setattr(create, "choose_execution", execution)
        monkeypatch.setattr(cuda, "CUDA_KERNELS", KERNELS)
        monkeypatch.setattr(cuda, "_seconds", seconds)
        monkeypatch.setattr(cuda, "CudaGraphs", Recorder)
        for name, place in (("encode", "frame"), ("encode_memory", "memory write")):
            plain = getattr(Sam2Network, name)

            def failing(
                network: Any, *args: Any, place: str = place, plain: Any = plain, **named: Any
            ) -> Any:
                if network.execution.folded:
                    at(place)
                return plain(network, *args, **named)

            monkeypatch.setattr(Sam2Network, name, failing)

    return install


@pytest.fixture
def frames() -> list[NDArray[np.uint8]]:
    random = np.random.default_rng(3)
    return [random.integers(0, 256, (96, 128, 3), dtype=np.uint8) for _ in range(5)]


@pytest.mark.parametrize(
    "fault", quick(FAULTS, FAULTS[0]), ids=lambda fault: f"{fault.place}: {fault.error!r}"[:45]
)
def test_the_process_goes_on_in_exact(
    like_cuda: Callable[[Fault | None], None],
    frames: list[NDArray[np.uint8]],
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    speed = "max" if fault.place == "compiled call" else "fast"
    exact = Tracker.load("nano", device="cpu")
    exact.warm_up(2)
    like_cuda(fault)
    ours = Tracker.load("nano", device="cpu", speed=speed)
    dropped = weakref.ref(ours.network)
    with caplog.at_level(logging.WARNING):
        ours.warm_up(2)
    assert ours.speed == "exact" and not sam2_network(ours).execution.folded
    [line] = caplog.messages
    assert type(fault.error).__name__ in line or "SessionError" in line
    assert "exact" in line and "\n" not in line and "whole program" not in line
    fault.error.__traceback__ = None  # the stand-in's own error would keep what it saw
    gc.collect()
    assert dropped() is None  # its memory is free
    found, expected = (run_logits(made.session(), frames, [BOX]) for made in (ours, exact))
    np.testing.assert_array_equal(found, expected)


def test_where_nothing_fails_the_network_stays_and_the_loaded_model_is_let_go(
    like_cuda: Callable[[Fault | None], None], caplog: pytest.LogCaptureFixture
) -> None:
    like_cuda(None)
    ours = Tracker.load("nano", device="cpu", speed="fast")
    network = sam2_network(ours)
    ours.warm_up()
    assert ours.network is network and ours.speed == "fast"
    assert network.modules is not network.eager_modules
    assert ours._spare is None and not caplog.messages


def test_kernels_that_a_device_has_not_got_are_left_out(
    like_cuda: Callable[[Fault | None], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Torch says so by a RuntimeError. Plain products run anywhere: no reason to be exact."""
    like_cuda(Fault("probe", NotImplementedError("No available kernel")))
    ours = Tracker.load("nano", device="cpu", speed="fast")
    ours.warm_up()
    assert ours.speed == "fast"
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("speed", "name"), [("exact", "encode"), ("fast", "condition"), ("fast", "encode_memory")]
)
def test_where_exact_fails_too_the_error_is_typed(
    like_cuda: Callable[[Fault | None], None],
    monkeypatch: pytest.MonkeyPatch,
    speed: str,
    name: str,
) -> None:
    like_cuda(FAULTS[0])
    ours = Tracker.load("nano", device="cpu", speed=speed)

    def failing(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Sam2Network, name, failing)
    with pytest.raises(DeviceError, match="out of memory") as caught:
        ours.warm_up()
    assert isinstance(caught.value, SamuraiError) and "choose" in str(caught.value)


def test_what_is_wrongly_set_is_no_fault_of_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = Tracker.load("nano", device="cpu", speed="fast")

    def failing(*_: Any, **__: Any) -> Any:
        raise ConfigurationError("a policy's setting")

    monkeypatch.setattr(Sam2Network, "prepare", failing)
    with pytest.raises(ConfigurationError, match="a policy's setting"):
        ours.warm_up()
    assert ours.speed == "fast"
