"""Weights of SAM 3: missing, wrong and damaged ones, and a transformers that can't load them."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from samurai.cli import main as cli
from samurai.errors import CheckpointError, DependencyError
from samurai.models.checkpoints import download, load_model
from samurai.models.manifest import checkpoint_path, model_card
from samurai.networks.transformers_video.dependency import transformers_classes
from samurai.tracker import Tracker

PAGE = "https://huggingface.co/facebook/sam3"

installed = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None,
    reason="the extra sam3 isn't installed: make setup EXTRAS=sam3",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the weights of the manifest's sam3 belong; not there yet."""
    monkeypatch.setenv("SAMURAI_CHECKPOINTS", str(tmp_path))
    return tmp_path / "sam3"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random tracker as transformers saves it."""
    from oracles.transformers_networks import sam3_model

    place = tmp_path_factory.mktemp("saved") / "sam3"
    sam3_model().save_pretrained(place)
    return place


def test_missing_weights_name_the_page_and_the_folder(folder: Path) -> None:
    for attempt in (lambda: Tracker.load("sam3"), lambda: download("sam3")):
        with pytest.raises(CheckpointError) as caught:
            attempt()
        text = str(caught.value)
        assert f"there is no file {folder / 'model.safetensors'}" in text
        assert f"ask for access on {PAGE}" in text
        assert f"hf download facebook/sam3 --local-dir {folder}" in text


def test_the_doctor_mentions_weights_that_are_not_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["doctor", "--verify", "sam3"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert PAGE in line and str(folder) in line
    from samurai.cli.doctor import weights

    [finding] = [each for each in weights() if each.statement.startswith("weights: sam3:")]
    assert finding.level == "INFO" and PAGE in finding.remedy


@installed
def test_a_folder_of_hugging_face_is_loaded(folder: Path, saved: Path) -> None:
    shutil.copytree(saved, folder)
    model = load_model(model_card("sam3"))
    assert model.config.image_size == 112 and not model.training
    assert Tracker.load("sam3", device="cpu").network.spec.logit_size == 32


@installed
def test_the_published_layout_with_the_detector(folder: Path) -> None:
    """facebook/sam3 holds detector and tracker, under other names: a small model of that kind."""
    from oracles.transformers_networks import sam3_model, sam3_video_model

    whole = sam3_video_model()
    whole.save_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["model_type"] == "sam3_video"
    model = load_model(model_card("sam3"))
    expected = whole.tracker_model.state_dict()
    assert {key.split(".")[0] for key in expected} >= {"memory_attention", "mask_decoder"}
    found = model.state_dict()
    for key, value in expected.items():
        assert torch.equal(found[key], value), key
    backbone = whole.detector_model.vision_encoder.backbone.state_dict()
    for key, value in backbone.items():
        assert torch.equal(found[f"vision_encoder.backbone.{key}"], value), key
    assert set(found) == set(sam3_model().state_dict())


@installed
def test_a_card_of_ones_own_names_the_folder(tmp_path: Path, saved: Path) -> None:
    card = tmp_path / "mine.toml"
    card.write_text(
        f'network = "sam3"\nfile = "{saved}"\nconfiguration = "config.json"\n'
        'box_prompt = "points"\nmotion_weight = 0.15\n'
    )
    assert checkpoint_path(model_card(str(card))) == saved / "model.safetensors"
    assert Tracker.load(str(card), device="cpu").network.spec.memory_mask_size == 128


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor], str], object]) -> None:
    """Change one tensor of the file, which has the names of facebook/sam3."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    [name] = [name for name in weights if name.endswith("memory_attention.layer_norm.weight")]
    change(weights, name)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def without_a_tensor(folder: Path) -> None:
    change_weights(folder, lambda weights, name: weights.__delitem__(name))


def with_nan(folder: Path) -> None:
    change_weights(folder, lambda weights, name: weights[name].fill_(float("nan")))


def truncated(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:5000])


def of_another_size(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["mask_decoder_config"]["iou_head_hidden_dim"] = 48
    (folder / "config.json").write_text(json.dumps(config))


def of_another_model(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "bert"}')


def without_configuration(folder: Path) -> None:
    (folder / "config.json").unlink()


@installed
@pytest.mark.parametrize(
    ("damage", "fact"),
    [
        (without_a_tensor, "1 missing (memory_attention.layer_norm.weight)"),
        (with_nan, "NaN or infinity in memory_attention.layer_norm.weight"),
        (truncated, "can't be loaded as SAM 3's tracker (SafetensorError"),
        (of_another_size, "of another shape (mask_decoder.iou_prediction_head."),
        (of_another_model, "describes a model of type bert"),
        (without_configuration, "there is no file"),
    ],
)
def test_wrong_weights_are_refused(folder: Path, saved: Path, damage: Any, fact: str) -> None:
    shutil.copytree(saved, folder)
    damage(folder)
    with pytest.raises(CheckpointError) as caught:
        load_model(model_card("sam3"))
    assert fact in str(caught.value) and PAGE in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ("delete it" in str(caught.value)) is (damage is not without_configuration)


def test_transformers_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    (folder / "model.safetensors").touch()
    (folder / "config.json").touch()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"needs transformers.*make setup EXTRAS=sam3"):
        load_model(model_card("sam3"))


@pytest.mark.parametrize("model", ["sam3", "edgetam"])
@pytest.mark.parametrize(
    ("version", "complaint"),
    [
        (None, "transformers is not installed here"),
        ("4.50.0", "transformers 4.50.0 is too old, 5.24 or newer is needed"),
    ],
)
def test_weights_that_nothing_here_can_load_are_known_before_a_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    model: str,
    version: str | None,
    complaint: str,
) -> None:
    """`samurai doctor` and `samurai evaluate` say so, without importing transformers."""
    from samurai.cli.doctor import weights
    from vot_wrapper.toolkit.sections import Section, faults

    monkeypatch.setenv("SAMURAI_CHECKPOINTS", str(tmp_path))
    (tmp_path / model).mkdir()
    (tmp_path / model / "model.safetensors").write_bytes(b"weights")
    place = tmp_path / "transformers"
    (place / "models" / "bert").mkdir(parents=True)
    spec = ModuleSpec("transformers", None, is_package=True)
    spec.submodule_search_locations = [str(place)]
    find = importlib.util.find_spec

    def found(name: str, package: str | None = None) -> ModuleSpec | None:
        if name != "transformers":
            return find(name, package)
        return None if version is None else spec

    monkeypatch.setattr(importlib.util, "find_spec", found)
    monkeypatch.setattr("importlib.metadata.version", lambda name: version)
    section = Section.of("mine", tmp_path / "trackers.ini", {"command": "vot_wrapper"})
    section = replace(section, env={"SAMURAI_MODEL": model})
    [finding] = [each for each in weights() if each.statement.startswith(f"weights: {model}:")]
    assert finding.level == "WARN" and complaint in finding.statement
    [fault] = faults(section)
    assert fault.absent and complaint in fault.what
    assert fault.remedy == finding.remedy and f"make setup EXTRAS={model}" in fault.remedy
    assert faults(replace(section, rest={"python": "/other/python"})) == []
    if version is not None:  # the classes' folder is what counts
        folders = {"sam3": "sam3_tracker_video", "edgetam": "edgetam_video"}
        (place / "models" / folders[model]).mkdir()
        assert faults(section) == []


def test_transformers_without_the_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", ModuleType("transformers"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr("importlib.metadata.version", lambda name: "4.50.0")
    with pytest.raises(DependencyError) as caught:
        transformers_classes(["Sam3TrackerVideoModel"], "sam3")
    text = str(caught.value)
    assert "needs Sam3TrackerVideoModel of transformers 5.24 or newer; here is 4.50.0" in text


def test_transformers_whose_import_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """As beside a torchvision that is made for another build of torch."""

    class Broken(ModuleType):
        def __getattr__(self, name: str) -> Any:
            raise ModuleNotFoundError("advice") from RuntimeError("no torchvision::nms")

    monkeypatch.setitem(sys.modules, "transformers", Broken("transformers"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr("importlib.metadata.version", lambda name: "5.24.0")
    with pytest.raises(DependencyError, match="RuntimeError: no torchvision::nms"):
        transformers_classes(["Sam3TrackerVideoModel"], "sam3")
