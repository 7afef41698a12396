"""docs/drawing.md: its examples run, its tables are the code's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import av
import pytest

from samurai.painting.colors import PALETTES
from samurai.video.drawing import style_options
from samurai.video.drawing.style import LAYERS
from samurai.video.images import read_frame
from samurai.video.writing.formats import CONTAINERS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "drawing.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = sorted((ROOT / "vot_workspace/sequences/occlusion/color").iterdir())[:3]
    names: dict[str, Any] = {"frames": [read_frame(str(image)) for image in images]}
    monkeypatch.chdir(tmp_path)
    for example in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(example, names)
    with av.open("tracked.mp4") as container:
        assert len(list(container.decode(video=0))) == 3


def test_the_tables_are_the_codes() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `(--\S+ \S+)` \|", TEXT, re.MULTILINE))
    assert rows == {each.name: f"{each.flag} {each.form}" for each in style_options()}
    defaults = dict(re.findall(r"^\| `(\w+)` \| `--\S+ \S+` \| ([^|]+) \|", TEXT, re.MULTILINE))
    assert defaults == {each.name: each.default_text for each in style_options()}
    assert f"| {', '.join(LAYERS)}; all; none |" in TEXT
    assert f"| {', '.join(PALETTES)} |" in TEXT
    assert all(f"`{suffix}`" in TEXT for suffix in (*CONTAINERS, ".gif"))


def test_the_example_picture_is_small() -> None:
    for place in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / "docs" / place).stat().st_size <= 150_000
