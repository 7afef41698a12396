"""transformers' Sam2Video, fed frame by frame.

The architecture of the variant's configuration with random weights of its own: transformers names
tensors differently, and time doesn't depend on them. Frames are read and resized by the tracker's
own functions, since transformers' processor needs torchvision.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from benchmarks.speed.errors import PeerAbsentError
from benchmarks.speed.peers.host import Frames, Opener, Task, host
from benchmarks.speed.variant import SEED, Variant
from samurai.core.preprocess import normalized, resized
from samurai.models.checkpoints import configuration_path
from samurai.networks.base import CORNER_LABELS
from samurai.networks.sam2.network import IMAGENET_MEAN, IMAGENET_STD
from samurai.video.images import read_frame


def prepare(options: dict[str, Any]) -> Opener:
    """A model of the variant's size."""
    from omegaconf import OmegaConf

    try:
        from transformers import Sam2VideoConfig, Sam2VideoModel
    except ImportError as error:
        raise PeerAbsentError(f"transformers can't be imported ({error})") from error
    variant = Variant(**options["variant"])
    encoder = OmegaConf.load(configuration_path(variant.card())).model.image_encoder
    if not encoder.trunk._target_.endswith(".Hiera"):
        raise PeerAbsentError(f"it knows no trunk but Hiera, and {variant.model} has another")
    torch.manual_seed(SEED)
    model = Sam2VideoModel(Sam2VideoConfig(vision_config=vision(encoder)))
    device = torch.device(options["device"])
    model = model.to(device, getattr(torch, options["dtype"])).eval()
    return lambda task: _video(model, device, task)


def vision(encoder: Any) -> dict[str, Any]:
    """The image encoder's part of transformers' configuration, from sam2's."""
    trunk, stages = encoder.trunk, len(encoder.trunk.stages)
    backbone: dict[str, Any] = {
        "model_type": "sam2_hiera_det_model",
        "hidden_size": trunk.embed_dim,
        "num_attention_heads": trunk.num_heads,
        "blocks_per_stage": list(trunk.stages),
        "embed_dim_per_stage": [trunk.embed_dim * 2**stage for stage in range(stages)],
        "num_attention_heads_per_stage": [trunk.num_heads * 2**stage for stage in range(stages)],
        "global_attention_blocks": list(trunk.global_att_blocks),
    }
    for theirs, ours in (
        ("window_size_per_stage", "window_spec"),
        ("window_positional_embedding_background_size", "window_pos_embed_bkg_spatial_size"),
    ):
        if ours in trunk:
            backbone[theirs] = list(trunk[ours])
    channels = list(encoder.neck.backbone_channel_list)
    return {"backbone_config": backbone, "backbone_channel_list": channels}


def _video(model: Any, device: torch.device, task: Task) -> Frames:
    session = _session(model, device, task)
    for path in sorted(Path(task.folder).glob("*.jpg")):
        yield partial(_frame, model, session, path, task.size)


def _session(model: Any, device: torch.device, task: Task) -> Any:
    """A session in which every object has its box in the first frame."""
    from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoInferenceSession

    width, height = task.size
    session = Sam2VideoInferenceSession(
        video_height=height,
        video_width=width,
        inference_device=device,
        inference_state_device=device,
        video_storage_device=device,
        dtype=model.dtype,
    )
    scale = torch.tensor([_side(model) / width, _side(model) / height])
    for number, (x, y, w, h) in enumerate(task.boxes):
        corners = torch.tensor([[x, y], [x + w, y + h]]) * scale
        session.add_point_inputs(
            session.obj_id_to_idx(number),
            0,
            {
                "point_coords": corners[None, None].to(device, model.dtype),
                "point_labels": torch.tensor(CORNER_LABELS, device=device)[None, None].int(),
            },
        )
        session.obj_with_new_inputs.append(number)
    return session


def _frame(model: Any, session: Any, path: Path, size: tuple[int, int]) -> None:
    """One frame, from the file to masks of the frame's size on the host."""
    square = resized(read_frame(str(path)), _side(model), model.device)
    pixels = normalized(square, IMAGENET_MEAN, IMAGENET_STD)
    masks = model(session, frame=pixels.to(model.dtype)).pred_masks
    width, height = size
    full = F.interpolate(masks.float(), size=(height, width), mode="bilinear", align_corners=False)
    (full > 0).cpu().numpy()


def _side(model: Any) -> int:
    return int(model.config.prompt_encoder_config.image_size)


if __name__ == "__main__":
    host(prepare)
