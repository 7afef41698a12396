"""Texts and flags of any configuration: help texts, tables, comments, command-line flags, and
messages about misspelt or unknown environment variables."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from samurai.config.settings import PREFIX, Configuration, Setting, settings_of
from samurai.errors import ConfigurationError
from samurai.spelling import closest

Config = TypeVar("Config", bound=Configuration)

_WIDTH = 100


def describe(config: type[Configuration], others: Mapping[str, str]) -> str:
    """The help text of the environment variables: default, allowed values and effect of each.

    Args:
        others: variables that are read elsewhere, with their descriptions.
    """
    lines = ["environment variables, their defaults, and what else they may be:"]
    for each in settings_of(config):
        lines.append(f"  {each.variable:22} {each.default_text:13} {each.allowed()}")
        lines += _wrapped(_help(each), " " * 39)
    lines += [f"  {name:22} {'unset':13} {text}" for name, text in others.items()]
    return "\n".join(lines)


def table(config: type[Configuration], others: Mapping[str, str]) -> str:
    """The same as a table in Markdown."""
    lines = [
        "| in Python | environment variable | default | values | |",
        "|---|---|---|---|---|",
    ]
    for each in settings_of(config):
        values = ", ".join(f"`{value}`" for value in each.words())
        form = each.form if " " in each.form or not each.form else f"`{each.form}`"
        values = ", ".join(part for part in (values, form) if part)
        default = each.default_text if each.default is None else f"`{each.default_text}`"
        cells = (f"`{each.name}`", f"`{each.variable}`", default, values, _help(each))
        lines.append(f"| {' | '.join(cells)} |")
    lines += [f"| | `{name}` | unset | | {text} |" for name, text in others.items()]
    return "\n".join(lines)


def comments(config: type[Configuration], others: Mapping[str, str]) -> str:
    """The same as comments of an .ini file."""
    lines: list[str] = []
    for each in settings_of(config):
        lines.append(f"#   env_{each.variable} (default: {each.default_text})")
        lines += _wrapped(_help(each), "#     ")
        lines += _wrapped(each.allowed(), "#     ")
    lines += [f"#   env_{name}\n#     {text}" for name, text in others.items()]
    return "\n".join(lines)


def _help(each: Setting) -> str:
    return f"{each.help}; unset: {each.unset}" if each.unset else each.help


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)


def add_flags(
    parser: argparse._ActionsContainer,
    config: type[Configuration],
    names: Iterable[str] | None = None,
    renamed: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Add a flag per setting (`--motion-weight`), or for the named ones.

    A flag that isn't given stays None; `from_flags` reads them.

    Args:
        renamed: other flags for settings whose own is taken.
    """
    for each in settings_of(config):
        if names is None or each.name in names:
            parser.add_argument(
                _flag(each.name, renamed),
                dest=each.name,
                metavar="VALUE",
                help=f"{_help(each)} ({each.allowed()}; default: {each.default_text})".replace(
                    "%", "%%"
                ),
            )


def from_flags(
    base: Config, parsed: argparse.Namespace, renamed: Mapping[str, str] = MappingProxyType({})
) -> Config:
    """A configuration with its values replaced by the given flags.

    Args:
        renamed: as for `add_flags`.

    Raises:
        ConfigurationError: a value isn't allowed; the message lists the allowed ones.
    """
    given = {}
    for each in settings_of(type(base)):
        text = getattr(parsed, each.name, None)
        if text is not None:
            given[each.name] = each.parse(text, _flag(each.name, renamed))
    return base.changed(**given)


def _flag(name: str, renamed: Mapping[str, str]) -> str:
    return f"--{renamed.get(name, name).replace('_', '-')}"


def misspelt(name: str, known: Iterable[str]) -> str | None:
    """The variable that a name differs from by at most two letters, or by case; None for others.

    `SAMURAI_POLICI` is one; `SAMURAI_MODEL_SIZE`, which another program may read, is none.
    """
    known, upper = list(known), name.upper()
    if name in known or not any(part in upper for part in ("SAM", "RAI")):
        return None
    return upper if upper in known else closest(upper, known)


def unknown_variables(environ: Mapping[str, str], known: Iterable[str]) -> list[str]:
    """One sentence for every unknown `SAMURAI_*` variable, with the likely name.

    Names in lower case and names close to a variable of ours count too.
    """
    known = list(known)
    found = []
    for name in sorted(environ):
        meant = misspelt(name, known)
        if name not in known and (meant or name.upper().startswith(PREFIX)):
            hint = f" (did you mean {meant}?)" if meant else ""
            found.append(f"{name} is not a setting and has no effect{hint}")
    return found


def refuse_misspelt(environ: Mapping[str, str], known: Iterable[str]) -> None:
    """Refuse an environment with a misspelt setting, which would have no effect.

    Raises:
        ConfigurationError: names each of them and the likely intention.
    """
    known = list(known)
    slips = {name: meant for name in sorted(environ) if (meant := misspelt(name, known))}
    if slips:
        raise ConfigurationError(
            "; ".join(
                f"{name} is not a setting (did you mean {meant}?)" for name, meant in slips.items()
            )
            + ". Remedy: correct it in trackers.ini or the shell, or unset it"
        )
