"""Weights of motion models, which variables name. No torch here."""

from __future__ import annotations

from samurai.config import TrackerConfig
from samurai.fingerprints.code import MEMORY_CHECK, code_of

_WEIGHTS_OF = {  # a setting, its value, and the variable that names the weights that it needs
    ("points", "cotracker"): "SAMURAI_COTRACKER",
    ("flow", "raft"): "SAMURAI_RAFT",
}
MOTION_WEIGHTS = tuple(_WEIGHTS_OF.values())
"""Variables that name weights of motion models."""


def motion_weights(config: TrackerConfig) -> dict[str, str]:
    """Variables that name weights of motion models, by setting; only those that are read."""
    chosen = {
        setting: variable
        for (setting, value), variable in _WEIGHTS_OF.items()
        if getattr(config, setting) == value
    }
    targets = [MEMORY_CHECK] if config.memory_check else []
    code = code_of(config.policy, None, targets) if chosen else {}
    return {name: value for name, value in chosen.items() if f"samurai.motion.{name}" in code}
