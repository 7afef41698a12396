"""Batches for training, made by worker processes: batch number n is the same in every run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from samurai.core.preprocess import normalized
from samurai.networks.sam2.network import IMAGENET_MEAN, IMAGENET_STD
from samurai_training.assets import Assets
from samurai_training.clips import training_clip
from samurai_training.recipe import Recipe
from samurai_training.unroll import Batch, PromptKind
from samurai_training.view_sampling import ViewRule

MOST_CLICKS = 5

JITTER = 0.06
"""Standard deviation of a prompted box's corners, as a share of its longer side."""


class Clips(Dataset[dict[str, Any]]):
    """Batch `step` of a recipe as uint8 and bool tensors, ready to travel between processes."""

    def __init__(self, assets: Assets, recipe: Recipe, seed: int) -> None:
        self.assets, self.recipe, self.seed = assets, recipe, seed

    def __len__(self) -> int:
        return self.recipe.steps

    def __getitem__(self, step: int) -> dict[str, Any]:
        stage = self.recipe.stage(step)
        rule = ViewRule(stage.side, stage.reach)
        clips = [
            training_clip(self.assets, rule, stage.frames, (self.seed, step, number))
            for number in range(stage.clips)
        ]
        random = np.random.default_rng((self.seed, step))
        first = [clip.masks[0] for clip in clips]
        kinds, shares = zip(*stage.prompts, strict=True)
        return {
            "frames": torch.from_numpy(np.stack([clip.frames for clip in clips], axis=1)),
            "masks": torch.from_numpy(np.stack([clip.masks for clip in clips], axis=1)),
            "prompt": kinds[random.choice(len(kinds), p=shares)],
            "boxes": torch.tensor(np.stack([_box(mask, random) for mask in first])).float(),
            **_clicks(first, int(random.integers(1, MOST_CLICKS + 1)), random),
        }


def _box(mask: np.ndarray[Any, Any], random: np.random.Generator) -> np.ndarray[Any, Any]:
    """Jittered corners around a mask, as people draw them."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)
    longer = max(box[2] - box[0], box[3] - box[1])
    moved = box + random.normal(0, JITTER, 4) * longer * (random.random() < 0.7)
    clipped: np.ndarray[Any, Any] = np.clip(moved, 0, mask.shape[0])
    return clipped


def _clicks(
    masks: list[np.ndarray[Any, Any]], count: int, random: np.random.Generator
) -> dict[str, Tensor]:
    """Clicks for each mask: the first well inside it, a third of the others outside it."""
    places, labels = [], []
    for mask in masks:
        inside = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
        outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
        beside = (outside > 2) & (outside < 2 + np.sqrt(mask.sum()))
        signs = [1] + [int(random.random() < 2 / 3 or not beside.any()) for _ in range(count - 1)]
        wanted = [inside > inside.max() * random.uniform(0, 0.8)]
        wanted += [mask if sign else beside for sign in signs[1:]]
        places.append([_pixel(area, random) for area in wanted])
        labels.append(signs)
    return {"points": torch.tensor(np.array(places)).float(), "labels": torch.tensor(labels).int()}


def _pixel(area: np.ndarray[Any, Any], random: np.random.Generator) -> tuple[float, float]:
    """The middle of one of its pixels, x and y."""
    rows, columns = np.nonzero(area)
    pick = random.integers(len(rows))
    return float(columns[pick] + 0.5), float(rows[pick] + 0.5)


def to_batch(raw: dict[str, Any], device: torch.device) -> Batch:
    """Move to the device, then to floating point."""

    def moved(name: str) -> Tensor:
        tensor: Tensor = raw[name].to(device, non_blocking=True)
        return tensor

    prompt: PromptKind = raw["prompt"]
    masks = moved("masks")[:, :, None].float()
    frames = normalized(moved("frames").movedim(-1, -3), IMAGENET_MEAN, IMAGENET_STD)
    return Batch(frames, masks, prompt, moved("boxes"), moved("points"), moved("labels"))


def dataloader(
    archive: Path | None, recipe: Recipe, seed: int, start: int, workers: int
) -> Iterator[dict[str, Any]]:
    """The batches from step `start` on. Without an archive: a few drawn pictures, for tests."""
    assets = Assets.load(archive) if archive else Assets.procedural()
    loader = DataLoader(
        Clips(assets, recipe, seed),
        batch_size=None,
        sampler=range(start, recipe.steps),
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        pin_memory=torch.cuda.is_available(),
        worker_init_fn=_quiet_worker,
    )
    return iter(loader)


def _quiet_worker(_: int) -> None:
    """One thread each, because there are as many workers as spare cores."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
