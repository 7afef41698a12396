"""Sections of trackers.ini that run this package's tracker: what is wrong in them, before they run.

The toolkit is not needed here: `samurai doctor` looks at sections where it may be missing.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from samurai.errors import ConfigurationError, SamuraiError
from samurai.fingerprints.motion_weights import MOTION_WEIGHTS, motion_weights
from samurai.models.manifest import (
    FOLDER_VARIABLE,
    ModelCard,
    card_file,
    checkpoint_path,
    model_card,
)
from samurai.networks.families import lacking
from vot_wrapper.settings import PREFIX, Settings, misspelt, read_settings, unknown_variables

LOG = f"{PREFIX}LOG"
CONFIGURATION = "config.yaml"
REGISTRIES = ("trackers.yaml", "trackers.ini")  # in the toolkit's order
_OURS = re.compile(r"(?:^|[/\s])(?:vot_wrapper(?:\.folder)?|samurai serve)$")


@dataclass(frozen=True)
class Fault:
    """Why a section can't run as intended, and what to do about it.

    `absent`: only weights, or the package that loads them, are missing on this machine. If weights
        can be downloaded, `model` names them and `folder` is where they belong.
    """

    what: str
    remedy: str
    absent: bool = False
    model: str = ""
    folder: Path | None = None


@dataclass(frozen=True)
class Section:
    """A tracker of a registry.

    Attributes:
        identifier: its name.
        source: the file that contains it.
        command: the command line.
        env: the variables of its process, by their names there.
        rest: its other settings.
    """

    identifier: str
    source: Path
    command: str
    env: Mapping[str, str]
    rest: Mapping[str, Any]

    @classmethod
    def of(cls, identifier: str, source: Path, content: Mapping[str, Any]) -> Section:
        """From the names and values of a registry, or those of the toolkit's `describe`."""
        env = {name: os.path.expandvars(str(v)) for name, v in (content.get("env") or {}).items()}
        rest = {}
        for name, value in content.items():
            if name.startswith("env_") and len(name) > 4:  # as the toolkit does
                env[name[4:].upper()] = os.path.expandvars(str(value))
            elif name not in ("env", "command"):
                rest[name] = value
        return cls(identifier, source, str(content.get("command") or ""), env, rest)

    @property
    def ours(self) -> bool:
        """Whether its command is this package's tracker, whatever it is called."""
        return _OURS.search(self.command.strip()) is not None

    def environment(self) -> dict[str, str]:
        """The variables that its process sees."""
        return {**os.environ, **self.env}

    def settings(self, *, to_run: bool = True) -> Settings:
        """The settings of its process, this shell's variables included.

        Args:
            to_run: whether the log's folder must exist; it affects no answer.

        Raises:
            ConfigurationError: a value isn't allowed.
        """
        environ = self.environment()
        if not to_run:
            environ.pop(LOG, None)
        return read_settings(environ)


def faults(section: Section, *, to_run: bool = True) -> list[Fault]:
    """Faults of a section that its process would reject or ignore; [] for other trackers.

    Args:
        to_run: whether it has to run here, or only its results are packed.
    """
    if not section.ours:
        return []
    found = [
        Fault(sentence, f"correct or remove it in {section.source}")
        for sentence in unknown_variables(section.env)
    ]
    shell = {name: "" for name in os.environ if name not in section.env and misspelt(name)}
    found += [
        Fault(sentence, "correct or unset it in this shell")
        for sentence in unknown_variables(shell)
    ]
    found += [
        Fault(
            f"{name} is not a variable of the tracker's process",
            f"write env_{name.upper()} in {section.source}",
        )
        for name in section.rest
        if name.upper().startswith(PREFIX)
    ]
    if str(section.rest.get("protocol", "")).startswith("folder") and "timeout" in section.rest:
        what = "vot-toolkit 0.9.0 fails on `timeout` in a section of the folder protocol"
        remedy = f"remove it from [{section.identifier}] and from [DEFAULT] in {section.source}"
        found.append(Fault(what, remedy))
    try:
        settings = section.settings(to_run=to_run)
    except ConfigurationError as error:
        return [*found, Fault(str(error), f"correct it in {section.source}, or in this shell")]
    found += _device(section, settings) if to_run else []
    return [*found, *_weights(section, settings)]


def _device(section: Section, settings: Settings) -> Iterator[Fault]:
    """A fault for a device that isn't here; of another Python's torch nothing is known."""
    if settings.device in ("auto", "cpu") or section.rest.get("python"):
        return
    from samurai.runtime.device import resolve_device

    try:
        resolve_device(settings.device)
    except ConfigurationError as error:
        yield Fault(str(error), f"correct it in {section.source}, or in this shell")


def _weights(section: Section, settings: Settings) -> Iterator[Fault]:
    """Faults for weights of these settings that are missing or truncated, or that nothing here can
    load."""
    environ = section.environment()
    try:
        card = model_card(settings.model)
        weights = checkpoint_path(card, environ)
        yield from _checkpoint(card, weights)
        lacks = lacking(card.network)
        if lacks is not None and weights.is_file() and not section.rest.get("python"):
            yield Fault(f"{card.name} can't be loaded: {lacks[0]}", lacks[1], absent=True)
    except SamuraiError as error:
        own = card_file(settings.model) is not None
        yield Fault(str(error), "correct the card" if own else "reinstall samurai")
    for setting, variable in motion_weights(settings).items():
        file = environ.get(variable, "")
        if not Path(file).is_file():
            value = getattr(settings, setting)
            what = f"{PREFIX}{setting.upper()}={value} needs weights, and {variable} names no file"
            yield Fault(f"{what} (now: {file or 'unset'})", f"set {variable} to it", absent=True)
    for variable in (FOLDER_VARIABLE, *MOTION_WEIGHTS):
        path = section.env.get(variable, "").strip()
        if path and not Path(path).expanduser().is_absolute():
            what = f"{variable}={path} is relative, but the tracker starts in another folder"
            yield Fault(what, "write an absolute path")


def _checkpoint(card: ModelCard, path: Path) -> Iterator[Fault]:
    if not path.is_file():
        remedy = f"{card.remedy}; they belong at {path}"
        what = f"the weights of {card.name} are missing"
        model = card.name if card.url else ""
        yield Fault(what, remedy, absent=True, model=model, folder=path.parent)
    elif not card.has_length(path):
        what = f"the weights of {card.name} have {path.stat().st_size} bytes, not {card.bytes}"
        yield Fault(what, f"{path}: {card.replacement}")


def registries(folder: Path, otherwise: Path) -> list[Path]:
    """The registries in effect in a folder: those of the workspace that it is or lies in, else the
    nearest trackers.ini, else `otherwise`."""
    for place in (folder, *folder.parents):
        if (place / CONFIGURATION).is_file():
            return _of_workspace(place)
        if (place / "trackers.ini").is_file():
            return [place / "trackers.ini"]
    return [otherwise] if otherwise.is_file() else []


def _of_workspace(folder: Path) -> list[Path]:
    """The registries that a workspace names, and its own, which the toolkit always reads."""
    try:
        content = yaml.safe_load((folder / CONFIGURATION).read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError):
        content = {}
    named = content.get("registry") or [] if isinstance(content, dict) else []
    named = [named] if isinstance(named, str) else named
    found = []
    for place in (*(folder / Path(str(name)).expanduser() for name in named), folder):
        found += [place / name for name in REGISTRIES] if place.is_dir() else [place]
    return list(dict.fromkeys(Path(os.path.normpath(file)) for file in found if file.is_file()))


def sections_of(registry: Path) -> list[Section]:
    """All sections of a registry, an .ini or a .yaml.

    Raises:
        ConfigurationError: it can't be read.
    """
    try:
        text = registry.read_text(encoding="utf-8")
        if registry.suffix.lower() == ".yaml":
            tables = yaml.load(text, Loader=yaml.BaseLoader) or {}
        else:
            parser = configparser.ConfigParser()
            parser.read_string(text)
            tables = {name: dict(parser[name]) for name in parser.sections()}
        return [Section.of(name, registry, table) for name, table in tables.items()]
    except (OSError, ValueError, AttributeError, yaml.YAMLError, configparser.Error) as error:
        line = " ".join(str(error).split())
        raise ConfigurationError(f"{registry} can't be read: {line}. Remedy: repair it") from None
