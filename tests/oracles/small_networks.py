"""Small SAM 2.1 networks with random weights and a video; fixtures that conftest files import."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from numpy.typing import NDArray
from omegaconf import OmegaConf
from PIL import Image

import sam2
from sam2 import sam2_video_predictor
from samurai.networks.sam2 import network as sam2_network

CONFIGURATIONS = Path(sam2.__file__).parent / "configs" / "sam2.1"

POSTPROCESSING = {
    "binarize_mask_from_pts_for_mem_enc": True,
    "sam_mask_decoder_extra_args": {
        "dynamic_multimask_via_stability": True,
        "dynamic_multimask_stability_delta": 0.05,
        "dynamic_multimask_stability_thresh": 0.98,
    },
}
"""What `build_sam2_video_predictor` sets (without hole filling, which needs a CUDA extension)."""

CHANNELS = 128
"""Of the small network's features: pointers split into two memory tokens of 64."""

SMALL: dict[str, Any] = {
    "image_encoder": {
        "trunk": {
            "embed_dim": 16,
            "num_heads": 1,
            "stages": [1, 1, 2, 1],
            "global_att_blocks": [3],
            "window_spec": [8, 4, 8, 4],
        },
        "neck": {
            "backbone_channel_list": [128, 64, 32, 16],
            "d_model": CHANNELS,
            "position_encoding": {"num_pos_feats": CHANNELS},
        },
    },
    "memory_attention": {
        "d_model": CHANNELS,
        "num_layers": 2,
        "layer": {
            "d_model": CHANNELS,
            "dim_feedforward": 256,
            "self_attention": {"embedding_dim": CHANNELS},
            "cross_attention": {"embedding_dim": CHANNELS},
        },
    },
    "memory_encoder": {
        "in_dim": CHANNELS,
        "mask_downsampler": {"embed_dim": CHANNELS},
        "fuser": {"layer": {"dim": CHANNELS}},
    },
}
"""A SAM 2.1 with every part of the official ones, small enough for many frames a second."""


@pytest.fixture(scope="module", autouse=True)
def few_threads() -> Iterator[None]:
    """These networks are too small to share out, and a second thread only waits; `make test-cpus`
    has more of them all the same."""
    before = torch.get_num_threads()
    torch.set_num_threads(int(os.environ.get("TEST_THREADS", "1")))
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Random numbers are the same in whatever order the tests run."""
    torch.manual_seed(0)


WIDENED = {"sam_mask_decoder": 3.0, "memory_attention": 2.0, "memory_encoder": 2.0}
"""How many standard deviations of noise are added to fresh weights.

Fresh weights answer with nearly constant masks and equal candidates; widened ones make masks that
move with the frame and the memory, three candidates that differ, and scores that cross thresholds.
"""


def random_predictor(
    size: int, seed: int, small: bool, object_bias: float = 0.0, architecture: str = "t"
) -> Any:
    """The installed `SAM2VideoPredictor` with random weights.

    `object_bias` shifts the logit of "the object is visible"; `architecture` is t, s, b+ or l.
    """
    file = CONFIGURATIONS / f"sam2.1_hiera_{architecture}.yaml"
    configuration = OmegaConf.load(file).model
    configuration._target_ = "sam2.sam2_video_predictor.SAM2VideoPredictor"
    configuration.image_size = size
    for attention in ("self_attention", "cross_attention"):
        configuration.memory_attention.layer[attention].feat_sizes = [size // 16, size // 16]
    overrides: dict[str, Any] = dict(POSTPROCESSING)
    if small:
        overrides |= SMALL
    torch.manual_seed(seed)
    model = instantiate(OmegaConf.merge(configuration, overrides), _recursive_=True).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            width = WIDENED.get(name.split(".")[0], 0.0)
            if width and parameter.ndim > 1 and "embed" not in name:
                noise = torch.randn(parameter.shape, generator=generator)
                parameter.add_(noise * parameter.std() * width)
        model.sam_mask_decoder.pred_obj_score_head.layers[2].bias.fill_(object_bias)
    return model


@pytest.fixture(scope="session")
def small_predictor() -> Any:
    """A 128-pixel network; one for the whole run, since all state is in sessions."""
    return random_predictor(128, seed=2, small=True, object_bias=1.0)


@pytest.fixture(scope="session")
def build_predictor() -> Callable[..., Any]:
    return random_predictor


def moving_video(length: int, size: tuple[int, int], seed: int = 0) -> list[NDArray[np.uint8]]:
    """RGB frames of a textured ellipse that moves over a textured ground."""
    height, width = size
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 255, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    ground = np.array(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    texture = random.integers(0, 255, (height, width, 3), dtype=np.uint8)
    y, x = np.mgrid[:height, :width]
    frames = []
    for t in range(length):
        center_x, center_y = width * (0.35 + 0.004 * t), height * (0.5 + 0.15 * np.sin(t / 7))
        inside = ((x - center_x) / 14) ** 2 + ((y - center_y) / 10) ** 2 < 1
        frames.append(np.where(inside[..., None], texture // 2 + 90, ground).astype(np.uint8))
    return frames


@pytest.fixture(scope="session")
def video() -> list[NDArray[np.uint8]]:
    return moving_video(48, (96, 128))


class _TorchWithFloat32Maps:
    """`torch` as a module sees it, with float32 under the name of bfloat16."""

    bfloat16 = torch.float32

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)


@pytest.fixture
def float32_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory maps in float32, in the tracker and in the installed predictor.

    Two computations that sum in another order (a batch and single objects, ours and a restatement)
    differ in the last bits. Maps stored in bfloat16 round such a difference up to 1/256 of a value,
    which these random weights amplify from frame to frame, on some CPUs more than on others.
    """
    monkeypatch.setattr(sam2_network, "MAP_DTYPE", torch.float32)
    monkeypatch.setattr(sam2_video_predictor, "torch", _TorchWithFloat32Maps())
