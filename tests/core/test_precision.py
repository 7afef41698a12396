"""Which precision "auto" stands for, on devices that nobody has here (stand-ins for torch.cuda)."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from samurai.errors import ConfigurationError
from samurai.runtime import precision
from samurai.runtime.precision import (
    cuda_has_bfloat16,
    preferred_dtype,
    resolve_dtype,
    warn_of_emulation,
)

CPU = torch.device("cpu")

Cards = Callable[[Sequence[bool]], None]


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Cards:
    """Pretend that there are CUDA devices, some with bfloat16; the first is current."""

    def pretend(native: Sequence[bool]) -> None:
        current = [0]

        @contextlib.contextmanager
        def device(index: int) -> Any:
            before, current[0] = current[0], index
            yield
            current[0] = before

        def supported(including_emulation: bool = True) -> bool:
            return including_emulation or native[current[0]]

        monkeypatch.setattr(torch.cuda, "device", device)
        monkeypatch.setattr(torch.cuda, "current_device", lambda: current[0])
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)

    return pretend


def test_auto_on_cuda_is_bfloat16_only_where_the_card_has_it(cards: Cards) -> None:
    device = torch.device("cuda")
    for native, expected in ((True, torch.bfloat16), (False, torch.float32)):
        cards([native])
        assert preferred_dtype("exact", 1024, device) == expected
        assert preferred_dtype("fast", 160, device) == expected
        assert resolve_dtype("auto", device) == expected


def test_each_card_is_asked_for_itself(cards: Cards) -> None:
    cards([True, False, True])
    names = ("cuda", "cuda:0", "cuda:1", "cuda:2")
    assert [cuda_has_bfloat16(torch.device(name)) for name in names] == [True, True, False, True]
    assert torch.cuda.current_device() == 0


@pytest.mark.parametrize("native", [True, False])
def test_auto_elsewhere(monkeypatch: pytest.MonkeyPatch, native: bool) -> None:
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: native)
    large = torch.bfloat16 if native else torch.float32
    assert preferred_dtype("fast", 1024, CPU) == preferred_dtype("max", 512, CPU) == large
    for speed, image_size in (("exact", 1024), ("fast", 160)):
        assert preferred_dtype(speed, image_size, CPU) == torch.float32  # type: ignore[arg-type]
    assert preferred_dtype("fast", 1024, torch.device("mps")) == torch.float32


@pytest.mark.parametrize(
    ("name", "native"), [("float16", False), ("bfloat16", False), ("bfloat16", True)]
)
def test_a_precision_that_was_asked_for_is_taken_and_emulation_is_logged(
    cards: Cards, caplog: pytest.LogCaptureFixture, name: str, native: bool
) -> None:
    cards([native])
    device = torch.device("cuda")
    dtype = resolve_dtype(name, device)
    assert dtype == getattr(torch, name)
    with caplog.at_level(logging.WARNING):
        warn_of_emulation(dtype, device)
        warn_of_emulation(dtype, CPU)
    assert len(caplog.messages) == int(name == "bfloat16" and not native)


def test_an_unknown_precision_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="auto, float32, bfloat16, float16"):
        resolve_dtype("half", CPU)
