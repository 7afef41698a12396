"""Every official configuration beside what the installed sam2 makes of it.

The official weights couldn't be fetched where this was written; files of the same form and the same
architecture, with random numbers, stand in for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from oracles.tiers import quick
from sam2.build_sam import build_sam2, build_sam2_video_predictor
from torch import nn

from samurai.errors import CheckpointError
from samurai.models.checkpoints import configuration_path, load_model, model_card
from samurai.networks.sam2.build import build_model

OFFICIAL = ("tiny", "small", "base_plus", "large")


@contextmanager
def hydra_for_sam2() -> Iterator[None]:
    """sam2's own builders compose, which samurai's import leaves to who wants it."""
    if GlobalHydra.instance().is_initialized():  # sam2 was imported by another test, not by us
        yield
        return
    with initialize_config_module("sam2", version_base="1.2"):
        yield


@pytest.fixture(autouse=True)
def _hydra_for_sam2() -> Iterator[None]:
    with hydra_for_sam2():
        yield


@pytest.fixture(scope="module")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file as Meta writes it, from the tiny model that the installed sam2 builds."""
    card = model_card("tiny")
    torch.manual_seed(0)
    with hydra_for_sam2():
        model = build_sam2(
            f"configs/{card.configuration}",
            ckpt_path=None,
            device="cpu",
            apply_postprocessing=False,
        )
    path = tmp_path_factory.mktemp("official") / card.file
    torch.save({"model": model.state_dict()}, path)
    yield path
    path.unlink()  # 150 MB, which pytest would keep for three runs


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


@pytest.mark.parametrize("name", quick(OFFICIAL, "tiny", "small"))
def test_every_size_has_the_weights_that_sam2_gives_it(name: str) -> None:
    card = model_card(name)
    configuration = f"configs/{card.configuration}"
    theirs = build_sam2(configuration, ckpt_path=None, device="cpu", apply_postprocessing=False)
    ours = build_model(configuration_path(card))
    shapes = [
        {key: (tensor.shape, tensor.dtype) for key, tensor in model.state_dict().items()}
        for model in (ours, theirs)
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.slow
def test_the_model_is_the_one_that_sam2_builds(tiny_file: Path) -> None:
    """Part by part the same settings as the video predictor's own, and the same features."""
    card = model_card("tiny")
    ours = load_model(card, tiny_file)
    theirs = build_sam2_video_predictor(
        f"configs/{card.configuration}", ckpt_path=str(tiny_file), device="cpu"
    )
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    for key, tensor in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[key], tensor), key
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
    with pytest.raises(CheckpointError, match=r"missing \(image_encoder\.trunk\.blocks\.12"):
        load_model(model_card("small"), tiny_file)
    image = torch.randn(1, 3, 256, 256)
    with torch.inference_mode():
        ours_sees, theirs_sees = (m.forward_image(image)["backbone_fpn"] for m in (ours, theirs))
    assert all(torch.equal(a, b) for a, b in zip(ours_sees, theirs_sees, strict=True))
