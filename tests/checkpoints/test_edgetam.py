"""Weights of EdgeTAM: missing ones, a folder of them, and an image encoder that needs timm."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from samurai.errors import CheckpointError, DependencyError
from samurai.models.checkpoints import load_model
from samurai.models.manifest import model_card
from samurai.tracker import Tracker

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None,
    reason="transformers isn't installed: make setup EXTRAS=edgetam",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the weights of the manifest's edgetam belong; not there yet."""
    monkeypatch.setenv("SAMURAI_CHECKPOINTS", str(tmp_path))
    return tmp_path / "edgetam"


def test_missing_weights_name_the_page_and_the_folder(folder: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        Tracker.load("edgetam")
    text = str(caught.value)
    assert "see https://huggingface.co/yonigozlan/EdgeTAM-hf" in text and "ask for" not in text
    assert f"hf download yonigozlan/EdgeTAM-hf --local-dir {folder}" in text


def test_a_folder_of_hugging_face_is_loaded(folder: Path) -> None:
    from oracles.transformers_networks import edgetam_model

    edgetam_model().save_pretrained(folder)
    spec = Tracker.load("edgetam", device="cpu").network.spec
    assert (spec.feature_tokens, spec.memory_tokens) == (64, 32)


def test_an_image_encoder_that_needs_timm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    (folder / "model.safetensors").touch()
    config = {"model_type": "edgetam_video", "vision_config": {"model_type": "timm_wrapper"}}
    (folder / "config.json").write_text(json.dumps(config))
    plain: Any = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "timm" else plain(name)
    )
    with pytest.raises(DependencyError, match=r"needs timm.*make setup EXTRAS=edgetam"):
        load_model(model_card("edgetam"))
