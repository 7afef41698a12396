"""Which objects `samurai track` looks for by itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from samurai.cli.values import whole_number
from samurai.errors import ConfigurationError

if TYPE_CHECKING:
    from samurai.discovery import Discoverer, DiscoverySettings

DETECTOR = "grounding-dino"
"""Answers to words where no other detector is named."""

LIVE_BUDGET = 0.1
"""Seconds of looking per second of tracking at a live source, which doesn't wait."""


def add_discovery(group: argparse._ArgumentGroup) -> None:
    """Declare the arguments."""
    group.add_argument(
        "--discover",
        type=whole_number(1),
        metavar="GAP",
        help="look for new objects in every GAPth frame, by a grid of clicks",
    )
    group.add_argument(
        "--text",
        metavar="WORDS",
        help='look for what words name, "dog, red car:0.4" (with its own threshold), by a detector',
    )
    group.add_argument(
        "--detector",
        metavar="NAME[=OPTION]",
        help=f"which one answers to words (default: {DETECTOR}); command:PROGRAM asks any program",
    )
    group.add_argument(
        "--discovery",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of discovery, such as max_objects=20 (docs/discovery.md has all)",
    )


def is_wanted(parsed: argparse.Namespace) -> bool:
    """Whether anything is looked for."""
    return parsed.discover is not None or parsed.text is not None


def check_discovery(parsed: argparse.Namespace) -> None:
    """Refuse what can't be looked for, before anything is loaded.

    Raises:
        ConfigurationError, PromptError: it can't.
    """
    if not is_wanted(parsed):
        for flag, given in (("--detector", parsed.detector), ("--discovery", parsed.discovery)):
            if given:
                raise ConfigurationError(
                    f"{flag} says how objects are found, and nothing is looked for. Remedy: add "
                    "--discover GAP, or --text WORDS"
                )
        return
    if parsed.direction == "backward":
        raise ConfigurationError(
            "objects are found on the way forward. Remedy: leave --direction out, or name both"
        )
    if parsed.detector and parsed.text is None:
        raise ConfigurationError("--detector answers to words. Remedy: add --text WORDS")
    settings_of(parsed, live=False)
    if parsed.text is not None:
        from samurai.discovery.detectors.words import Words

        Words.of(parsed.text)


def settings_of(parsed: argparse.Namespace, live: bool) -> DiscoverySettings:
    """The settings that the command line gives.

    Raises:
        ConfigurationError: one isn't known, or a value isn't allowed.
    """
    from samurai.discovery.settings import DiscoverySettings

    values = dict[str, Any]()
    if live:
        values["budget"] = LIVE_BUDGET
    for text in parsed.discovery:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigurationError(f"--discovery {text}: give NAME=VALUE, such as max_objects=20")
        values[name.strip()] = _value(value.strip())
    if parsed.discover is not None:
        values["gap"] = parsed.discover
    return DiscoverySettings.of(**values)


def _value(text: str) -> Any:
    """A number, none, or the text."""
    if text == "none":
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


@contextmanager
def discoverer_of(
    parsed: argparse.Namespace, device: str, live: bool
) -> Iterator[Discoverer | None]:
    """What looks for objects in one video; None where nothing is looked for.

    Args:
        parsed: the command line.
        device: of the tracker, for a detector.
        live: whether the video doesn't wait.

    Raises:
        SamuraiError: the detector can't be used.
    """
    if not is_wanted(parsed):
        yield None
        return
    from samurai.discovery import Discoverer
    from samurai.discovery.detectors import create_detector

    with ExitStack() as stack:
        detector = None
        if parsed.text is not None:
            detector = create_detector(parsed.detector or DETECTOR, device)
            stack.callback(detector.close)
        discoverer = Discoverer(
            settings_of(parsed, live),
            words=parsed.text,
            detector=detector,
            looking=parsed.discover is not None,
        )
        stack.callback(discoverer.close)
        yield discoverer
