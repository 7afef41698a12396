"""Detectors of torchvision: words to classes, outputs to detections, and the real models where
torchvision can be imported."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import numpy as np
import pytest
import torch

from samurai.discovery.detectors.closed_set import MODEL, ClosedSet, classes_of, detections_of
from samurai.discovery.detectors.registry import create_detector
from samurai.errors import ConfigurationError, DependencyError, PromptError
from samurai.regions import Box, Mask

CATEGORIES = ("__background__", "person", "bus", "N/A", "glass", "traffic light", "N/A", "skis")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["person"], {1: "person"}),
        (["Traffic  Lights", "buses"], {5: "Traffic  Lights", 2: "buses"}),
        (["skis", "glasses", "Persons"], {7: "skis", 4: "glasses", 1: "Persons"}),
        (["person", "persons"], {1: "person"}),
    ],
)
def test_a_word_is_the_name_of_a_class_or_its_plural(
    words: list[str], expected: dict[int, str]
) -> None:
    assert classes_of(words, CATEGORIES) == expected


def test_a_name_goes_before_the_plural_of_another() -> None:
    assert classes_of(["glass", "glas", "glasss"], ("glas", "glass")) == {1: "glass", 0: "glas"}


@pytest.mark.parametrize("word", ["dog", "perso", "N/A", "__background__", "ski", "traffic", "s"])
def test_another_word_is_refused_with_all_classes(word: str) -> None:
    with pytest.raises(PromptError) as caught:
        classes_of(["person", word], CATEGORIES)
    line = str(caught.value)
    assert "\n" not in line and "person, bus, glass, traffic light, skis" in line
    with pytest.raises(PromptError):
        ClosedSet(None, CATEGORIES, "cpu").check_words([word])


def test_outputs_of_other_classes_are_left_out() -> None:
    output = {
        "boxes": torch.tensor([[1.0, 2.0, 4.0, 6.0], [0.0, 0.0, 9.0, 9.0]]),
        "labels": torch.tensor([5, 1]),
        "scores": torch.tensor([0.5, 0.25]),
    }
    (found,) = detections_of(output, {5: "Lights"})
    assert (found.label, found.score, found.region) == ("Lights", 0.5, Box(1, 2, 3, 4))
    chances = torch.zeros(2, 1, 3, 4)
    chances[1, 0, 1, 2] = 0.75
    (found,) = detections_of({**output, "masks": chances}, {1: "person"})
    assert isinstance(found.region, Mask)
    assert np.array_equal(found.region.array, chances[1, 0].numpy() > 0.5)


def test_where_it_cannot_be_imported_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.delitem(sys.modules, "torchvision.models", raising=False)
    with pytest.raises(DependencyError) as caught:
        create_detector("torchvision")
    assert "\n" not in str(caught.value) and "pip install torchvision" in str(caught.value)


@pytest.fixture(scope="module")
def models() -> ModuleType:
    try:
        return importlib.import_module("torchvision.models")
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"no torchvision that fits this torch: {error}")


def test_an_unknown_model_is_refused_with_the_known_ones(models: ModuleType) -> None:
    with pytest.raises(ConfigurationError, match=MODEL):
        create_detector("torchvision=resnet50")


@pytest.mark.slow
@pytest.mark.parametrize("name", [MODEL, "maskrcnn_resnet50_fpn", "ssdlite320_mobilenet_v3_large"])
def test_real_models_with_random_weights(models: ModuleType, name: str) -> None:
    categories = models.get_model_weights(name).DEFAULT.meta["categories"]
    torch.manual_seed(0)
    model = models.get_model(name, weights=None, weights_backbone=None).eval()
    for parameter in model.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)
    detector = ClosedSet(model, categories, torch.device("cpu"))
    names = [each for each in categories if each not in ("__background__", "N/A")]
    assert len(names) == 80 and len(classes_of(names, categories)) == 80
    frame = np.random.default_rng(0).integers(0, 256, (96, 128, 3)).astype(np.uint8)
    for found in detector.detect(frame, names):
        assert found.label in names and 0 <= found.score <= 1
        assert isinstance(found.region, Mask if "mask" in name else Box)
