"""docs/detectors.md: its table and numbers are the code's, its examples run."""

from __future__ import annotations

import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from samurai.discovery.detectors import (
    Words,
    checking,
    closed_set,
    command,
    create_detector,
    detector_names,
    program,
    registry,
    transformers,
    words,
)
from samurai.regions import Box

TEXT = (Path(__file__).parents[2] / "docs" / "detectors.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_table_has_every_detector_and_its_threshold() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \| [^|]+ \| ([\d.]+) \|", TEXT, re.MULTILINE))
    assert {name: float(value) for name, value in rows.items()} == {
        "grounding-dino": transformers.GroundingDino.threshold,
        "owlv2": transformers.Owlv2.threshold,
        "torchvision": closed_set.ClosedSet.threshold,
        "command": checking.THRESHOLD,
    }
    assert set(rows) <= set(detector_names())


def test_the_numbers_are_the_codes() -> None:
    for said in (
        f"At most {words.MOST} words of at most {words.LONGEST} characters",
        f"overlap by more than {checking.NMS_IOU}",
        f"The best {checking.MOST} of a frame",
        f"An answer may take {command.SECONDS:g} s, the first one {3 * command.SECONDS:g} s",
        f"more than {program.LONGEST_ANSWER // 2**20} MB",
        f"`{transformers.GROUNDING_DINO.published}` and\n`{transformers.OWLV2.published}`",
        f"the default is\n`{closed_set.MODEL}`",
    ):
        assert said in TEXT, said
    assert "failed four times in a row" in TEXT and command.FAILURES == 4


def test_the_first_example_runs_the_program_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asking, sample, _ = EXAMPLES
    monkeypatch.chdir(tmp_path)
    Path("my_detector.py").write_text(sample.replace("/usr/bin/env python3", sys.executable))
    Path("my_detector.py").chmod(0o755)
    frame = np.full((60, 80, 3), 200, np.uint8)
    frame[10:30, 40:50] = (250, 10, 10)
    exec(asking, {"frame": frame})
    assert capsys.readouterr().out == f"red 0.9 {Box(40, 10, 10, 20)}\n"


def test_the_detector_of_ones_own_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("everything")
    names: dict[str, Any] = vars(module)
    exec(EXAMPLES[2], names)
    (line,) = re.findall(r'^everything = "(.*?)"', TEXT, re.MULTILINE)
    monkeypatch.setitem(sys.modules, "everything", module)
    entry = EntryPoint("everything", line, registry.ENTRY_POINTS)
    monkeypatch.setattr(f"{registry.__name__}.entry_points", lambda group: [entry])
    with create_detector("everything=2") as detector:
        (found,) = detector.detect(np.zeros((20, 30, 3), np.uint8), Words.of("dog"))
    assert found.region == Box(2, 2, 26, 16)
