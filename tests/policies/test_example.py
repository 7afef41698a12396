"""The example of docs/policies.md as written: short, installable from outside, a policy."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from oracles.installing import install, run_beside
from oracles.scenes import Remembered, Said, prompt, scenes

from samurai.policies.base import Policy, PolicyContext

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
PROJECT = next(re.finditer(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)).group(1)
EXAMPLE = next(
    block for block in re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL) if "class" in block
)


def example() -> type[Policy]:
    namespace: dict[str, type[Policy]] = {}
    exec(compile(EXAMPLE, "strides.py", "exec"), namespace)
    return namespace["Strides"]


def test_it_is_about_thirty_lines() -> None:
    lines = [line for line in EXAMPLE.splitlines() if line.strip()]
    assert len(lines) <= 30


@settings(max_examples=40)
@given(scenes())
def test_it_keeps_what_it_recalls_and_no_more_than_it_declares(scene: list[Said]) -> None:
    policy = example()(PolicyContext())
    watched = Remembered(policy)
    watched.start(prompt())
    for frame_index, said in enumerate(scene, start=1):
        watched.step(said.decoded(frame_index))


def test_another_package_offers_it(tmp_path: Path) -> None:
    """Installed from the page's own text, by its own command, but without a network."""
    site = install(DOCUMENT, {"strides.py": EXAMPLE, "pyproject.toml": PROJECT}, tmp_path)
    code = """
import numpy as np
from samurai import Box, Tracker
session = Tracker.load("nano", policy="strides", device="cpu").session()
frame = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
session.start(frame, [Box(30, 30, 40, 40)])
for _ in range(12):
    [answer] = session.step(frame)
print(answer.mask.shape)
"""
    assert run_beside(site, ["-c", code]).strip() == "(96, 128)"
