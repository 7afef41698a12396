"""The example of docs/jobs.md runs as written, one block after the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from oracles.videos import write_video

from samurai.video.images import read_frame

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = sorted((ROOT / "vot_workspace/sequences/occlusion/color").glob("*.jpg"))[:60]
    write_video(tmp_path / "clip.mp4", (read_frame(str(image)) for image in images))
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # others may be at work beside this test
    text = (ROOT / "docs/jobs.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    try:
        for block in re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
            exec(block, names)
    finally:
        torch.set_num_threads(threads)
