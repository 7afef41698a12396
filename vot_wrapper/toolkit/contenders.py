"""Sections of trackers.ini as settings, for `samurai benchmark --tracker`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from samurai.config import TrackerConfig
from samurai.config.settings import settings_of
from samurai.errors import ConfigurationError
from samurai.spelling import did_you_mean
from vot_wrapper.settings import Settings
from vot_wrapper.toolkit.bundled import template
from vot_wrapper.toolkit.sections import Section, faults, registries, sections_of

Contenders = dict[str, tuple[TrackerConfig, dict[str, str]]]


def contenders(names: Sequence[str], file: Path | None = None) -> Contenders:
    """Settings and further variables of the trackers of those sections, by name.

    Args:
        file: a trackers.ini; None takes those in effect in this folder, else the bundled one.

    Raises:
        ConfigurationError: there is no such section, it runs another tracker, or it has a fault.
    """
    files = [file] if file is not None else registries(Path.cwd(), template())
    sections = {each.identifier: each for path in reversed(files) for each in sections_of(path)}
    return {name: _settings(_named(name, sections, files)) for name in dict.fromkeys(names)}


def _named(name: str, sections: dict[str, Section], files: Sequence[Path]) -> Section:
    if name not in sections:
        ours = [each.identifier for each in sections.values() if each.ours]
        raise ConfigurationError(
            f"there is no section [{name}] in {', '.join(map(str, files))}"
            f"{did_you_mean(name, ours)}. Remedy: choose from {', '.join(ours)}, or name another "
            "file with --trackers"
        )
    section = sections[name]
    if not section.ours:
        raise ConfigurationError(
            f"[{name}] in {section.source} runs `{section.command}`, which isn't this package's "
            "tracker. Remedy: run it by its own means, and score its results with `samurai "
            "benchmark score`"
        )
    for fault in faults(section):
        raise ConfigurationError(f"[{name}]: {fault.what}. Remedy: {fault.remedy}")
    return section


def _settings(section: Section) -> tuple[TrackerConfig, dict[str, str]]:
    known = {each.variable for each in settings_of(Settings)}
    further = {name: value for name, value in section.env.items() if name not in known}
    return TrackerConfig.from_environment(section.environment()), further
