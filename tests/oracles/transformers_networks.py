"""Small video networks of transformers with random weights, and runs beside their own sessions."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from samurai.core.preprocess import network_input
from samurai.core.prompting import PromptDecoder, _square_mask
from samurai.networks.base import VideoNetwork
from samurai.networks.transformers_video.installed import InstalledSession
from samurai.policies.base import PolicyRequirements
from samurai.regions import Box, Mask, Region

Frames = Sequence[NDArray[np.uint8]]

CHANNELS = 128
"""Of the small networks' features: pointers split into two memory tokens of 64."""

WIDENED = {
    "mask_decoder": 3.0,
    "memory_attention": 2.0,
    "memory_encoder": 2.0,
    "object_pointer_proj": 6.0,
    "temporal_positional_encoding_projection_layer": 30.0,
}
"""Standard deviations of noise on top of fresh weights, see `small_networks.WIDENED`."""

SHARED: dict[str, Any] = {
    "memory_attention_hidden_size": CHANNELS,
    "memory_attention_num_layers": 2,
    "memory_encoder_hidden_size": CHANNELS,
    "mask_downsampler_embed_dim": CHANNELS,
    "memory_fuser_embed_dim": CHANNELS,
    "memory_fuser_intermediate_dim": 64,
}
DECODER = {"hidden_size": CHANNELS, "mlp_dim": 64, "iou_head_hidden_dim": 32}


def sam3_model(size: int = 112, seed: int = 2, object_bias: float = 1.0) -> Any:
    """A `Sam3TrackerVideoModel` with every part of the real one, patches of 14 pixels included.

    `object_bias` shifts the logit of "the object is visible".
    """
    from transformers import Sam3TrackerVideoConfig, Sam3TrackerVideoModel

    backbone = {
        "model_type": "sam3_vit_model",
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "window_size": 4,
        "global_attn_indexes": [1],
        "image_size": size,
        "pretrain_image_size": 56,
    }
    vision = {
        "model_type": "sam3_vision_model",
        "fpn_hidden_size": CHANNELS,
        "backbone_config": backbone,
    }
    config = Sam3TrackerVideoConfig(
        vision_config=vision,
        prompt_encoder_config={"hidden_size": CHANNELS, "image_size": size},
        mask_decoder_config=DECODER,
        memory_attention_feed_forward_hidden_size=256,
        image_size=size,
        **SHARED,
    )
    torch.manual_seed(seed)
    return randomized(Sam3TrackerVideoModel(config).eval(), seed, object_bias)


def edgetam_model(size: int = 128, seed: int = 3, object_bias: float = 1.0) -> Any:
    """An `EdgeTamVideoModel` with every part of the real one but the image encoder, which needs
    timm: a small Hiera stands in. 16 memory tokens have no place, 16 lie on a grid of 4 x 4."""
    hiera = {
        "model_type": "sam2_hiera_det_model",
        "hidden_size": 16,
        "image_size": [size, size],
        "blocks_per_stage": [1, 1, 2, 1],
        "embed_dim_per_stage": [16, 32, 64, 128],
        "num_attention_heads_per_stage": [1, 2, 4, 8],
        "global_attention_blocks": [3],
        "window_size_per_stage": [8, 4, 8, 4],
    }
    vision = {
        "model_type": "sam2_vision_model",
        "backbone_channel_list": [128, 64, 32, 16],
        "backbone_config": hiera,
    }
    return _edgetam_model(vision, size, seed, object_bias, grid=4)


def repvit_edgetam_model(size: int = 256, seed: int = 1) -> Any:
    """The same with the image encoder and the 512 memory tokens of the real one; needs timm."""
    repvit = {
        "model_type": "timm_wrapper",
        "architecture": "repvit_m1",
        "num_classes": 1000,
        "model_args": {"in_chans": 3, "features_only": True, "out_indices": [0, 1, 2, 3]},
    }
    vision = {"model_type": "edgetam_vision_model", "backbone_config": repvit}
    return _edgetam_model(vision, size, seed, object_bias=1.0, grid=16)


def _edgetam_model(
    vision: dict[str, Any], size: int, seed: int, object_bias: float, grid: int
) -> Any:
    from transformers import EdgeTamVideoConfig, EdgeTamVideoModel

    side = size // 16
    sides = [[4 * side] * 2, [2 * side] * 2, [side] * 2]
    config = EdgeTamVideoConfig(
        vision_config={
            **vision,
            "fpn_hidden_size": CHANNELS,
            "backbone_feature_sizes": sides,
        },
        image_size=size,
        prompt_encoder_config={"hidden_size": CHANNELS, "image_size": size},
        mask_decoder_config=DECODER,
        memory_attention_mlp_hidden_size=256,
        memory_attention_rope_feat_sizes=[side, side],
        memory_attention_rope_k_sizes=[grid, grid],
        perceiver_resampler_num_latents=grid**2,
        perceiver_resampler_num_latents_2d=grid**2,
        enable_temporal_pos_encoding_for_object_pointers=False,
        enable_occlusion_spatial_embedding=False,
        **SHARED,
    )
    torch.manual_seed(seed)
    return randomized(EdgeTamVideoModel(config).eval(), seed, object_bias)


def sam3_video_model() -> Any:
    """A small `Sam3VideoModel`, the detector and the tracker, as facebook/sam3 has them."""
    from transformers import Sam3VideoConfig, Sam3VideoModel

    tracker = sam3_model().config
    detector = {
        "vision_config": tracker.vision_config.to_dict(),
        "text_config": {
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "projection_dim": 32,
            "vocab_size": 64,
        },
        **{
            f"{part}_config": {"hidden_size": CHANNELS, "num_layers": 1, "intermediate_size": 32}
            for part in ("geometry_encoder", "detr_encoder", "detr_decoder")
        },
        "mask_decoder_config": {"hidden_size": CHANNELS},
    }
    torch.manual_seed(0)
    config = Sam3VideoConfig(detector_config=detector, tracker_config=tracker.to_dict())
    return Sam3VideoModel(config).eval()


def randomized(model: Any, seed: int, object_bias: float) -> Any:
    """Fresh weights made lively; parameters that begin as zeros get values too."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            width = WIDENED.get(name.split(".")[0], 0.0)
            noise = torch.randn(parameter.shape, generator=generator)
            if not parameter.any() and parameter.ndim > 1:
                parameter.add_(0.1 * noise)
            elif width and parameter.ndim > 1 and "embed" not in name:
                parameter.add_(noise * parameter.std() * width)
            elif name.endswith("scale"):
                parameter.add_(0.1 * noise)
        model.mask_decoder.pred_obj_score_head.proj_out.bias.fill_(object_bias)
    return model


def centered_scores(network_of: Any, model: Any, frames: Frames) -> Any:
    """The model with the bias of its object score such that the object comes and goes."""
    size = (frames[0].shape[0], frames[0].shape[1])
    bias = model.mask_decoder.pred_obj_score_head.proj_out.bias
    region = Box(size[1] / 4, size[0] / 3, size[1] / 4, size[0] / 4)
    for _ in range(3):
        installed = InstalledSession(model, size)
        installed_logits(network_of(model), installed, frames, [region])
        outputs = installed.state.output_dict_per_obj[0]["non_cond_frame_outputs"].values()
        scores = torch.cat([each["object_score_logits"].flatten() for each in outputs])
        with torch.no_grad():
            bias.sub_(scores.mean())
    return model


def installed_logits(
    network: VideoNetwork, installed: InstalledSession, frames: Frames, regions: Sequence[Region]
) -> list[NDArray[np.float32]]:
    """Mask logits (objects, L, L) of the model's own session, frame by frame, from the pixels and
    prompts that ours gets."""
    size = (frames[0].shape[0], frames[0].shape[1])
    decoder = PromptDecoder(network, "points", PolicyRequirements(maps=1, pointers=1))
    for number, region in enumerate(regions):
        if isinstance(region, Mask):
            installed.add_mask(number, _square_mask(region.array, network))
        else:
            installed.add_points(number, *decoder._points(region, size))
    return [installed.step(network_input(f, None, network)).numpy() for f in frames]


def at_frame_size(logits: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Mask logits (objects, L, L) resized to frames of that size."""
    tensor = torch.from_numpy(logits)[:, None]
    resized: NDArray[np.float32] = F.interpolate(
        tensor, size, mode="bilinear", align_corners=False
    )[:, 0].numpy()
    return resized


def held_bytes(state: Any) -> int:
    """Bytes of all tensors that a session's state reaches."""
    seen: dict[int, int] = {}
    reached: dict[int, Any] = {}  # with the values: the id of one that is gone is given out again

    def visit(value: Any) -> None:
        if id(value) in reached:
            return
        reached[id(value)] = value
        if isinstance(value, torch.Tensor):
            storage = value.untyped_storage()
            seen[storage.data_ptr()] = storage.nbytes()
        elif isinstance(value, Mapping):
            visit(list(value.values()))
        elif isinstance(value, list | tuple | set | deque):
            for each in value:
                visit(each)
        elif type(value).__module__.startswith("samurai.core"):
            visit(getattr(value, "__dict__", {}))

    visit(state)
    return sum(seen.values())
