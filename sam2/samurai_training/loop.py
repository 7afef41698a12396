"""The training loop: resumable at any step, on a CPU or a GPU, with a running mean of the weights.

Files of a run in its folder:
    weights.safetensors, average.safetensors   float16, the least that a resume needs
    state.pt                                   step, optimizer; without it the optimizer restarts
    log.jsonl, curves.png                      one line every few steps, and a picture of it
"""

from __future__ import annotations

import json
import math
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import torch
from safetensors.torch import load_file, save_file
from sam2.modeling.sam2_base import SAM2Base
from torch import Tensor, nn

from samurai.models.checkpoints import configuration_path
from samurai.models.manifest import model_card
from samurai.networks.sam2.build import build_model
from samurai.runtime.device import resolve_device
from samurai_training.dataloader import dataloader, to_batch
from samurai_training.errors import TrainingError
from samurai_training.losses import Losses, compute_losses
from samurai_training.plots import draw_curves
from samurai_training.recipe import Recipe
from samurai_training.unroll import set_side, unroll

CLIP_GRADIENT = 1.0
LOG_EVERY, SAVE_EVERY = 25, 100


@dataclass(frozen=True)
class Options:
    """folder: of the run. archive: the pictures, None for drawn ones. begin_with: weights to begin
    with (.safetensors), None for random ones. minutes: stop after so long, to be resumed. threads:
    of this process; with layers this small a second run uses a core better than a second thread."""

    folder: Path
    archive: Path | None
    seed: int = 0
    begin_with: Path | None = None
    minutes: float | None = None
    device: str = "auto"
    workers: int = 1
    threads: int = 1
    compile: bool = False


class Run:
    """A training run in a folder, new or resumed."""

    def __init__(self, recipe: Recipe, options: Options) -> None:
        self.recipe, self.options = recipe, options
        torch.manual_seed(options.seed)
        torch.set_num_threads(options.threads)
        cv2.setNumThreads(options.threads)
        self.device = _device(options.device)
        self.model = build_model(configuration_path(model_card("nano"))).to(self.device).train()
        self.optimizer = torch.optim.AdamW(_groups(self.model, recipe), lr=recipe.rate, fused=True)
        self.step = 0
        self.spent = 0.0
        self._begin()
        self.average = {k: v.detach().clone() for k, v in self._weights().items()}
        self._resume()
        if options.compile:
            self.model.image_encoder.compile()
            self.model.memory_attention.compile()

    def _weights(self) -> dict[str, Tensor]:
        return dict(self.model.state_dict())

    def _begin(self) -> None:
        if self.options.begin_with is not None:
            self.model.load_state_dict(load_file(self.options.begin_with))

    def _resume(self) -> None:
        folder = self.options.folder
        if not (folder / "weights.safetensors").is_file():
            return
        self.model.load_state_dict(load_file(folder / "weights.safetensors"))
        for name, value in load_file(folder / "average.safetensors").items():
            self.average[name].copy_(value)
        progress = json.loads((folder / "progress.json").read_text())
        self.step, self.spent = progress["step"], progress["seconds"]
        state = folder / "state.pt"
        if state.is_file():
            content = torch.load(state, map_location=self.device, weights_only=True)
            if content["step"] == self.step:
                self.optimizer.load_state_dict(content["optimizer"])
        print(f"resumed at step {self.step}", flush=True)

    def train(self) -> None:
        """Train to the recipe's end, or for as many minutes as the options allow."""
        options, recipe = self.options, self.recipe
        options.folder.mkdir(parents=True, exist_ok=True)
        start, earlier = time.monotonic(), self.spent
        means: dict[str, float] = {}
        first = self.step
        for raw in dataloader(options.archive, recipe, options.seed, self.step, options.workers):
            losses = self._train_step(raw)
            _blend(means, losses)
            self.step += 1
            self.spent = earlier + time.monotonic() - start
            if self.step % LOG_EVERY == 0:
                pace = (time.monotonic() - start) / (self.step - first)
                self._log(means, pace)
            over = options.minutes is not None and self.spent - earlier > options.minutes * 60
            if self.step % SAVE_EVERY == 0 or over or self.step == recipe.steps:
                self.save()
            if over:
                print(f"stopped after {options.minutes} minutes; the same command resumes")
                return

    def _train_step(self, raw: dict[str, Any]) -> Losses:
        stage = self.recipe.stage(self.step)
        if self.model.image_size != stage.side:
            set_side(self.model, stage.side)
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(self.recipe, self.step) * group["share"]
        batch = to_batch(raw, self.device)
        with self._precision():
            predictions = unroll(self.model, batch, stage.gated, stage.forget, stage.mistakes)
        losses = compute_losses(predictions, batch.masks, stage.weights)
        if not math.isfinite(losses.total.item()):
            raise TrainingError(
                f"the loss is {losses.total.item()} at step {self.step}: lower the learning rate; "
                f"the last good weights are in {self.options.folder}"
            )
        self.optimizer.zero_grad()
        losses.total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP_GRADIENT)
        self.optimizer.step()
        self._average()
        return losses

    def _precision(self) -> Any:
        # Layers this small are slower in bfloat16 on a CPU without matrix units.
        if self.device.type == "cuda":
            return torch.autocast("cuda", dtype=torch.bfloat16)
        return nullcontext()

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.recipe.average, (1 + self.step) / (10 + self.step))
        mean, new = [], []
        for name, value in self.model.state_dict().items():
            if value.dtype.is_floating_point:
                mean.append(self.average[name])
                new.append(value)
        torch._foreach_lerp_(mean, new, 1 - decay)

    def _log(self, means: dict[str, float], pace: float) -> None:
        left = (self.recipe.steps - self.step) * pace / 60
        line = {"step": self.step, "seconds": round(self.spent), **means}
        with (self.options.folder / "log.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(
            f"step {self.step}/{self.recipe.steps}  {self.spent / 60:.0f} min, {left:.0f} to go  "
            + "  ".join(f"{name} {value:.3f}" for name, value in means.items()),
            flush=True,
        )

    def save(self) -> None:
        """Write the files that a resume needs, and the curves."""
        folder = self.options.folder
        save_half(self._weights(), folder / "weights.safetensors")
        save_half(self.average, folder / "average.safetensors")
        progress = {"step": self.step, "seconds": self.spent, "seed": self.options.seed}
        (folder / "progress.json").write_text(json.dumps(progress))
        torch.save(
            {"step": self.step, "optimizer": self.optimizer.state_dict()}, folder / "state.pt"
        )
        (folder / "recipe.json").write_text(json.dumps(asdict(self.recipe), indent=1))
        draw_curves(folder / "log.jsonl", folder / "curves.png")


def rate_at(recipe: Recipe, step: int) -> float:
    """The learning rate: a linear warm-up, then a cosine down to a fiftieth."""
    if step < recipe.warm_up:
        return recipe.rate * (step + 1) / recipe.warm_up
    done = (step - recipe.warm_up) / max(1, recipe.steps - recipe.warm_up)
    return recipe.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


def save_half(weights: dict[str, Tensor], path: Path) -> None:
    """Write tensors in float16, first beside the file: an interruption leaves the old one."""
    half = {k: v.detach().half().contiguous().cpu() for k, v in weights.items()}
    beside = path.with_suffix(".part")
    save_file(half, beside)
    beside.replace(path)


def _groups(model: SAM2Base, recipe: Recipe) -> list[dict[str, Any]]:
    """Weight decay for matrices and kernels only, as is usual; the trunk has a rate of its own."""
    trunk = {id(parameter) for parameter in model.image_encoder.trunk.parameters()}
    groups = []
    for within, share in ((True, recipe.trunk), (False, 1.0)):
        for flat, decay in ((False, recipe.weight_decay), (True, 0.0)):
            chosen = [
                p for p in model.parameters() if (id(p) in trunk) == within and (p.ndim < 2) == flat
            ]
            groups.append({"params": chosen, "weight_decay": decay, "share": share})
    return groups


def _blend(means: dict[str, float], losses: Losses) -> None:
    """Running means for the log."""
    for name in ("mask", "iou", "visible", "overlap"):
        value = getattr(losses, name)
        means[name] = round(0.97 * means.get(name, value) + 0.03 * value, 5)


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return resolve_device(name)
