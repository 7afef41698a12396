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
    found = [_attribute(transformers, name) for name in names]
    lacking = [name for name, kind in zip(names, found, strict=True) if kind is None]
    if lacking:
        version = metadata.version("transformers")
        raise DependencyError(
            f"the installed transformers {version} has no working {', '.join(lacking)}, {extra} "
            f"needs {OLDEST} or newer: {remedy}"
        )
    return found


def _attribute(package: Any, name: str) -> Any:
    """A class, imported now; None where the package lacks it or its import fails."""
    try:
        return getattr(package, name)
    except (AttributeError, ImportError, RuntimeError):
        return None
