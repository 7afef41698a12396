"""Functions of the tracker, wrapped from outside while something is measured.

The places are names; one that has gone is an error that says so, never a part silently left out.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.speed.errors import BenchmarkError

Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True)
class Place:
    """Where a function is found when it is called: a module and a name in it, `Class.method` too.

    A function that another module has imported is found there:
    `samurai.core.session.frame_masks`, say.
    """

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    def owner(self) -> tuple[Any, str]:
        """The module or class that holds the function, and its name there.

        Raises:
            BenchmarkError: there is nothing of that name.
        """
        *path, name = self.name.split(".")
        try:
            owner: Any = importlib.import_module(self.module)
            for part in path:
                owner = getattr(owner, part)
            getattr(owner, name)
        except (ImportError, AttributeError) as error:
            raise BenchmarkError(
                f"{self} is gone ({error}), which the speed benchmark wraps: correct the tables in "
                "benchmarks/speed/components.py (or variant.py), so that nothing is left out"
            ) from error
        return owner, name


@contextmanager
def replaced(place: Place, wrap: Wrap, of: Any = None) -> Iterator[None]:
    """While this holds, calls of the function at `place` go to `wrap(function)`.

    Args:
        of: an object. Where its class inherits from that of `place`, the overriding methods are
            wrapped as well.

    Raises:
        BenchmarkError: there is nothing of that name.
    """
    owner, name = place.owner()
    owners = [owner]
    if isinstance(owner, type) and isinstance(of, owner):
        heirs = [kind for kind in type(of).__mro__ if issubclass(kind, owner) and kind != owner]
        owners += [kind for kind in heirs if name in vars(kind)]
    with ExitStack() as stack:
        for each in owners:
            stack.enter_context(replaced_in(each, name, wrap))
        yield


@contextmanager
def replaced_in(owner: Any, name: str, wrap: Wrap) -> Iterator[None]:
    """The same for a module or class at hand; an inherited method is put back as inherited."""
    raw = inspect.getattr_static(owner, name)
    own = name in vars(owner)
    kind = type(raw) if isinstance(raw, (classmethod, staticmethod)) else None
    wrapped: Any = wrap(raw.__func__ if kind is not None else raw)
    setattr(owner, name, kind(wrapped) if kind is not None else wrapped)
    try:
        yield
    finally:
        if own:
            setattr(owner, name, raw)
        else:
            delattr(owner, name)
