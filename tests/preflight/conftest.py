"""Workspaces of a few small images, of which every oddity is an argument."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

WIDTH, HEIGHT = 16, 12
STACK = """
title: t
experiments:
  u:
    type: unsupervised
    multiobject: true
    repetitions: 1
    analyses: [{type: average_accuracy, name: accuracy, burnin: 1}]
"""

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes a workspace with one sequence; returns its folder."""

    def build(
        name: str = "seq",
        *,
        frames: int = 4,
        truth: bytes | None = None,
        listed: bytes | None = None,
        properties: str = "fps=25",
        suffix: str = "jpg",
        stack: str = STACK,
        anchors: str | None = None,
    ) -> Path:
        root = tmp_path / "workspace"
        sequence = root / "sequences" / name
        (sequence / "color").mkdir(parents=True)
        ok, image = cv2.imencode(".jpg", np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
        assert ok
        for number in range(1, frames + 1):
            (sequence / "color" / f"{number:08d}.{suffix}").write_bytes(image.tobytes())
        rows = b"".join(b"2,3,4,5\n" for _ in range(frames))
        (sequence / "groundtruth.txt").write_bytes(rows if truth is None else truth)
        channel = f"channels.color=color/%08d.{suffix}\nwidth={WIDTH}\nheight={HEIGHT}\n"
        length = "" if "length" in properties else f"length={frames}\n"
        (sequence / "sequence").write_text(f"{channel}{length}{properties}\n")
        if anchors is not None:
            (sequence / "anchor.value").write_text(anchors)
        given = f"{name}\n".encode() if listed is None else listed
        (root / "sequences" / "list.txt").write_bytes(given)
        (root / "stack.yaml").write_text(stack)
        (root / "config.yaml").write_text("registry: []\nstack: ./stack.yaml\n")
        return root

    return build
