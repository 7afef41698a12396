"""Every setting of the tracker, once: type, default, choices, help text and environment name.

A setting is a field of a frozen dataclass, described by its metadata (see `setting`). Whatever
reads, checks or describes settings iterates over the fields: `from_environment`, command-line
flags, help texts, the tables of docs/settings.md and the comments of trackers.ini (`config_text`).
Adding a setting means adding a field here and using it.
"""

from __future__ import annotations

import dataclasses
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, get_args

from samurai.errors import ConfigurationError
from samurai.models.manifest import BoxPrompt, card_file, model_names
from samurai.speed import SPEEDS
from samurai.spelling import did_you_mean

PREFIX = "SAMURAI_"
"""Of the environment variable of every setting."""

C = TypeVar("C", bound="Configuration")

Source: TypeAlias = Literal["default", "model card", "argument", "environment"]
"""Where the value of a setting comes from."""

Choices: TypeAlias = Mapping[str, Any] | Iterable[str] | Callable[[], Iterable[str]]

DTYPES = ("auto", "float32", "bfloat16", "float16")
WHOLE: Literal["whole"] = "whole"
"""The `window` that means the whole frame."""

_METADATA = "samurai.setting"
_CUDA = re.compile(r"cuda:\d+")


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


def _policies() -> Iterable[str]:
    from samurai.policies import policy_names

    return policy_names()


def _point_trackers() -> Iterable[str]:
    from samurai.motion import POINT_TRACKERS

    return list(POINT_TRACKERS)


def _flows() -> Iterable[str]:
    from samurai.motion import FLOWS

    return list(FLOWS)


def _card(text: str) -> str:
    """The absolute path of a model card."""
    file = card_file(text)
    if file is None:
        raise ValueError(text)
    return str(file)


def _policy(text: str) -> str:
    """A policy and its parameters, spelled as `PolicyChoice` does.

    Our own policies are recognized without a search of the installed packages, which takes
    milliseconds.
    """
    from samurai.policies import POLICIES, PolicyChoice

    if ":" not in text and text not in POLICIES:
        raise ValueError(text)
    return str(PolicyChoice.of(text))


def _cuda(text: str) -> str:
    if _CUDA.fullmatch(text) is None:
        raise ValueError(text)
    return text


def _number(low: float, high: float = math.inf) -> Callable[[str], float]:
    """Reads finite numbers from `low` to `high`."""

    def convert(text: str) -> float:
        value = float(text)
        if not (low <= value <= high and math.isfinite(value)):
            raise ValueError(text)
        return value

    return convert


def _whole_number(low: int) -> Callable[[str], int]:
    """Reads whole numbers from `low`."""

    def convert(text: str) -> int:
        value = int(text)
        if value < low:
            raise ValueError(text)
        return value

    return convert


@dataclass(frozen=True)
class TrackerConfig(Configuration):
    """All settings of a `Tracker`. `TrackerConfig()` is the default of each; the environment is
    read by `TrackerConfig.from_environment()` alone.

    Raises:
        ConfigurationError: a value isn't allowed; the message lists the allowed ones.
    """

    model: str = setting(
        "nano",
        "the network: a bundled or official model, or one of your own by its model card",
        model_names,
        convert=_card,
        form="the path of a model card (*.toml)",
        path=True,
    )
    policy: str = setting(
        "samurai",
        "the memory policy; its published constants can be changed after a colon",
        _policies,
        convert=_policy,
        form="POLICY:PARAMETER=NUMBER,...",
    )
    device: str = setting(
        "auto",
        "where the network runs; auto takes CUDA, then MPS, then the CPU",
        ("auto", "cpu", "cuda", "mps"),
        convert=_cuda,
        form="cuda:<number>",
    )
    dtype: str = setting(
        "auto",
        "the precision; auto is bfloat16 on CUDA devices that support it, in fast and max also on "
        "such CPUs for large inputs, and float32 elsewhere",
        DTYPES,
    )
    speed: str = setting(
        "exact",
        "exact gives the bits of the installed sam2; fast and max stay within a tolerance, sooner",
        SPEEDS,
    )
    box_prompt: BoxPrompt | None = setting(  # noqa: RUF009 (as immutable as the others)
        None,
        "how an initial box is given to the network: its corner points, a mask that fills it, or "
        "the mask that the corner points decode to",
        get_args(BoxPrompt),
        unset="as the model's card says",
    )
    window: float | Literal["whole"] | None = setting(
        None,
        "side of the search region around each object, in object sizes; whole is the whole frame",
        (WHOLE,),
        convert=_number(1),
        form="a number from 1",
        unset="as the model's card says",
    )
    motion_weight: float | None = setting(
        None,
        "weight of the motion score in the choice of a mask, for samurai and samurai-dam",
        convert=_number(0, 1),
        form="a number from 0 to 1",
        unset="as the model's card says",
    )
    overlap: bool = setting(
        True,
        "whether masks of different objects may share pixels; none gives each to the surest object",
        {"allowed": True, "none": False},
    )
    memory_overlap: bool = setting(
        True,
        "whether the masks that are remembered of different objects may share pixels; none writes "
        "each pixel into the memory of the surest object",
        {"allowed": True, "none": False},
    )
    memory_check: bool = setting(
        False,
        "whether a mask is remembered only if motion shows that it is where the object came from",
        {"none": False, "motion": True},
    )
    conditioning_frames: int = setting(
        4,
        "frames of an object's prompts and corrections that are kept in memory, the first included",
        convert=_whole_number(2),
        form="a whole number from 2",
    )
    points: str = setting(
        "lucas-kanade", "the point tracker, for him2sam and mosam", _point_trackers
    )
    flow: str = setting("dis", "the dense optical flow, for mosam and memory_check", _flows)
    offline: bool = setting(
        False,
        "whether sessions answer when the video is finished (in Python only)",
        {"no": False, "yes": True},
    )

    @property
    def model_name(self) -> str:
        """The model's name; of a card of the user's own, that of its file."""
        return Path(self.model).stem
