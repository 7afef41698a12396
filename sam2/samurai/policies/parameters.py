"""Parameters of policies: their published constants, as numbers that can be changed by name.

A policy declares them as a frozen dataclass whose fields are made by `number`; `PolicyChoice` reads
`samurai:motion_weight=0.2,stable_frames=10`. Every parameter is a number.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from samurai.errors import ConfigurationError
from samurai.spelling import did_you_mean


@dataclass(frozen=True)
class Parameters:
    """The parameters of a policy; this base has none.

    Raises:
        ConfigurationError: a value isn't a number within its bounds.
    """

    def __post_init__(self) -> None:
        for each in dataclasses.fields(self):
            _require(each, getattr(self, each.name))


def number(
    default: float | None, low: float = -math.inf, high: float = math.inf, *, whole: bool = False
) -> Any:
    """A dataclass field for a parameter.

    Args:
        default: the published constant; None where the model's card has it.
        low, high: bounds, included.
        whole: whether only integers make sense.
    """
    return field(default=default, metadata={"low": low, "high": high, "whole": whole})


def read_parameters(policy: str, kind: type[Parameters], texts: Mapping[str, str]) -> Parameters:
    """Parameters by name, each from a text.

    Args:
        policy: its name, for messages.

    Raises:
        ConfigurationError: there is no parameter of that name, or the text isn't a number within
            the bounds; the message lists what is allowed.
    """
    known = {each.name: each for each in dataclasses.fields(kind)}
    for name in texts:
        if name not in known:
            listed = f"it has {', '.join(known)}" if known else "it has none"
            raise ConfigurationError(
                f"policy {policy} has no parameter {name!r}{did_you_mean(name, known)}; {listed}"
            )
    try:
        return kind(**{name: _parsed(known[name], text) for name, text in texts.items()})
    except ConfigurationError as error:
        raise ConfigurationError(f"policy {policy}: {error}") from None


def _parsed(parameter: dataclasses.Field[Any], text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    _require(parameter, value, text)
    return int(value) if _whole(parameter) else value


def _whole(parameter: dataclasses.Field[Any]) -> bool:
    return bool(parameter.metadata.get("whole", False))


def _require(parameter: dataclasses.Field[Any], value: Any, text: str | None = None) -> None:
    """Raise ConfigurationError unless a value is a number within the parameter's bounds."""
    if value is None and parameter.default is None:
        return
    bounds = parameter.metadata
    low, high, whole = (
        bounds.get("low", -math.inf),
        bounds.get("high", math.inf),
        _whole(parameter),
    )
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    in_bounds = is_number and math.isfinite(value) and low <= value <= high
    if in_bounds and (not whole or value == int(value)):
        return
    form = "an integer" if whole else "a number"
    if math.isfinite(low):
        form += f" from {low:g}" + (f" to {high:g}" if math.isfinite(high) else "")
    shown = repr(value) if text is None else text
    raise ConfigurationError(f"{parameter.name}={shown} is not allowed: it must be {form}")
