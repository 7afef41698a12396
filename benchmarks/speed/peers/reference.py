"""The original SAMURAI's own loop, from a checkout of it; nothing of it is in this repository.

Its package is a fork of `sam2` under the same name, so this process finds that one first, and uses
its public interface only. The weights are the variant's, handed over as a checkpoint file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from benchmarks.speed.errors import PeerAbsentError
from benchmarks.speed.peers.catalogue import REFERENCE
from benchmarks.speed.peers.host import Runner, host
from benchmarks.speed.peers.predictor import corner_prompt, runner

CONFIGURATIONS = {
    "tiny": "configs/samurai/sam2.1_hiera_t.yaml",
    "small": "configs/samurai/sam2.1_hiera_s.yaml",
    "base_plus": "configs/samurai/sam2.1_hiera_b+.yaml",
    "large": "configs/samurai/sam2.1_hiera_l.yaml",
}


def prepare(options: dict[str, Any]) -> Runner:
    """Its predictor, with the weights of the checkpoint file that it is given."""
    try:
        import sam2.sam2_video_predictor  # which build_sam names, and which needs more than torch
        from sam2.build_sam import build_sam2_video_predictor

        import sam2
    except ImportError as error:
        raise PeerAbsentError(f"its code can't be imported here ({error})") from error
    checkout = Path(os.environ[REFERENCE]).resolve()
    if not Path(str(sam2.__file__)).resolve().is_relative_to(checkout):
        raise PeerAbsentError(f"not its sam2 was imported but {sam2.__file__}")
    predictor = build_sam2_video_predictor(
        CONFIGURATIONS[options["variant"]["model"]], options["weights"], device=options["device"]
    )
    device = torch.device(options["device"])
    return runner(predictor, device, getattr(torch, options["dtype"]), corner_prompt)


if __name__ == "__main__":
    host(prepare)
