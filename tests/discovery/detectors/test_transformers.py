"""Grounding DINO and OWLv2 through transformers' own classes, small and with random weights."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from oracles.text_detectors import QUERIES, TEXT_LENGTH, save_grounding_dino, save_owlv2

from samurai.discovery.detectors.base import Detection, Frame
from samurai.discovery.detectors.registry import create_detector
from samurai.discovery.detectors.transformers import (
    FLOOR,
    GROUNDING_DINO,
    OWLV2,
    GroundingDino,
    Owlv2,
    grounding_dino,
    owlv2,
)
from samurai.discovery.detectors.words import Words
from samurai.errors import CheckpointError, ConfigurationError, DependencyError
from samurai.regions import Box

installed = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None,
    reason="the extra text isn't installed: make setup EXTRAS=text",
)
HEIGHT, WIDTH = 60, 80
FRAME: Frame = np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
WORDS = ("dog", "Red  Car", "cats", "v1.5 what?")
Row = tuple[str, list[float]]
"""Label, score and box."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Saved models by the names of their detectors."""
    place = tmp_path_factory.mktemp("models")
    return {
        "grounding-dino": save_grounding_dino(place / "dino"),
        "owlv2": save_owlv2(place / "owl"),
    }


@pytest.fixture(scope="module")
def dino(folders: dict[str, Path]) -> GroundingDino:
    return grounding_dino(str(folders["grounding-dino"]), "cpu")


@pytest.fixture(scope="module")
def owl(folders: dict[str, Path]) -> Owlv2:
    return owlv2(str(folders["owlv2"]), "cpu")


def rows_of(found: Sequence[Detection]) -> list[Row]:
    regions = [each.region for each in found]
    assert all(isinstance(region, Box) for region in regions)
    pairs = zip(found, regions, strict=True)
    return [(each.label, [each.score, *vars(region).values()]) for each, region in pairs]


def scaled(
    boxes: torch.Tensor, scores: torch.Tensor, labels: Sequence[str], size: tuple[int, int]
) -> list[Row]:
    """Of centers and sides that are relative to a size."""
    height, width = size
    rows: list[Row] = []
    for (x, y, w, h), score, label in zip(boxes.tolist(), scores.tolist(), labels, strict=True):
        if score > FLOOR:
            corner = ((x - w / 2) * width, (y - h / 2) * height, w * width, h * height)
            rows.append((label, [score, *corner]))
    return rows


def assert_same(one: Sequence[Row], other: Sequence[Row]) -> None:
    """The same detections, in any order."""
    assert len(one) == len(other) > 0
    for a, b in ((one, other), (other, one)):
        for label, values in a:
            rivals = [theirs for known, theirs in b if known == label]
            assert any(np.allclose(values, theirs, atol=1e-3) for theirs in rivals), label


@installed
def test_a_query_of_grounding_dino_is_of_the_word_that_its_tokens_fit(dino: GroundingDino) -> None:
    """Restated with the numbers of tokens, counted by hand."""
    spans = [(1, 2), (3, 5), (6, 8), (9, 12)]  # dog . red car . cat ##s . [UNK] 5 what .
    from PIL import Image

    text = "dog. red car. cats. v1 5 what."
    inputs = dino._processor(images=Image.fromarray(FRAME), text=text, return_tensors="pt")
    assert inputs.input_ids.shape == (1, 14)
    with torch.no_grad():
        outputs = dino._model(**inputs)
    chances = outputs.logits[0].sigmoid()
    assert chances.shape == (QUERIES, TEXT_LENGTH)
    by_word = torch.stack([chances[:, a:b].max(dim=1).values for a, b in spans])
    scores, best = by_word.max(dim=0)
    labels = [WORDS[place] for place in best.tolist()]
    expected = scaled(outputs.pred_boxes[0], scores, labels, (HEIGHT, WIDTH))
    assert_same(rows_of(dino.detect(FRAME, WORDS)), expected)
    assert len({label for label, *_ in expected}) > 1


@installed
def test_more_words_than_grounding_dino_reads_are_asked_in_groups(dino: GroundingDino) -> None:
    words = [f"zebra cat{'s' * (place % 2)} {'dog ' * (place // 2)}" for place in range(9)]
    lengths = [3 + place % 2 + place // 2 for place in range(9)]  # with the full stop
    groups: list[list[str]] = [[]]
    room = TEXT_LENGTH - 2
    for word, length in zip(words, lengths, strict=True):
        if length > room:
            groups.append([])
            room = TEXT_LENGTH - 2
        groups[-1].append(word)
        room -= length
    assert len(groups) > 2
    expected = [row for group in groups for row in rows_of(dino.detect(FRAME, group))]
    assert rows_of(dino.detect(FRAME, words)) == expected


@installed
def test_owlv2_is_asked_for_a_photo_of_every_word(owl: Owlv2) -> None:
    """Restated; its boxes are relative to the longer side."""
    texts = [f"a photo of a {word}" for word in WORDS]
    tokens = owl._processor.tokenizer(
        texts, padding="max_length", max_length=40, truncation=True, return_tensors="pt"
    )
    from PIL import Image

    pixels = owl._processor.image_processor(Image.fromarray(FRAME), return_tensors="pt")
    with torch.no_grad():
        outputs = owl._model(**tokens, **pixels)
    logits, best = outputs.logits[0].max(dim=1)
    labels = [WORDS[place] for place in best.tolist()]
    expected = scaled(outputs.pred_boxes[0], logits.sigmoid(), labels, (WIDTH, WIDTH))
    assert_same(rows_of(owl.detect(FRAME, WORDS)), expected)
    assert len({label for label, *_ in expected}) > 1
    assert owl.detect(FRAME, ["x" * 100])


@installed
@pytest.mark.parametrize("name", ["grounding-dino", "owlv2"])
def test_by_name_and_checked(folders: dict[str, Path], name: str) -> None:
    with create_detector(f"{name}={folders[name]}", device="cpu") as detector:
        words = Words.of("dog:0.02, red car:0.02, cats:0.02")
        found = detector.detect(FRAME, words)
        assert found and {each.label for each in found} <= set(words.names)
        for each in found:
            assert isinstance(each.region, Box) and 0.02 <= each.score <= 1
            box = each.region
            assert 0 <= box.x < box.x + box.width <= WIDTH
            assert 0 <= box.y < box.y + box.height <= HEIGHT
        assert detector.detect(FRAME[:, :37], words)
        assert detector.detect(FRAME, words) == found


@installed
@pytest.mark.parametrize("create", [grounding_dino, owlv2])
@pytest.mark.parametrize(
    "place", ["/no/such/folder", "./no", "~/no such", "no-such", "a/b/c", "../a", "C:\\models"]
)
def test_a_folder_that_is_not_there(create: Any, place: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        create(place, "cpu")
    assert "\n" not in str(caught.value) and "hf download" in str(caught.value)


def damaged(folder: Path, how: str) -> None:
    weights, config = folder / "model.safetensors", folder / "config.json"
    if how == "no weights":
        weights.unlink()
    elif how == "cut weights":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif how == "no configuration":
        config.unlink()
    elif how == "another model":
        config.write_text(json.dumps({**json.loads(config.read_text()), "model_type": "bert"}))
    elif how == "no processor":
        for name in ("processor_config.json", "preprocessor_config.json"):
            (folder / name).unlink(missing_ok=True)
    elif how == "no tokenizer":
        for file in folder.glob("tokenizer*"):
            file.unlink()
    else:
        (folder / "processor_config.json").write_text("{")


@installed
@pytest.mark.parametrize("name", ["grounding-dino", "owlv2"])
@pytest.mark.parametrize(
    "how",
    [
        *("no weights", "cut weights", "no configuration", "another model"),
        *("no processor", "no tokenizer", "broken processor"),
    ],
)
def test_files_that_are_missing_or_damaged(
    folders: dict[str, Path], name: str, how: str, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(folders[name], tmp_path / "copy"))
    damaged(folder, how)
    with pytest.raises(CheckpointError) as caught:
        create_detector(f"{name}={folder}", device="cpu")
    assert "\n" not in str(caught.value)


@installed
def test_weights_in_the_hubs_cache_are_used_without_a_network(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for kind, create in ((GROUNDING_DINO, grounding_dino), (OWLV2, owlv2)):
        with pytest.raises(CheckpointError) as caught:
            create("", "cpu")
        line = str(caught.value)
        assert "\n" not in line and f"hf download {kind.published} --local-dir" in line
        place = tmp_path / f"models--{kind.published.replace('/', '--')}"
        shutil.copytree(folders[kind.name], place / "snapshots" / "abc123")
        (place / "refs").mkdir()
        (place / "refs" / "main").write_text("abc123")
        assert create("", "cpu").detect(FRAME, ["dog"])
        assert create(kind.published, "cpu").detect(FRAME, ["dog"])


@pytest.mark.parametrize("name", ["grounding-dino", "owlv2"])
def test_without_transformers_one_line_installs_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(DependencyError) as caught:
        create_detector(name)
    assert "\n" not in str(caught.value) and "make setup EXTRAS=text" in str(caught.value)


@pytest.mark.parametrize("name", ["grounding-dino", "owlv2"])
def test_beside_a_torchvision_made_for_another_torch(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As PyPI's is beside a torch for CPUs alone: transformers itself would fail."""
    (tmp_path / "torchvision.py").write_text("raise RuntimeError('no operator nms')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    with pytest.raises(DependencyError) as caught:
        create_detector(name)
    assert "\n" not in str(caught.value) and "pip uninstall torchvision" in str(caught.value)


@installed
def test_an_unknown_device(folders: dict[str, Path]) -> None:
    with pytest.raises(ConfigurationError):
        create_detector(f"owlv2={folders['owlv2']}", device="gpu")
