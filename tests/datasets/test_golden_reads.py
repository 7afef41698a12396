"""Published annotations, where `SAMURAI_GOLDENS` names their folder: every one is read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from datasets.conftest import box_sequences, mask_sequences, read

GOLDENS = Path(os.environ.get("SAMURAI_GOLDENS", ""))
pytestmark = pytest.mark.skipif(
    "SAMURAI_GOLDENS" not in os.environ, reason="SAMURAI_GOLDENS names no folder"
)


def test_lasot() -> None:
    """18,346 frames without the object, three visible ones without a usable box."""
    reading = read("lasot", GOLDENS / "annos", annotations_only=True)
    found = box_sequences(reading)
    assert len(found) == 280 and not reading.missing and not reading.notes
    assert sum(each.frames for each in found.values()) == 685_360
    flags = {name: each.visible for name, each in found.items()}
    assert sum(int((~each).sum()) for each in flags.values() if each is not None) == 18_346
    bad = {
        (name, int(row) + 1)
        for name, each in found.items()
        if (visible := flags[name]) is not None
        for row in np.flatnonzero((each.truth[:, 2:] <= 0).any(axis=1) & visible)
    }
    assert bad == {("tiger-6", 118), ("lion-5", 553), ("microphone-6", 1109)}
    assert all(each.attributes and not each.notes for each in found.values())


@pytest.mark.parametrize("place", ["otb100/annos", "otb100"])
def test_otb100(place: str) -> None:
    reading = read("otb100", GOLDENS / place, annotations_only=True)
    found = box_sequences(reading)
    assert len(found) == 100 and not reading.missing and not reading.notes
    assert reading.root == GOLDENS / "otb100" / "annos"
    assert sum(each.frames for each in found.values()) == 59_035
    assert not any(each.notes for each in found.values())
    empty = {name for name, each in found.items() if (each.truth[:, 2:] <= 0).any()}
    assert empty == {"Board", "Twinnings"} and found["Tiger1"].frames == 349


def test_uav123() -> None:
    reading = read("uav123", GOLDENS / "uav123" / "annos", annotations_only=True)
    found = box_sequences(reading)
    assert len(found) == 123 and not reading.missing and not reading.notes
    assert sum(each.frames for each in found.values()) == 112_578
    absent = {name: int(np.isnan(each.truth).all(axis=1).sum()) for name, each in found.items()}
    assert sum(absent.values()) == 2_683 and sum(count > 0 for count in absent.values()) == 33
    assert not any(each.notes for each in found.values())


def test_davis_2016() -> None:
    reading = read("davis2016-val", GOLDENS / "davis" / "annos", annotations_only=True)
    frames = {name: each.frames for name, each in mask_sequences(reading).items()}
    assert frames == {"blackswan": 50, "dog": 60, "parkour": 100}
    assert len(reading.missing) == 17 and "bmx-trees" in reading.missing
