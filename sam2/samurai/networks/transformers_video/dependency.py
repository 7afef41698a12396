"""Checks that the installed transformers has a network's classes, before anything uses them."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from samurai.errors import DependencyError

OLDEST = "5.24"
"""The oldest transformers that was tried. The classes of SAM 3's tracker came with 5.0."""


def transformers_classes(
    names: Sequence[str], extra: str, packages: Sequence[str] = ()
) -> list[Any]:
    """Classes of transformers, by name.

    Args:
        names: what `transformers` must offer.
        extra: that installs what is needed.
        packages: other modules that the classes import when they are used.

    Raises:
        DependencyError: a package isn't installed, or transformers lacks a class.
    """
    remedy = (
        f"`pip install 'transformers>={OLDEST}'{''.join(f' {name}' for name in packages)}`, or in "
        f"a clone `make setup EXTRAS={extra}`"
    )
    for package in ("transformers", *packages):
        if importlib.util.find_spec(package) is None:
            raise DependencyError(f"{extra} needs {package}, not installed here: {remedy}")
    transformers = importlib.import_module("transformers")
    found = []
    for name in names:
        try:
            found.append(getattr(transformers, name))
        except (AttributeError, ImportError, RuntimeError) as error:
            version = metadata.version("transformers")
            raise DependencyError(
                f"{extra} needs {name} of transformers {OLDEST} or newer; here is {version}, and "
                f"the class can't be imported ({_cause(error)}): {remedy}"
            ) from error
    return found


def _cause(error: BaseException) -> str:
    """The first error of a chain, in one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or ['no reason given'])[0]}"
