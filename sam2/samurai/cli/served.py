"""What `samurai web` and `samurai pick` share: the tracker behind their page."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, MutableMapping

from samurai.config import TrackerConfig
from samurai.config.text import from_flags
from samurai.models.manifest import FOLDER_VARIABLE, checkpoint_path, model_card, require_weights
from samurai.web.settings import ALIASES

PREFERRED, FALLBACK = "base_plus", "nano"
"""The model where none is named: the first if its weights are there."""


def served_config(parsed: argparse.Namespace) -> TrackerConfig:
    """The settings of the tracker that answers the page.

    Args:
        parsed: has the flags of `add_tracker_flags`.

    Raises:
        ConfigurationError: a value isn't allowed.
        CheckpointError: the weights aren't there.
    """
    environ = environment(os.environ)
    if environ.get(FOLDER_VARIABLE):  # read where weights are looked for
        os.environ[FOLDER_VARIABLE] = environ[FOLDER_VARIABLE]
    config = from_flags(TrackerConfig.from_environment(environ), parsed)
    if config.source("model") == "default":
        there = checkpoint_path(model_card(PREFERRED)).is_file()
        config = config.changed(model=PREFERRED if there else FALLBACK)
    require_weights(model_card(config.model))
    return config


def environment(environ: Mapping[str, str]) -> MutableMapping[str, str]:
    """The environment with our names for the variables of SAMURAI's API; ours count where both are
    set."""
    found = dict(environ)
    for theirs, ours in ALIASES.items():
        if environ.get(theirs, "").strip() and not environ.get(ours, "").strip():
            found[ours] = environ[theirs]
    return found
