"""Which parameters of a test belong to the quick suite."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def quick(values: Iterable[Any], *chosen: Any) -> list[Any]:
    """All values as parameters of a test, of which only the chosen ones run in `make test`, and all
    in `make test-slow` and `make test-all`.

    Raises:
        ValueError: a chosen value isn't there.
    """
    values = list(values)
    unknown = [each for each in chosen if each not in values]
    if unknown:
        raise ValueError(f"not among the values: {unknown}")
    return [
        each if each in chosen else pytest.param(each, marks=pytest.mark.slow) for each in values
    ]
