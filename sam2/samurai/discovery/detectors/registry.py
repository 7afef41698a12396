"""Detectors by name: entry points of the group `samurai.detectors` (name = module:factory), of this
package and of others.

A factory takes two texts, the option of the specification (empty without one) and the device, and
returns a `Detector`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import TypeAlias

from samurai.discovery.detectors.base import Detector
from samurai.discovery.detectors.checking import CheckedDetector, cause
from samurai.errors import ConfigurationError, DetectorError, SamuraiError
from samurai.spelling import did_you_mean

ENTRY_POINTS = "samurai.detectors"

Factory: TypeAlias = Callable[[str, str], Detector]
"""Option and device to a detector."""


def detector_names() -> list[str]:
    """Names of all detectors that are installed, in alphabetical order."""
    return sorted({entry.name for entry in entry_points(group=ENTRY_POINTS)})


def create_detector(spec: str, device: str = "auto") -> CheckedDetector:
    """A detector, ready to be asked.

    Args:
        spec: a name, alone or with an option after `=` or `:`: "owlv2", "grounding-dino=FOLDER",
            "command:./my_detector.py --flag".
        device: auto, cpu, cuda, cuda:N or mps.

    Raises:
        ConfigurationError: an unknown name, an option that isn't allowed, an entry point that isn't
            a detector's.
        DependencyError: a package that the detector needs isn't installed.
        CheckpointError: its weights are missing or damaged.
        DetectorError: it can't be started.
    """
    match = re.match(r"\s*([\w.-]+)\s*(?:[=:](.*))?$", spec, re.DOTALL)
    if match is None:
        raise ConfigurationError(
            f"{spec!r:.80} doesn't name a detector. Remedy: give one of "
            f"{', '.join(detector_names())}, with its option after a colon if it has one"
        )
    name, option = match[1], (match[2] or "").strip()
    factory = _factory(name)
    try:
        detector = factory(option, device)
    except SamuraiError:
        raise
    except Exception as error:
        raise DetectorError(
            f"detector {name!r} can't be started ({cause(error)}). Remedy: correct it, or choose "
            "another one"
        ) from error
    if not all(callable(getattr(detector, method, None)) for method in ("detect", "close")):
        raise ConfigurationError(
            f"detector {name!r} has no methods `detect` and `close`. Remedy: correct its factory"
        )
    return CheckedDetector(detector, name)


def _factory(name: str) -> Factory:
    found = [entry for entry in entry_points(group=ENTRY_POINTS) if entry.name == name]
    if not found:
        names = detector_names()
        raise ConfigurationError(
            f"unknown detector {name!r}{did_you_mean(name, names)}: choose one of "
            f"{', '.join(names)}"
        )
    if len({entry.value for entry in found}) > 1:
        raise ConfigurationError(
            f"two detectors are called {name!r}: {' and '.join(entry.value for entry in found)}. "
            "Remedy: rename or uninstall one of them"
        )
    return _loaded(found[0])


def _loaded(entry: EntryPoint) -> Factory:
    try:
        factory = entry.load()
    except Exception as error:  # its module may do anything
        raise ConfigurationError(
            f"detector {entry.name!r} can't be imported from {entry.value} ({cause(error)}). "
            "Remedy: correct its file, or uninstall it"
        ) from error
    if not callable(factory):
        raise ConfigurationError(
            f"detector {entry.name!r} ({entry.value}) can't be called. Remedy: let the entry point "
            "name a function of option and device"
        )
    made: Factory = factory
    return made
