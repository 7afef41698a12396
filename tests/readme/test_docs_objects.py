"""The examples in docs/objects.md run in their order, as pasted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from samurai.video.images import read_frame

ROOT = Path(__file__).parents[2]


def test_the_examples_run() -> None:
    text = (ROOT / "docs" / "objects.md").read_text(encoding="utf-8")
    images = sorted((ROOT / "vot_workspace/sequences/occlusion/color").iterdir())[:8]
    names: dict[str, Any] = {"frames": [read_frame(str(image)) for image in images]}
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 9
    for example in examples:
        exec(example, names)
    assert [answer.object_id for answer in names["answers"]] == ["dog"]
    assert names["preview"].mask.any()
    assert not set(re.findall(r"\]\(([^)#]+)\)", text)) - {
        "discovery.md",
        "policies.md",
        "settings.md",
    }
