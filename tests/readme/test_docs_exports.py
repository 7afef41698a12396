"""docs/exports.md and docs/prompts.md: the table is the registry's, and the examples run."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles.tracked_video import SIZE, scene

from samurai.video.exports.registry import EXPORTS
from samurai.video.prompts.files import read_prompts

DOCS = Path(__file__).parents[2] / "docs"
FILES = {"jsonl": "out.jsonl", "csv": "out.csv", "mot": "out.mot.txt", "coco": "out.coco.json"}


def examples(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_table_of_formats_is_complete() -> None:
    text = (DOCS / "exports.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.*?)` \| (file|folder) \| (.*) \|$", text, re.MULTILINE)
    assert rows == [(each.name, each.place, each.help) for each in EXPORTS.values()]


def test_examples_of_exports_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DOCS / "exports.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    written = scene([1], range(3))
    for name, format_ in EXPORTS.items():
        written.write(format_, Path(FILES.get(name, name)))
    names: dict[str, Any] = {
        "answers": written.frames[0].answers,
        "picture": np.zeros((*SIZE, 3), np.uint8),
    }
    found = examples(text, "python")
    assert len(found) == 8
    for example in found:
        if "supervision" not in example or importlib.util.find_spec("supervision"):
            exec(example, names)
    assert names["mask"].any() and names["labels"].any() and names["pixels"].any()
    assert len(names["rows"]) == len(names["regions"]) == len(names["boxes"]) == 3
    target = written.write(names["Centers"], tmp_path / "centers.txt")
    assert target.read_text().splitlines()[0] == "0 1 7.0 9.0"


def test_examples_of_prompts_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DOCS / "prompts.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for example in examples(text, "python"):
        exec(example, {})
    (document,) = examples(text, "json")
    prompts = json.loads(document)
    prompts["prompts"][2]["mask"]["counts"] = [5, 480 * 640 - 5]
    Path("a.json").write_text(json.dumps(prompts))
    assert len(read_prompts(Path("a.json"), frame_size=(480, 640))) == 3
    links = re.findall(r"\]\(([^)#]+)", text)
    assert links and all((DOCS / link).exists() for link in links)
