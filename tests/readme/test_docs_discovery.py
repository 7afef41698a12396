"""docs/discovery.md: its example runs, its settings are the code's."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

from samurai.cli.track.discovery import LIVE_BUDGET
from samurai.discovery.settings import SAM_TRACK_NAMES, DiscoverySettings
from samurai.video.images import read_frame

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "discovery.md").read_text(encoding="utf-8")


def test_the_example_runs() -> None:
    images = sorted((ROOT / "vot_workspace/sequences/occlusion/color").iterdir())[:3]
    names: dict[str, Any] = {"frames": [read_frame(str(image)) for image in images]}
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(example, names)
    assert isinstance(names["answers"], list)


def test_the_table_has_every_setting_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", PAGE, re.MULTILINE))
    assert list(rows) == [each.name for each in fields(DiscoverySettings)]
    given = DiscoverySettings()
    for name, text in rows.items():
        value = getattr(given, name)
        if name == "points_per_side":
            sides = [given.proposals(device).points_per_side for device in ("cpu", "cuda")]
            assert text == "{} on a CPU, {} elsewhere".format(*sides)
        elif name == "budget":
            assert text == f"none; {LIVE_BUDGET} for live sources"
        else:
            assert text == ("none" if value is None else str(value))
    for theirs, ours in SAM_TRACK_NAMES.items():
        assert re.search(rf"`{ours}`.*`{theirs}`", PAGE)
