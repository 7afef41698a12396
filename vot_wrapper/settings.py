"""The tracker process's settings: those of the tracker and what only TraX needs, read once.

The toolkit passes variables on from trackers.ini (`env_SAMURAI_MODEL = large`). An unset or empty
one means the default. How settings are read, checked and described: `samurai.config`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from samurai.config import TrackerConfig
from samurai.config import text as config_text
from samurai.config.settings import PREFIX, setting, settings_of
from samurai.errors import ConfigurationError

__all__ = ["PREFIX", "Settings", "read_settings"]

OTHER_VARIABLES = {
    "SAMURAI_CHECKPOINTS": "folder of the downloaded weights; unset: that of the bundled model",
    "SAMURAI_COTRACKER": "weights of CoTracker3, for SAMURAI_POINTS=cotracker",
    "SAMURAI_RAFT": "weights of torchvision's raft_small, for SAMURAI_FLOW=raft",
}
"""Read elsewhere: samurai.models.manifest, samurai.motion."""


def _log(text: str) -> Path:
    """The log file: absolute, because the toolkit's working folder for the process is deleted."""
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise ConfigurationError("it must be an absolute path (or start with ~)")
    if path.is_dir() or not path.parent.is_dir():
        raise ConfigurationError("it must be a file in an existing folder")
    return path


@dataclass(frozen=True)
class Settings(TrackerConfig):
    """All settings of the tracker process.

    Raises:
        ConfigurationError: a value isn't allowed; the message lists the allowed ones.
    """

    init: str = setting(
        "region",
        "whether an initial region is taken as given, or reduced to its min/max box",
        ("region", "box"),
    )
    output: str = setting(
        "auto",
        "the kind of answers; auto answers a rectangle to a rectangle, else a mask",
        ("auto", "mask", "rectangle"),
    )
    objects: str = setting(
        "simultaneous",
        "all objects of a sequence at once, or as a single-object tracker, which the toolkit runs "
        "once per object",
        ("simultaneous", "sequential"),
    )
    log: Path | None = setting(  # noqa: RUF009 (as immutable as the others)
        None,
        "the file to which the process's log is appended",
        convert=_log,
        form="an absolute path",
        unset="a temporary file, shown after a failure",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.offline:
            raise ConfigurationError(
                f"{PREFIX}OFFLINE=yes is not allowed: TraX requires an answer to every frame. "
                "Remedy: leave it unset; offline sessions are for Python"
            )


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from an environment.

    Raises:
        ConfigurationError: a variable's value isn't allowed; the message lists the allowed ones.
    """
    return Settings.from_environment(environ)


def describe() -> str:
    """Every variable with its default, its allowed values, and its effect."""
    return config_text.describe(Settings, OTHER_VARIABLES)


def variable_names() -> list[str]:
    """The names of all variables that are read."""
    return [*(each.variable for each in settings_of(Settings)), *OTHER_VARIABLES]


def given_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are read and set, with their values as they were written."""
    given = {name: environ.get(name, "").strip() for name in variable_names()}
    return {name: value for name, value in given.items() if value}


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """See `samurai.config.text.unknown_variables`."""
    return config_text.unknown_variables(environ, variable_names())


def misspelt(name: str) -> str | None:
    """See `samurai.config.text.misspelt`."""
    return config_text.misspelt(name, variable_names())


def refuse_misspelt(environ: Mapping[str, str]) -> None:
    """See `samurai.config.text.refuse_misspelt`."""
    config_text.refuse_misspelt(environ, variable_names())
