"""Predictors with SAM 2's public interface: `init_state`, prompts, propagation.

The installed `sam2` package's, plain or with its own compilation, and the original SAMURAI's from a
checkout of it; none of it is in this repository. Its package is a fork of `sam2` under the
same name, so its process finds that one first, and gets the weights as a checkpoint file.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.speed.errors import PeerAbsentError
from benchmarks.speed.peers.catalog import REFERENCE
from benchmarks.speed.peers.host import Frames, Opener, Task, host
from benchmarks.speed.variant import Variant

WAYS: dict[str, dict[str, Any]] = {
    "plain": {"_target_": "sam2.sam2_video_predictor.SAM2VideoPredictor"},
    "vos": {
        "_target_": "sam2.sam2_video_predictor.SAM2VideoPredictorVOS",
        "compile_image_encoder": True,
    },
}
CONFIGURATIONS = {
    "tiny": "configs/samurai/sam2.1_hiera_t.yaml",
    "small": "configs/samurai/sam2.1_hiera_s.yaml",
    "base_plus": "configs/samurai/sam2.1_hiera_b+.yaml",
    "large": "configs/samurai/sam2.1_hiera_l.yaml",
}
"""Of the original SAMURAI."""


def prepare(options: dict[str, Any]) -> Opener:
    """A predictor with the variant's weights and prompts."""
    variant, device = Variant(**options["variant"]), torch.device(options["device"])
    filled = options["way"] != "reference" and variant.card().box_prompt == "filled_mask"
    if options["way"] == "reference":
        predictor = _reference(variant, options["weights"], options["device"])
    else:
        predictor = _installed(variant, options["way"]).to(device)
    prompt = _filled_prompt if filled else _corner_prompt
    dtype = getattr(torch, options["dtype"])
    return lambda task: _video(predictor, _precision(device, dtype), prompt, task)


def _installed(variant: Variant, way: str) -> Any:
    """The predictor, in evaluation mode on the CPU, as `build_sam2_video_predictor` sets it up.

    Hole filling is left out: without the package's CUDA extension it would fail in every frame,
    take time, and change nothing.
    """
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    from samurai.models.checkpoints import configuration_path
    from samurai.networks.sam2.build import STABILITY_FALLBACK

    settings = {
        **WAYS[way],
        "binarize_mask_from_pts_for_mem_enc": True,
        "sam_mask_decoder_extra_args": STABILITY_FALLBACK,
    }
    configuration = OmegaConf.load(configuration_path(variant.card()))
    predictor: Any = instantiate(OmegaConf.merge(configuration.model, settings), _recursive_=True)
    predictor.load_state_dict(variant.build().state_dict(), strict=True)
    return predictor.eval()


def _reference(variant: Variant, weights: str, device: str) -> Any:
    try:
        import sam2.sam2_video_predictor  # build_sam names it, and it needs more than torch
        from sam2.build_sam import build_sam2_video_predictor

        import sam2
    except ImportError as error:
        raise PeerAbsentError(f"its code can't be imported here ({error})") from error
    checkout = Path(os.environ[REFERENCE]).resolve()
    if not Path(str(sam2.__file__)).resolve().is_relative_to(checkout):
        raise PeerAbsentError(f"not its sam2 was imported but {sam2.__file__}")
    return build_sam2_video_predictor(CONFIGURATIONS[variant.model], weights, device=device)


def _video(
    predictor: Any,
    precision: AbstractContextManager[Any],
    prompt: Callable[[Any, Any, int, Task], None],
    task: Task,
) -> Frames:
    """All frames are loaded at once; every object is prompted in the first one, and every mask is
    brought to the host at the frame's size, as an answer needs it."""
    state = predictor.init_state(task.folder)

    def frames() -> Frames:
        with precision:
            for number in range(len(task.boxes)):
                prompt(predictor, state, number, task)
            answers = predictor.propagate_in_video(state)
            for _ in Path(task.folder).glob("*.jpg"):
                yield lambda: (next(answers)[2] > 0).cpu().numpy()

    return frames()


def _precision(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[Any]:
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype=dtype)


def _corner_prompt(predictor: Any, state: Any, number: int, task: Task) -> None:
    """A box by its two corners."""
    x, y, width, height = task.boxes[number]
    box = np.array([x, y, x + width, y + height], np.float32)
    predictor.add_new_points_or_box(state, frame_idx=0, obj_id=number, box=box)


def _filled_prompt(predictor: Any, state: Any, number: int, task: Task) -> None:
    """A box as the mask that fills it, as the tracker gives it to some models."""
    from samurai.regions import Box

    width, height = task.size
    mask = Box(*task.boxes[number]).filled((height, width))
    predictor.add_new_mask(state, frame_idx=0, obj_id=number, mask=torch.from_numpy(mask.array))


if __name__ == "__main__":
    host(prepare)
