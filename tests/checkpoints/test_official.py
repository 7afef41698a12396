"""Every official configuration, loaded strictly from a file that the installed sam2 wrote.

The official weights couldn't be fetched where this was written; files of the same form and the same
architecture, with random numbers, stand in for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from sam2.build_sam import build_sam2, build_sam2_video_predictor
from torch import nn

from samurai.errors import CheckpointError
from samurai.models.checkpoints import load_model, model_card

OFFICIAL = ("tiny", "small", "base_plus", "large")

Writer = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _hydra_for_sam2() -> Iterator[None]:
    """sam2's own builders compose, which samurai's import leaves to who wants it."""
    if GlobalHydra.instance().is_initialized():  # sam2 was imported by another test, not by us
        yield
        return
    with initialize_config_module("sam2", version_base="1.2"):
        yield


@pytest.fixture()
def write_checkpoint(tmp_path: Path) -> Iterator[Writer]:
    """Writes a file as Meta does, from the model that the installed sam2 builds of that size."""
    written = []

    def write(name: str) -> Path:
        card = model_card(name)
        torch.manual_seed(0)
        model = build_sam2(
            f"configs/{card.configuration}",
            ckpt_path=None,
            device="cpu",
            apply_postprocessing=False,
        )
        path = tmp_path / card.file
        torch.save({"model": model.state_dict()}, path)
        written.append(path)
        return path

    yield write
    for path in written:
        path.unlink()  # up to 0.9 GB, which pytest would keep for three runs


def settings_of(model: nn.Module) -> dict[str, dict[str, Any]]:
    """What every part of the model keeps beside parameters: numbers, flags, strings, tensors."""
    simple = (int, float, bool, str, type(None))
    settings: dict[str, dict[str, Any]] = {}
    for name, part in model.named_modules():
        kept = settings[name] = {}
        for key, value in {**vars(part), **dict(part.named_buffers(recurse=False))}.items():
            if isinstance(value, simple):
                kept[key] = value
            elif isinstance(value, torch.Tensor):
                kept[key] = value.numpy(force=True).tobytes()
    return settings


@pytest.mark.parametrize("name", OFFICIAL)
def test_strict_loading(name: str, write_checkpoint: Writer) -> None:
    path = write_checkpoint(name)
    loaded = load_model(model_card(name), path).state_dict()
    written = torch.load(path, weights_only=True, mmap=True)["model"]
    assert loaded.keys() == written.keys()
    assert all(torch.equal(loaded[key], tensor) for key, tensor in written.items())


def test_the_model_is_the_one_that_sam2_builds(write_checkpoint: Writer) -> None:
    """Part by part the same settings as the video predictor's own, and the same features."""
    card = model_card("tiny")
    path = write_checkpoint("tiny")
    ours = load_model(card, path)
    theirs = build_sam2_video_predictor(
        f"configs/{card.configuration}", ckpt_path=str(path), device="cpu"
    )
    mine, reference = settings_of(ours), settings_of(theirs)
    predictor_only = {"fill_hole_area", "non_overlap_masks", "clear_non_cond_mem_around_input"}
    predictor_only |= {"add_all_frames_to_correct_as_cond"}
    for key in predictor_only:
        assert key not in mine[""]
        del reference[""][key]
    # done by our own network, which knows which frames were prompted by points
    assert reference[""].pop("binarize_mask_from_pts_for_mem_enc") is True
    assert mine[""].pop("binarize_mask_from_pts_for_mem_enc") is False
    assert mine == reference
    image = torch.randn(1, 3, 256, 256)
    with torch.inference_mode():
        ours_sees, theirs_sees = (m.forward_image(image)["backbone_fpn"] for m in (ours, theirs))
    assert all(torch.equal(a, b) for a, b in zip(ours_sees, theirs_sees, strict=True))


def test_a_size_mistaken_for_another(write_checkpoint: Writer) -> None:
    path = write_checkpoint("tiny")
    with pytest.raises(CheckpointError, match=r"missing \(image_encoder\.trunk\.blocks\.12"):
        load_model(model_card("small"), path)
    with pytest.raises(CheckpointError, match="of another shape"):
        load_model(model_card("base_plus"), path)
