"""Detectors by name: of this package and of others, and what is said of wrong ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from samurai.discovery.detectors import registry
from samurai.discovery.detectors.base import Detection, Frame
from samurai.discovery.detectors.registry import create_detector, detector_names
from samurai.discovery.detectors.words import Words
from samurai.errors import CheckpointError, ConfigurationError, DetectorError
from samurai.regions import Box

Install = Callable[..., None]


class Whole:
    """Sees the whole frame as everything; says how it was made."""

    def __init__(self, option: str, device: str) -> None:
        self.made = (option, device)

    def detect(self, frame: Frame, words: Sequence[str]) -> list[Detection]:
        height, width = frame.shape[:2]
        return [Detection(word, 1.0, Box(0, 0, width, height)) for word in words]

    def close(self) -> None: ...


def broken(option: str, device: str) -> Any:
    raise RuntimeError("out of\nluck")


def without_weights(option: str, device: str) -> Any:
    raise CheckpointError("no weights")


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Adds the entry points of an installed package."""
    module = ModuleType("their_detectors")
    for each in (Whole, broken, without_weights):
        setattr(module, each.__name__, each)
    module.number = 3  # type: ignore[attr-defined]
    module.useless = lambda option, device: object()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "their_detectors", module)

    def add(**values: str) -> None:
        group = registry.ENTRY_POINTS
        more = [EntryPoint(name, value, group) for name, value in values.items()]
        monkeypatch.setattr(
            f"{registry.__name__}.entry_points", lambda group: [*entry_points(group=group), *more]
        )

    return add


def test_a_detector_of_another_package_is_found_by_its_name(install: Install) -> None:
    install(whole="their_detectors:Whole")
    assert {"command", "whole"} <= set(detector_names())
    with create_detector("whole", device="cpu") as detector:
        (found,) = detector.detect(np.zeros((4, 6, 3), np.uint8), Words.of("dog"))
    assert found == Detection("dog", 1.0, Box(0, 0, 6, 4)) and detector.name == "whole"


@pytest.mark.parametrize(
    ("spec", "option"),
    [
        ("whole", ""),
        (" whole ", ""),
        ("whole=", ""),
        ("whole=/a folder/b=c:d", "/a folder/b=c:d"),
        ("whole:./run --flag=1 'a:b'", "./run --flag=1 'a:b'"),
        ("whole = google/owl", "google/owl"),
    ],
)
def test_the_option_comes_after_a_colon_or_an_equals_sign(
    spec: str, option: str, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(whole="their_detectors:Whole")
    made: list[tuple[str, str]] = []

    def recorded(*given: str) -> Whole:
        made.append((given[0], given[1]))
        return Whole(*given)

    monkeypatch.setattr(sys.modules["their_detectors"], "Whole", recorded)
    create_detector(spec, "cuda:1")
    assert made == [(option, "cuda:1")]


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        *((spec, ConfigurationError) for spec in ("", "=x", "a b", "commandd", "no-such")),
        *((name, ConfigurationError) for name in ("missing", "nameless", "number", "useless")),
        *((name, ConfigurationError) for name in ("double", "command:")),
        ("broken", DetectorError),
        ("without-weights", CheckpointError),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    spec: str, kind: type[Exception], install: Install
) -> None:
    names = {
        "missing": "no_such_module:x",
        "nameless": "their_detectors:nothing",
        "number": "their_detectors:number",
        "useless": "their_detectors:useless",
        "broken": "their_detectors:broken",
        "without-weights": "their_detectors:without_weights",
        "command": "samurai.discovery.detectors.command:create",  # as another installation has it
    }
    install(**names)
    if spec == "double":
        install(command="their_detectors:Whole")
        spec = "command:true"
    with pytest.raises(kind) as caught:
        create_detector(spec)
    assert "\n" not in str(caught.value)


def test_a_misspelt_name_is_suggested() -> None:
    with pytest.raises(ConfigurationError, match="command"):
        create_detector("commandd:./x")
