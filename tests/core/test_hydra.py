"""Hydra's global state is as it was before samurai, in either order, in processes of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOAD = "from samurai import Tracker; Tracker.load('nano')"
BUILD = (
    "from samurai.models.checkpoints import configuration_path, model_card; "
    "from samurai.networks.sam2.build import build_model; "
)
BUILD += "build_model(configuration_path(model_card('nano')))"
HOST = "import hydra; hydra.initialize(version_base=None, config_path=None)"
STATE = "from hydra.core.global_hydra import GlobalHydra; state = GlobalHydra.instance()"
COMPOSE = "hydra.compose(overrides=['+width=3'])"


@pytest.mark.parametrize(
    "program",
    [
        f"{LOAD}; {STATE}; assert not state.is_initialized(); {HOST}; assert {COMPOSE}.width == 3",
        f"{BUILD}; {HOST}; assert {COMPOSE}.width == 3",
        f"{HOST}; {LOAD}; {LOAD}; assert {COMPOSE}.width == 3",
        f"import sam2; {LOAD}; {STATE}; assert state.is_initialized(); "
        "from sam2.build_sam import build_sam2",
    ],
)
def test_hydra_is_left_as_it_was_found(program: str) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-600:]
