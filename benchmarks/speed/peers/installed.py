"""The installed `sam2` package's `SAM2VideoPredictor`, plain or compiled as it comes."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.speed.peers.host import Runner, Task, host
from benchmarks.speed.peers.predictor import Prompt, corner_prompt, runner
from benchmarks.speed.variant import Variant
from samurai.models.checkpoints import configuration_path
from samurai.networks.sam2.build import STABILITY_FALLBACK
from samurai.regions import Box

WAYS: dict[str, dict[str, Any]] = {
    "plain": {"_target_": "sam2.sam2_video_predictor.SAM2VideoPredictor"},
    "vos": {
        "_target_": "sam2.sam2_video_predictor.SAM2VideoPredictorVOS",
        "compile_image_encoder": True,
    },
}


def prepare(options: dict[str, Any]) -> Runner:
    """A predictor with the variant's weights and prompts."""
    variant = Variant(**options["variant"])
    device = torch.device(options["device"])
    predictor = build_predictor(variant, options["way"]).to(device)
    prompt = _prompt(variant.card().box_prompt)
    return runner(predictor, device, getattr(torch, options["dtype"]), prompt)


def build_predictor(variant: Variant, way: str) -> Any:
    """The predictor, in evaluation mode on the CPU, as `build_sam2_video_predictor` sets it up.

    Hole filling is left out: without the package's CUDA extension it would fail in every frame,
    take time, and change nothing.
    """
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    settings = {
        **WAYS[way],
        "binarize_mask_from_pts_for_mem_enc": True,
        "sam_mask_decoder_extra_args": STABILITY_FALLBACK,
    }
    configuration = OmegaConf.load(configuration_path(variant.card()))
    predictor: Any = instantiate(OmegaConf.merge(configuration.model, settings), _recursive_=True)
    predictor.load_state_dict(variant.build().state_dict(), strict=True)
    return predictor.eval()


def _prompt(box_prompt: str) -> Prompt:
    """A box as the tracker gives it to this model."""
    return _filled_prompt if box_prompt == "filled_mask" else corner_prompt


def _filled_prompt(predictor: Any, state: Any, number: int, task: Task) -> None:
    """A box as the mask that fills it."""
    width, height = task.size
    mask = Box(*task.boxes[number]).filled((height, width))
    predictor.add_new_mask(state, frame_idx=0, obj_id=number, mask=torch.from_numpy(mask.array))


if __name__ == "__main__":
    host(prepare)
