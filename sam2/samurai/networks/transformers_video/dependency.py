"""Checks that the installed transformers has a network's classes, before anything uses them.

No torch here.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from samurai.errors import DependencyError

OLDEST = "5.24"
"""The oldest transformers that was tried. The classes of SAM 3's tracker came with 5.0."""


def transformers_classes(
    names: Sequence[str], extra: str, packages: Sequence[str] = (), needed_by: str = ""
) -> list[Any]:
    """Classes of transformers, by name.

    Args:
        names: what `transformers` must offer.
        extra: that installs what is needed.
        packages: other modules that the classes import when they are used.
        needed_by: what is named as needing them; the extra, if empty.

    Raises:
        DependencyError: a package isn't installed, or transformers lacks a class.
    """
    remedy, who = remedy_for(extra, packages), needed_by or extra
    for package in ("transformers", *packages):
        if importlib.util.find_spec(package) is None:
            raise DependencyError(f"{who} needs {package}, not installed here: {remedy}")
    transformers = importlib.import_module("transformers")
    found = []
    for name in names:
        try:
            found.append(getattr(transformers, name))
        except (AttributeError, ImportError, RuntimeError) as error:
            version = metadata.version("transformers")
            raise DependencyError(
                f"{who} needs {name} of transformers {OLDEST} or newer; here is {version}, and "
                f"the class can't be imported ({_cause(error)}): {remedy}"
            ) from error
    return found


def remedy_for(extra: str, packages: Sequence[str] = ()) -> str:
    """How to install what an extra needs.

    Args:
        packages: other packages than transformers.
    """
    return (
        f"`pip install 'transformers>={OLDEST}'{''.join(f' {name}' for name in packages)}`, or in "
        f"a clone `make setup EXTRAS={extra}`"
    )


def lacking(folder: str) -> str | None:
    """Why transformers can't offer a model's classes, found without importing it; None if it can.

    Args:
        folder: of the model below `transformers/models`.
    """
    found = importlib.util.find_spec("transformers")
    if found is None or not found.submodule_search_locations:
        return "transformers is not installed here"
    places = found.submodule_search_locations
    if any((Path(place) / "models" / folder).is_dir() for place in places):
        return None
    return (
        f"transformers {metadata.version('transformers')} is too old, {OLDEST} or newer is needed"
    )


def _cause(error: BaseException) -> str:
    """The first error of a chain, in one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or ['no reason given'])[0]}"
