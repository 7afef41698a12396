"""A setting, and what reads, checks and describes settings.

A setting is a field of a frozen dataclass, described by its metadata (see `setting`). Whatever
deals with settings iterates over the fields: `from_environment`, command-line flags, help texts,
the tables of docs/settings.md and the comments of trackers.ini (`text`).
"""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from samurai.errors import ConfigurationError
from samurai.spelling import did_you_mean

PREFIX = "SAMURAI_"
"""Of the environment variable of every setting."""

C = TypeVar("C", bound="Configuration")

Source: TypeAlias = Literal["default", "model card", "argument", "environment"]
"""Where the value of a setting comes from."""

Choices: TypeAlias = Mapping[str, Any] | Iterable[str] | Callable[[], Iterable[str]]

_METADATA = "samurai.setting"


@dataclass(frozen=True)
class Setting:
    """The description of a setting.

    Attributes:
        help: what the setting does.
        choices: the allowed words; a mapping has the value of each. A callable is called when they
            are needed.
        convert: from other text than the words, or any, to a value; raises ValueError if there is
            none, and then the words are tried.
        form: the form of such text, for messages and tables.
        unset: the meaning of None, for settings with that default.
        path: whether such text is a file's path, which must be absolute in the environment: the
            toolkit starts the process in a temporary folder.
        name, default: of the field.
    """

    help: str
    choices: Choices = ()
    convert: Callable[[str], Any] | None = None
    form: str = ""
    unset: str = ""
    path: bool = False
    name: str = ""
    default: Any = None

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()

    @property
    def default_text(self) -> str:
        """The default as text; `unset` for None."""
        return "unset" if self.default is None else self.text(self.default)

    def words(self) -> dict[str, Any]:
        """The choices with their values."""
        found = self.choices() if callable(self.choices) else self.choices
        return dict(found) if isinstance(found, Mapping) else {word: word for word in found}

    def allowed(self) -> str:
        """The allowed values, as text for messages."""
        words = ", ".join(self.words())
        return f"{words}, or {self.form}" if words and self.form else words or self.form

    def text(self, value: Any) -> str:
        """A value as text."""
        if isinstance(self.choices, Mapping):
            for word, meant in self.choices.items():
                if type(value) is type(meant) and value == meant:
                    return str(word)
        return str(value)

    def parse(self, text: str, label: str) -> Any:
        """The value of a text.

        Args:
            label: the setting's name in messages.

        Raises:
            ConfigurationError: it isn't allowed; the message lists the allowed ones.
        """
        try:
            if self.convert is not None:
                return self.convert(text)
        except ConfigurationError as error:
            raise ConfigurationError(f"{label}={text} is not allowed: {error}") from None
        except ValueError:
            pass
        words = self.words()
        if text in words:
            return words[text]
        raise ConfigurationError(
            f"{label}={text} is not allowed: it must be {'one of ' if words else ''}"
            f"{self.allowed()}{did_you_mean(text, words)}"
        )

    def checked(self, value: Any) -> Any:
        """The stored form of a value; ConfigurationError where it isn't allowed."""
        if value is None and self.default is None:
            return None
        return self.parse(self.text(value), self.name)

    def read(self, text: str) -> Any:
        """The value of the environment variable; ConfigurationError where it isn't allowed."""
        value = self.parse(text, self.variable)
        if self.path and text not in self.words() and not Path(text).expanduser().is_absolute():
            raise ConfigurationError(
                f"{self.variable}={text} must be an absolute path (or start with ~)"
            )
        return value


def setting(default: Any, help: str, choices: Choices = (), **more: Any) -> Any:
    """A dataclass field for a setting; the arguments are those of `Setting`."""
    return field(default=default, metadata={_METADATA: Setting(help, choices, **more)})


def number(low: float, high: float = math.inf) -> Callable[[str], float]:
    """Reads finite numbers from `low` to `high`."""

    def convert(text: str) -> float:
        value = float(text)
        if not (low <= value <= high and math.isfinite(value)):
            raise ValueError(text)
        return value

    return convert


def whole_number(low: int) -> Callable[[str], int]:
    """Reads whole numbers from `low`."""

    def convert(text: str) -> int:
        value = int(text)
        if value < low:
            raise ValueError(text)
        return value

    return convert


def settings_of(config: type[Configuration]) -> tuple[Setting, ...]:
    """The settings of a configuration, in the order of its fields."""
    return tuple(
        dataclasses.replace(each.metadata[_METADATA], name=each.name, default=each.default)
        for each in dataclasses.fields(config)
        if _METADATA in each.metadata
    )


def setting_names(config: type[Configuration]) -> tuple[str, ...]:
    """The names of the settings of a configuration."""
    return tuple(each.name for each in settings_of(config))


def setting_named(config: type[Configuration], name: str) -> Setting:
    """A setting of a configuration.

    Raises:
        ConfigurationError: there is none of that name; the message lists them.
    """
    known = {each.name: each for each in settings_of(config)}
    if name not in known:
        raise ConfigurationError(
            f"there is no setting {name!r}{did_you_mean(name, known)}: choose one of "
            f"{', '.join(known)}"
        )
    return known[name]


@dataclass(frozen=True)
class Configuration:
    """Settings, checked when they are made. Subclasses add fields with `setting`.

    Attributes:
        origins: name, source and value of the settings that were given explicitly.

    Raises:
        ConfigurationError: a value isn't allowed; the message lists the allowed ones.
    """

    origins: tuple[tuple[str, Source, Any], ...] = field(
        default=(), repr=False, compare=False, kw_only=True
    )

    def __post_init__(self) -> None:
        for each in settings_of(type(self)):
            object.__setattr__(self, each.name, each.checked(getattr(self, each.name)))

    def __str__(self) -> str:
        return " ".join(f"{name}={text}" for name, text in self.texts().items())

    @classmethod
    def from_environment(cls: type[C], environ: Mapping[str, str] = os.environ) -> C:
        """Settings from `SAMURAI_*` variables; an unset or empty one means the default.

        Raises:
            ConfigurationError: a variable's value isn't allowed; the message lists the allowed
                ones.
        """
        given = {
            each.name: each.read(environ[each.variable].strip())
            for each in settings_of(cls)
            if environ.get(each.variable, "").strip()
        }
        origins: Any = tuple((name, "environment", value) for name, value in given.items())
        return cls(**given, origins=origins)

    def changed(self: C, **arguments: Any) -> C:
        """A copy with other values of some settings.

        Raises:
            ConfigurationError: a value isn't allowed, or there is no setting of that name.
        """
        given = {
            name: setting_named(type(self), name).checked(value)
            for name, value in arguments.items()
        }
        kept = [origin for origin in self.origins if origin[0] not in given]
        origins: Any = (*kept, *((name, "argument", value) for name, value in given.items()))
        return dataclasses.replace(self, **given, origins=origins)

    def texts(self) -> dict[str, str]:
        """The settings as text; those that are None are left out."""
        return {
            each.name: each.text(value)
            for each in settings_of(type(self))
            if (value := getattr(self, each.name)) is not None
        }

    def source(self, name: str) -> Source:
        """Where a setting comes from. A value without a recorded origin is an argument if it
        differs from the default; None is the default, or the model card's where that has one."""
        value = getattr(self, name)
        for given, source, of in self.origins:
            if given == name and of == value:
                return source
        (default,) = (each.default for each in settings_of(type(self)) if each.name == name)
        return "default" if value == default else "argument"
