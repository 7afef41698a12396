"""Building and strict loading, of the bundled model and of damaged, foreign and hostile files."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra.core.global_hydra import GlobalHydra
from safetensors.torch import load_file, save_file

from samurai.errors import CheckpointError, ConfigurationError
from samurai.models.checkpoints import (
    checkpoint_path,
    configuration_path,
    load_model,
    model_card,
    verify,
)
from samurai.models.manifest import ModelCard
from samurai.networks.sam2.build import build_model

CardMaker = Callable[..., ModelCard]


def test_nano_is_half_precision_on_disk_and_float32_in_memory() -> None:
    card = model_card("nano")
    stored = load_file(checkpoint_path(card))
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    model = load_model(card)
    assert not model.training
    loaded = model.state_dict()
    assert {(t.dtype, t.device.type) for t in loaded.values()} == {(torch.float32, "cpu")}
    assert loaded.keys() == stored.keys()
    assert all(torch.equal(loaded[key], stored[key].float()) for key in stored)


def test_nano_is_what_its_model_card_says(repository: Path) -> None:
    model = load_model(model_card("nano"))
    parameters = sum(p.numel() for p in model.parameters())
    assert f"{parameters:,}" in (repository / "checkpoints" / "nano.md").read_text()
    assert model.image_size == 160
    assert model.hidden_dim == 128
    assert model.memory_attention.num_layers == 2
    assert model.multimask_max_pt_num == 2


def test_building_leaves_hydra_alone(micro: dict[str, Any]) -> None:
    """Neither needs Hydra's global state nor brings it about: another application may own it."""
    GlobalHydra.instance().clear()
    try:
        build_model(micro)
        assert not GlobalHydra.instance().is_initialized()
    finally:
        from hydra import initialize_config_module

        initialize_config_module("sam2", version_base="1.2")  # as importing sam2 had left it


def test_a_configuration_may_refuse_the_stability_fallback(micro: dict[str, Any]) -> None:
    assert build_model(micro).sam_mask_decoder.dynamic_multimask_via_stability is True
    without = {
        "model": micro["model"]
        | {"sam_mask_decoder_extra_args": {"dynamic_multimask_via_stability": False}}
    }
    assert build_model(without).sam_mask_decoder.dynamic_multimask_via_stability is False


def test_a_configuration_that_cannot_be_built(micro_card: CardMaker, tmp_path: Path) -> None:
    for configuration in (
        {},
        {"model": {"_target_": "sam2.modeling.sam2_base.NoSuchThing"}},
        {"model": {"_target_": "torch.nn.Identity"}},
        {"model": {"_target_": "sam2.modeling.sam2_base.SAM2Base", "image_size": 128}},
    ):
        with pytest.raises(ConfigurationError, match="mapping"):
            build_model(configuration)
    path = tmp_path / "broken.yaml"
    with pytest.raises(ConfigurationError, match=r"broken\.yaml"):
        build_model(path)
    for content in ("model: [1, 2\n", "- 1\n- 2\n", "just text\n", "a: ${b}\n", ""):
        path.write_text(content)
        with pytest.raises(ConfigurationError, match=r"broken\.yaml"):
            build_model(path)
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml"):
        configuration_path(micro_card(configuration="nowhere.yaml"))


def test_a_missing_file_is_downloaded_or_restored(tmp_path: Path) -> None:
    for name, remedy in (("tiny", "samurai download tiny"), ("nano", r"restore nano\.safetensors")):
        with pytest.raises(CheckpointError, match=remedy):
            load_model(model_card(name), tmp_path / "absent.safetensors")


@pytest.mark.parametrize("legacy", [False, True])
def test_both_of_torchs_file_formats(micro_card: CardMaker, tmp_path: Path, legacy: bool) -> None:
    source = build_model(Path(micro_card().configuration))
    path = tmp_path / "weights.pt"
    torch.save({"model": source.state_dict()}, path, _use_new_zipfile_serialization=not legacy)
    loaded = load_model(micro_card(), path).state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in source.state_dict().items())


def state(content: bytes, path: Path) -> dict[str, torch.Tensor]:
    path.write_bytes(content)
    return dict(torch.load(path, weights_only=True)["model"])


def test_differences_are_named(
    micro_card: CardMaker, micro_checkpoint: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "weights.pt"
    weights = state(micro_checkpoint, path)
    keys = list(weights)
    for key in keys[:5]:
        del weights[key]
    weights["stranger"] = torch.zeros(1)
    weights[keys[7]] = torch.zeros(3, 1, 4)
    torch.save({"model": weights}, path)
    with pytest.raises(CheckpointError) as caught:
        load_model(micro_card(), path)
    message = str(caught.value)
    assert f"5 missing ({keys[0]}, {keys[1]}, {keys[2]}, ...)" in message
    assert "1 unexpected (stranger)" in message
    assert f"1 of another shape ({keys[7]})" in message
    assert "run `samurai download micro`" in message
    assert "\n" not in message


def test_a_file_of_another_form(micro_card: CardMaker, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    foreign: list[Any] = [{}, {"model": 3}, {"model": {"a": 1}}, [1, 2], torch.zeros(2)]
    for content in foreign:
        torch.save(content, path)
        with pytest.raises(CheckpointError, match="'model'"):
            load_model(micro_card(), path)


class Hostile:
    """Unpickling it would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_code_in_a_checkpoint_does_not_run(micro_card: CardMaker, tmp_path: Path) -> None:
    path, trace = tmp_path / "weights.pt", tmp_path / "ran"
    torch.save({"model": {"weight": Hostile(trace)}}, path)
    with pytest.raises(CheckpointError, match="damaged or not a checkpoint") as caught:
        load_model(micro_card(), path)
    assert not trace.exists()
    assert "weights_only" not in str(caught.value), "torch's advice to load unsafely leaked"


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_truncated_files(
    micro_card: CardMaker, micro_checkpoint: bytes, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"weights{suffix}"
    content = micro_checkpoint
    if suffix == ".safetensors":
        save_file(state(micro_checkpoint, tmp_path / "weights.pt"), path)
        content = path.read_bytes()
    cuts = [0, 1, 7, 8, 9, 100, 10_000, len(content) // 2, len(content) - 1000, len(content) - 1]
    for cut in cuts:
        path.write_bytes(content[:cut])
        with pytest.raises(CheckpointError, match="damaged or not a checkpoint"):
            load_model(micro_card(file=path.name), path)


def test_overwritten_bytes_raise_nothing_but_our_error(
    micro_card: CardMaker, micro_checkpoint: bytes, tmp_path: Path
) -> None:
    """Mostly in the archive's directory and its pickle, where they hurt; a number changed inside
    a tensor goes unnoticed here, and is what `verify` is for."""
    path, dice, refused = tmp_path / "weights.pt", random.Random(0), 0
    size = len(micro_checkpoint)
    for case in range(40):
        content = bytearray(micro_checkpoint)
        where = dice.randrange(40_000) if case % 2 else size - 1 - dice.randrange(30_000)
        for offset in range(16):
            content[(where + offset) % size] = dice.randrange(256)
        path.write_bytes(content)
        try:
            load_model(micro_card(), path)
        except CheckpointError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 13


def test_verification_notices_one_changed_byte(
    micro_card: CardMaker, micro_checkpoint: bytes, tmp_path: Path
) -> None:
    content = bytearray(micro_checkpoint)
    content[len(content) // 2] ^= 0xFF
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    load_model(micro_card(), path)
    with pytest.raises(CheckpointError, match="damaged in its member"):
        verify(micro_card(), path)


def test_verification_compares_a_known_sha256(tmp_path: Path) -> None:
    card = model_card("nano")
    content = bytearray(checkpoint_path(card).read_bytes())
    content[-1] ^= 0x01
    path = tmp_path / card.file
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="sha256"):
        verify(card, path)
    verify(card, checkpoint_path(card))
