"""In which precision weights may be stored: any that float32 can stand for, and nothing else."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from samurai.errors import CheckpointError
from samurai.models.checkpoints import load_model
from samurai.models.manifest import ModelCard

CardMaker = Callable[..., ModelCard]
KEY = "maskmem_tpos_enc"


@pytest.fixture()
def weights(micro_checkpoint: bytes) -> dict[str, Tensor]:
    return dict(torch.load(io.BytesIO(micro_checkpoint), weights_only=True)["model"])


def written(weights: dict[str, Tensor], path: Path) -> Path:
    if path.suffix == ".pt":
        torch.save({"model": weights}, path)
    else:
        save_file(weights, path)
    return path


@pytest.mark.parametrize("file", ["weights.pt", "weights.safetensors"])
def test_a_stored_precision_is_float32_in_memory(
    micro_card: CardMaker, weights: dict[str, Tensor], tmp_path: Path, file: str
) -> None:
    for dtype in (torch.bfloat16, torch.float16, torch.float32, torch.float64):
        stored = {key: value.to(dtype) for key, value in weights.items()}
        path = written(stored, tmp_path / file)
        loaded = load_model(micro_card(file=file), path).state_dict()
        assert {value.dtype for value in loaded.values()} == {torch.float32}
        assert all(torch.equal(loaded[key], value.float()) for key, value in stored.items())


def test_a_quantized_checkpoint_is_refused(
    micro_card: CardMaker, weights: dict[str, Tensor], tmp_path: Path
) -> None:
    for dtype in (torch.int8, torch.uint8, torch.int64, torch.bool, torch.float8_e4m3fn):
        path = written(weights | {KEY: weights[KEY].to(dtype)}, tmp_path / "weights.safetensors")
        with pytest.raises(CheckpointError) as caught:
            load_model(micro_card(file=path.name), path)
        message = str(caught.value)
        assert KEY in message and str(dtype) in message and "\n" not in message


def test_weights_that_are_no_finite_numbers_are_refused(
    micro_card: CardMaker, weights: dict[str, Tensor], tmp_path: Path
) -> None:
    value = weights[KEY]
    for spoiled in (
        value.to(torch.complex64),
        value.to_sparse(),
        value.to("meta"),
        torch.full_like(value, torch.nan),
        torch.full_like(value, -torch.inf),
        value.double() * 0 + 1e300,  # beyond float32
    ):
        path = written(weights | {KEY: spoiled}, tmp_path / "weights.pt")
        with pytest.raises(CheckpointError, match=KEY) as caught:
            load_model(micro_card(), path)
        assert "samurai download micro" in str(caught.value)
