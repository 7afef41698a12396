"""Detectors of torchvision: the classes of COCO, and no other words.

torchvision must be made for the installed build of torch. Its models haven't been run with their
published weights where this was written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from samurai.discovery.detectors.base import Detection, Frame
from samurai.discovery.detectors.checking import cause
from samurai.discovery.detectors.words import word_key
from samurai.errors import CheckpointError, ConfigurationError, DependencyError, PromptError
from samurai.regions import Box, Mask
from samurai.spelling import did_you_mean

MODEL = "fasterrcnn_resnet50_fpn_v2"

_NO_CLASSES = ("__background__", "N/A", "no person")


class ClosedSet:
    """A detector of torchvision.

    Args:
        model: in evaluation mode, on `device`.
        categories: names of its classes, in their order.
    """

    threshold = 0.5

    def __init__(self, model: Any, categories: Sequence[str], device: Any) -> None:
        self._model, self._categories, self._device = model, tuple(categories), device

    def check_words(self, words: Sequence[str]) -> None:
        """Raise PromptError unless every word is a class."""
        classes_of(words, self._categories)

    def detect(self, frame: Frame, words: Sequence[str]) -> list[Detection]:
        """See `Detector.detect`.

        Raises:
            PromptError: a word isn't a class.
        """
        import torch

        wanted = classes_of(words, self._categories)
        picture = torch.from_numpy(frame).to(self._device).permute(2, 0, 1).float() / 255
        with torch.inference_mode():
            (output,) = self._model([picture])
        return detections_of(output, wanted)

    def close(self) -> None:
        """See `Detector.close`."""
        self._model = None


def classes_of(words: Sequence[str], categories: Sequence[str]) -> dict[int, str]:
    """Which classes words mean: their names, or these with an s or es, in any case.

    Args:
        categories: names of classes, in their order.

    Returns:
        Words by the numbers of their classes. Of two words for one class the first counts.

    Raises:
        PromptError: a word isn't a class; the message lists all classes.
    """
    names = [each for each in categories if each not in _NO_CLASSES]
    known: dict[str, int] = {}
    for ending in ("", "s", "es"):  # a class's own name goes before another one's plural
        for name in names:
            known.setdefault(word_key(name) + ending, categories.index(name))
    wanted: dict[int, str] = {}
    for word in words:
        number = known.get(word_key(word))
        if number is None:
            raise PromptError(
                f"the detector doesn't know {word!r}{did_you_mean(word_key(word), names)}. Remedy: "
                f"choose another detector, or among its classes: {', '.join(names)}"
            )
        wanted.setdefault(number, word)
    return wanted


def detections_of(output: Mapping[str, Any], wanted: Mapping[int, str]) -> list[Detection]:
    """What a model of torchvision answers, without other classes.

    Args:
        output: `boxes` (N, 4) corners, `labels` (N,), `scores` (N,) and, of some models, `masks`
            (N, 1, H, W), from 0 to 1.
        wanted: words by the numbers of their classes.
    """
    labels, scores = output["labels"].tolist(), output["scores"].tolist()
    found = []
    for place, corners in enumerate(output["boxes"].tolist()):
        if labels[place] in wanted:
            left, top, right, bottom = corners
            region: Box | Mask = Box(left, top, right - left, bottom - top)
            if "masks" in output:
                region = Mask(output["masks"][place, 0] > 0.5)
            found.append(Detection(wanted[labels[place]], scores[place], region))
    return found


def create(option: str, device: str) -> ClosedSet:
    """A detector of torchvision with its published weights, from torch's cache or the network.

    Args:
        option: the name of the model; empty: `MODEL`.
        device: auto, cpu, cuda, cuda:N or mps.

    Raises:
        DependencyError: torchvision isn't installed, or doesn't fit torch.
        ConfigurationError: an unknown model or device.
        CheckpointError: the weights can't be had.
    """
    try:
        models = import_module("torchvision.models")
    except (ImportError, RuntimeError) as error:
        raise DependencyError(
            f"detector 'torchvision' needs a torchvision that fits this torch ({cause(error)}). "
            "Remedy: `pip install torchvision` from the index that torch came from, or in a clone "
            "`make setup EXTRAS=raft`"
        ) from error
    import torch

    from samurai.runtime.device import resolve_device

    chosen = resolve_device(device)
    name = option or MODEL
    names = models.list_models(module=models.detection)
    if name not in names:
        raise ConfigurationError(
            f"torchvision has no detector {name!r}{did_you_mean(name, names)}: choose one of "
            f"{', '.join(names)}"
        )
    weights = models.get_model_weights(name).DEFAULT
    try:
        model = models.get_model(name, weights=weights, progress=False)
    except (OSError, RuntimeError) as error:  # no network; a damaged file
        raise CheckpointError(
            f"the weights of {name} can't be had ({cause(error)}). Remedy: put the file of "
            f"{weights.url} into {torch.hub.get_dir()}/checkpoints"
        ) from error
    return ClosedSet(model.to(chosen).eval(), weights.meta["categories"], chosen)
