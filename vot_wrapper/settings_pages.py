"""Generates the texts about settings: docs/settings.md and the comments of trackers.ini.

    python -m vot_wrapper.settings_pages

writes them in a clone. The text between the markers is generated; a test checks that it is up to
date.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from samurai.config import text as config_text
from samurai.errors import ConfigurationError
from samurai.policies import POLICIES
from samurai.policies.parameters import Parameters
from vot_wrapper.settings import OTHER_VARIABLES, Settings
from vot_wrapper.toolkit import bundled

BEGIN, END = "settings: generated", "settings: end"
_MARKERS = {
    ".md": (f"<!-- {BEGIN} by python -m vot_wrapper.settings_pages -->", f"<!-- {END} -->"),
    ".ini": (f"# {BEGIN} by python -m vot_wrapper.settings_pages", f"# {END}"),
}


def page(config: type[Settings] = Settings) -> str:
    """The generated part of docs/settings.md."""
    return f"{config_text.table(config, OTHER_VARIABLES)}\n\n{parameters_table()}"


def parameters_table() -> str:
    """The parameters of every policy with their defaults, in Markdown."""
    lines = ["| policy | parameters and their defaults |", "|---|---|"]
    for name, kind in POLICIES.items():
        fields = dataclasses.fields(kind.parameters_type or Parameters)
        shown = ", ".join(f"`{each.name}={_default(each.default)}`" for each in fields)
        lines.append(f"| `{name}` | {shown or 'none'} |")
    return "\n".join(lines)


def _default(value: object) -> str:
    return "(the model's)" if value is None else str(value)


def texts(config: type[Settings] = Settings) -> dict[str, str]:
    """The generated texts, by the file's path in a clone."""
    return {
        "docs/settings.md": page(config),
        "trackers.ini": config_text.comments(config, OTHER_VARIABLES),
    }


def renewed(file: Path, generated: str) -> str:
    """The file's text with its generated part replaced.

    Raises:
        ConfigurationError: the file lacks a marker.
    """
    begin, end = _MARKERS[file.suffix]
    text = file.read_text(encoding="utf-8")
    head, first, rest = text.partition(f"{begin}\n")
    _, second, tail = rest.partition(f"\n{end}\n")
    if not first or not second:
        raise ConfigurationError(f"{file} lacks a marker: add {begin!r} and {end!r}")
    return f"{head}{first}{generated}{second}{tail}"


def main() -> int:
    """Writes all files; 2 outside of a clone."""
    clone = bundled.clone()
    if clone is None:
        print("settings_pages: this is not a clone, so there is nothing to write", file=sys.stderr)
        return 2
    for name, generated in texts().items():
        file = clone / name
        file.write_text(renewed(file, generated), encoding="utf-8")
        print(f"wrote {file}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
