"""One way to run the tracker: model, view, policy and speed."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samurai.models.manifest import ModelCard, checkpoint_path, model_card, model_names
from samurai.networks.families import SAM2

if TYPE_CHECKING:
    from sam2.modeling.sam2_base import SAM2Base

    from samurai import Tracker

SEED = 0
PRESENT = 3.0
"""Bias of the heads for visibility and predicted IoU of random weights: the object is always
visible, as on real footage; an absent one would cost less."""


@dataclass(frozen=True)
class Variant:
    """One way to run the tracker.

    Attributes:
        model: a name of the manifest.
        policy: a memory policy.
        whole: show the network the whole frame also where its card asks for windows.
        random: weights from a fixed seed instead of the file's; good for timing only.
        speed, device, dtype: as `SAMURAI_SPEED`, `SAMURAI_DEVICE` and `SAMURAI_DTYPE`.
    """

    model: str = "nano"
    policy: str = "samurai"
    whole: bool = False
    random: bool = False
    speed: str = "exact"
    device: str = "auto"
    dtype: str = "auto"

    @property
    def label(self) -> str:
        """Its name in tables; policy samurai and the exact speed mode are left out."""
        parts = [self.model]
        if self.whole:
            parts.append("whole frame")
        if self.policy != "samurai":
            parts.append(f"policy {self.policy}")
        if self.speed != "exact":
            parts.append(self.speed)
        return ", ".join(parts)

    def environment(self) -> dict[str, str]:
        """Settings of the tracker process. Answers are masks, which cost more than boxes."""
        names = ("model", "policy", "device", "dtype", "speed")
        settings = {f"SAMURAI_{name.upper()}": getattr(self, name) for name in names}
        return {**settings, "SAMURAI_OUTPUT": "mask"}

    def card(self) -> ModelCard:
        """The model's card as this variant uses it."""
        card = model_card(self.model)
        return dataclasses.replace(card, window=None) if self.whole else card

    def build(self) -> SAM2Base:
        """The model with the weights of this variant, on the CPU."""
        from samurai.models.checkpoints import load_model

        return random_model(self.card()) if self.random else load_model(self.card())

    def tracker(self) -> Tracker:
        """A tracker, before its warm-up."""
        from samurai import Tracker, TrackerConfig
        from samurai.speed import keep_compiled

        keep_compiled(os.environ)
        config = TrackerConfig(
            model=self.model,
            policy=self.policy,
            device=self.device,
            dtype=self.dtype,
            speed=self.speed,
        )
        return Tracker(self.build(), config, self.card())

    def weights_file(self, folder: Path) -> Path:
        """The weights as a checkpoint of SAM 2's format; random ones are written to `folder`."""
        if not self.random:
            return checkpoint_path(self.card())
        import torch

        path = folder / f"{self.model}-random.pt"
        torch.save({"model": self.build().state_dict()}, path)
        return path


def sam2_models() -> tuple[str, ...]:
    """The models that the benchmarks know how to build and to compare."""
    return tuple(name for name in model_names() if model_card(name).network == SAM2)


def has_weights(model: str) -> bool:
    """Whether the file of a model's weights is here."""
    return checkpoint_path(model_card(model)).is_file()


def has_windows(model: str) -> bool:
    """Whether a model sees windows rather than whole frames."""
    return model_card(model).window is not None


def random_model(card: ModelCard) -> SAM2Base:
    """A model of that architecture with weights from a fixed seed, whose object is always
    visible."""
    import torch

    from samurai.models.checkpoints import configuration_path
    from samurai.networks.sam2.build import build_model

    torch.manual_seed(SEED)
    model = build_model(configuration_path(card))
    decoder: Any = model.sam_mask_decoder
    with torch.no_grad():
        for head in (decoder.pred_obj_score_head, decoder.iou_prediction_head):
            head.layers[-1].bias.fill_(PRESENT)
    return model
