"""Grounding DINO and OWLv2, by transformers' own classes: whatever words describe.

Weights come from a folder in Hugging Face's layout, or from the hub; those in its cache are used as
they are, without a network. Neither model has been run with its published weights where this was
written; tests run both with random ones.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from samurai.discovery.detectors.base import Detection, Frame
from samurai.discovery.detectors.checking import cause
from samurai.errors import CheckpointError, DependencyError
from samurai.networks.transformers_video.dependency import remedy_for, transformers_classes
from samurai.regions import Box

EXTRA = "text"

FLOOR = 0.01
"""Lower scores aren't answered."""

_FILES = ("*.json", "*.txt", "model.safetensors")
_PROBE = "model.safetensors"
_TOKENIZERS = (("tokenizer.json",), ("vocab.txt",), ("vocab.json", "merges.txt"))
"""Files that hold one. Without any, transformers makes one that knows no word."""


@dataclass(frozen=True)
class _Kind:
    """A model of transformers.

    Attributes:
        name: of the detector.
        title: of the model, in messages.
        model_types: in its config.json.
        published: on the hub, where the user names nothing else.
        packages: other packages that it needs.
    """

    name: str
    title: str
    model_types: tuple[str, ...]
    published: str
    packages: tuple[str, ...] = ()


GROUNDING_DINO = _Kind(
    "grounding-dino",
    "Grounding DINO",
    ("grounding-dino", "mm-grounding-dino"),
    "IDEA-Research/grounding-dino-tiny",
)
OWLV2 = _Kind("owlv2", "OWLv2", ("owlv2",), "google/owlv2-base-patch16-ensemble", ("scipy",))


class _Prepared:
    """A model of transformers with what prepares its inputs.

    Args:
        processor, model: of transformers; the model in evaluation mode, on `device`.
    """

    def __init__(self, processor: Any, model: Any, device: Any) -> None:
        self._processor, self._model, self._device = processor, model, device

    def close(self) -> None:
        """See `Detector.close`."""
        self._processor = self._model = None


class GroundingDino(_Prepared):
    """Grounding DINO (arXiv 2303.05499), asked for all words at once.

    A query of the model belongs to the word whose tokens it fits best, and its score is that of the
    best of these tokens. The processor's labels, of all tokens above a threshold, aren't used: they
    join words, and cut them.
    """

    threshold = 0.25
    """Of transformers' processor."""

    def detect(self, frame: Frame, words: Sequence[str]) -> list[Detection]:
        """See `Detector.detect`."""
        import torch

        found: list[Detection] = []
        with torch.inference_mode():
            for group in self._groups(words):
                found += self._detect(frame, group)
        return found

    def _groups(self, words: Sequence[str]) -> Iterator[list[str]]:
        """The words, as many at once as the model reads."""
        group: list[str] = []
        room = limit = self._model.config.max_text_len - 2
        for word in words:
            text = f"{_without_stops(word)}."
            tokens = len(self._processor.tokenizer(text, add_special_tokens=False).input_ids)
            if group and tokens > room:
                yield group
                group, room = [], limit
            group.append(word)
            room -= tokens
        yield group

    def _detect(self, frame: Frame, words: Sequence[str]) -> list[Detection]:
        text = " ".join(f"{_without_stops(word)}." for word in words)
        given = {"images": _picture(frame), "text": text, "return_tensors": "pt"}
        inputs = self._processor(**given).to(self._device)
        outputs = self._model(**inputs)
        logits, boxes = outputs.logits[0], outputs.pred_boxes[0]
        spans = self._spans(inputs.input_ids[0].tolist())
        import torch

        best = torch.stack([logits[:, span].amax(dim=1) for span in spans]).argmax(dim=0)
        found: list[Detection] = []
        for place, (word, span) in enumerate(zip(words, spans, strict=True)):
            mine = best == place
            of_word = SimpleNamespace(
                logits=logits[mine][None, :, span], pred_boxes=boxes[mine][None]
            )
            (result,) = self._processor.post_process_grounded_object_detection(
                of_word,
                inputs.input_ids,
                threshold=FLOOR,
                text_threshold=1.0,
                target_sizes=[frame.shape[:2]],
            )
            found += _detections([word] * len(result["scores"]), result)
        return found

    def _spans(self, tokens: list[int]) -> list[slice]:
        """Where the tokens of each word are, between the full stops."""
        stop = self._processor.tokenizer.convert_tokens_to_ids(".")
        spans, start = [], 1
        for place, token in enumerate(tokens):
            if token == stop:
                spans.append(slice(start, place))
                start = place + 1
        return spans


class Owlv2(_Prepared):
    """OWLv2 (arXiv 2306.09683), asked for "a photo of a ..." of every word."""

    threshold = 0.1
    """Of transformers' processor."""

    def detect(self, frame: Frame, words: Sequence[str]) -> list[Detection]:
        """See `Detector.detect`. What doesn't fit into the model's 16 tokens isn't read."""
        import torch

        inputs = self._processor(
            text=[[f"a photo of a {word}" for word in words]],
            images=_picture(frame),
            return_tensors="pt",
            truncation=True,
            max_length=self._model.config.text_config.max_position_embeddings,
        ).to(self._device)
        with torch.inference_mode():
            outputs = self._model(**inputs)
        (result,) = self._processor.post_process_grounded_object_detection(
            outputs,
            threshold=FLOOR,
            target_sizes=[frame.shape[:2]],
            text_labels=[list(words)],
        )
        return _detections(result["text_labels"], result)


def grounding_dino(option: str, device: str) -> GroundingDino:
    """Grounding DINO from a folder or the hub; nothing given: the published `tiny`.

    Raises:
        DependencyError: the extra `text` isn't installed.
        CheckpointError: the weights are missing or damaged.
        ConfigurationError: an unknown device.
    """
    return GroundingDino(*_loaded(GROUNDING_DINO, option, device))


def owlv2(option: str, device: str) -> Owlv2:
    """OWLv2 from a folder or the hub; nothing given: the published `base`.

    Raises:
        DependencyError: the extra `text` isn't installed.
        CheckpointError: the weights are missing or damaged.
        ConfigurationError: an unknown device.
    """
    return Owlv2(*_loaded(OWLV2, option, device))


def _loaded(kind: _Kind, option: str, device: str) -> tuple[Any, Any, Any]:
    """Processor, model and device."""
    _require_fitting_torchvision(kind)
    classes = ("AutoProcessor", "AutoModelForZeroShotObjectDetection")
    auto_processor, auto_model = transformers_classes(classes, EXTRA, kind.packages, kind.title)
    from samurai.networks.transformers_video.loading import load_pretrained
    from samurai.runtime.device import resolve_device

    chosen = resolve_device(device)
    place = option or kind.published
    folder = _folder(kind, place)
    try:
        _require_tokenizer(folder)
        model = load_pretrained(auto_model, folder, kind.model_types, kind.title)
        processor = auto_processor.from_pretrained(folder, local_files_only=True)
    except CheckpointError as error:
        raise CheckpointError(f"{error}. {_remedy(kind, place)}") from error
    except ImportError as error:  # its image processor needs a package more
        raise DependencyError(
            f"{kind.title} can't prepare pictures ({cause(error)}): {remedy_for(EXTRA)}"
        ) from error
    except Exception as error:  # damaged files make its readers raise nearly anything
        raise CheckpointError(
            f"the processor of {kind.title} can't be loaded from {folder} ({cause(error)}). "
            f"{_remedy(kind, place)}"
        ) from error
    return processor, model.to(chosen), chosen


def _folder(kind: _Kind, place: str) -> Path:
    """Where the files are on this machine, downloaded if they aren't."""
    folder = Path(place).expanduser()
    if folder.is_dir():
        return folder
    if not re.fullmatch(r"\w[\w.-]*/[\w.-]+", place):
        raise CheckpointError(f"there is no folder {folder}. {_remedy(kind, kind.published)}")
    from huggingface_hub import snapshot_download

    try:
        cached = Path(snapshot_download(place, allow_patterns=_FILES, local_files_only=True))
        if (cached / _PROBE).is_file():
            return cached
    except Exception:  # isn't in the cache, or not whole
        pass
    try:
        return Path(snapshot_download(place, allow_patterns=_FILES))
    except Exception as error:  # of many kinds: no network, offline mode, no such repository
        raise CheckpointError(
            f"the weights {place} aren't here and can't be downloaded ({cause(error)}). "
            f"{_remedy(kind, place)}"
        ) from error


def _require_fitting_torchvision(kind: _Kind) -> None:
    """Transformers imports a torchvision that is there, and does without one that isn't."""
    if importlib.util.find_spec("torchvision") is None:
        return
    try:
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError) as error:
        raise DependencyError(
            f"{kind.title} can't be loaded beside a torchvision that doesn't fit this torch "
            f"({cause(error)}). Remedy: `pip uninstall torchvision`, or install it from the index "
            "that torch came from"
        ) from error


def _require_tokenizer(folder: Path) -> None:
    if not any(all((folder / name).is_file() for name in names) for names in _TOKENIZERS):
        known = " or ".join(" with ".join(names) for names in _TOKENIZERS)
        raise CheckpointError(f"there is no tokenizer in {folder} ({known})")


def _remedy(kind: _Kind, place: str) -> str:
    published = kind.published if Path(place).expanduser().is_dir() else place
    return (
        f"Remedy: `hf download {published} --local-dir FOLDER` on a machine with a network, then "
        f"name {kind.name}=FOLDER"
    )


def _picture(frame: Frame) -> Any:
    """A picture of Pillow, whose channels nobody needs to guess."""
    from PIL import Image

    return Image.fromarray(frame)


def _without_stops(word: str) -> str:
    """A word in lower case, as the model was trained, without what separates words for it."""
    return " ".join(re.sub(r"[.?]", " ", word).split()).lower()


def _detections(labels: Sequence[str], result: Any) -> list[Detection]:
    corners = result["boxes"].float().cpu().tolist()
    scores = result["scores"].float().cpu().tolist()
    return [
        Detection(label, score, Box(left, top, right - left, bottom - top))
        for label, score, (left, top, right, bottom) in zip(labels, scores, corners, strict=True)
    ]
