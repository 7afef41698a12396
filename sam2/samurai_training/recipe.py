"""The curriculum: the clips, prompts and losses of every stage of training.

Named recipes for different machines; a recipe and a seed determine a training run, however often it
is interrupted. Sizes grow: small views teach appearance and memory cheaply, large ones give edges,
long clips teach recovery from mistakes and absences.
"""

from __future__ import annotations

from dataclasses import dataclass

from samurai_training.errors import TrainingError
from samurai_training.losses import Weights
from samurai_training.unroll import PromptKind

START = Weights(focal=0.0, entropy=2.0)
REFINE = Weights(focal=5.0, entropy=1.0, visible=1.0)
SURE = Weights(focal=5.0, entropy=1.0, visible=2.0)


@dataclass(frozen=True)
class Stage:
    """A stretch of the training.

    Attributes:
        share: of all steps.
        side: of the network's input, in pixels.
        reach: of the window, in target sizes. A smaller input with a smaller reach shows the
            target at the same size in pixels.
        clips, frames: in a batch.
        gated: see `unroll`.
        forget, mistakes: shares of hidden and of wrong memories.
        prompts: probabilities of the first frame's prompts.
    """

    share: float
    side: int
    reach: float
    clips: int
    frames: int
    weights: Weights
    gated: bool = True
    forget: float = 0.15
    mistakes: float = 0.0
    prompts: tuple[tuple[PromptKind, float], ...] = (
        ("filled_box", 0.55),
        ("mask", 0.25),
        ("box", 0.15),
        ("clicks", 0.05),
    )


@dataclass(frozen=True)
class Recipe:
    """steps: optimizer steps in all. rate: peak learning rate, reached after `warm_up` steps and
    then lowered along a cosine. average: decay of the running mean of the weights. trunk: factor of
    the rate for the image encoder's trunk, less than 1 where that is pretrained."""

    steps: int
    rate: float
    stages: tuple[Stage, ...]
    warm_up: int = 200
    weight_decay: float = 0.01
    average: float = 0.998
    trunk: float = 1.0

    def stage(self, step: int) -> Stage:
        """The stage that a step belongs to."""
        end = 0.0
        for stage in self.stages:
            end += stage.share
            if step < end * self.steps - 1e-6:
                return stage
        return self.stages[-1]


MASKS_FIRST: tuple[tuple[PromptKind, float], ...] = (("mask", 0.5), ("filled_box", 0.5))
"""From random weights: propagating a mask is learnt much faster than decoding a prompt."""

PICTURES: tuple[tuple[PromptKind, float], ...] = (
    ("box", 0.4),
    ("clicks", 0.35),
    ("correction", 0.25),
)
"""On single frames: what has to be decoded into a mask."""

BOTH: tuple[tuple[PromptKind, float], ...] = (
    ("filled_box", 0.35),
    ("mask", 0.2),
    ("box", 0.25),
    ("clicks", 0.12),
    ("correction", 0.08),
)
"""On clips, once single frames can be decoded."""

RECIPES = {
    # from the weights of nano, one thread: masks from prompts on single frames, then tracking
    "cpu-segment": Recipe(
        steps=2400,
        rate=4e-4,
        warm_up=60,
        trunk=0.3,
        stages=(
            Stage(0.35, 160, 3.4, 16, 1, REFINE, prompts=PICTURES),
            Stage(0.40, 160, 3.4, 3, 8, SURE, mistakes=0.08, prompts=BOTH),
            Stage(0.25, 160, 3.4, 2, 12, SURE, mistakes=0.08, prompts=BOTH),
        ),
    ),
    # from the weights of an earlier nano, on 2 CPU cores, about an hour and a half
    "cpu-continue": Recipe(
        steps=3400,
        rate=4e-4,
        stages=(
            Stage(0.60, 160, 3.4, 3, 8, REFINE, mistakes=0.08),
            Stage(0.40, 160, 3.4, 2, 12, REFINE, mistakes=0.08),
        ),
    ),
    # from random weights, on 2 CPU cores, overnight
    "cpu": Recipe(
        steps=30000,
        rate=8e-4,
        stages=(
            Stage(0.25, 128, 2.7, 8, 3, START, gated=False, forget=0.0, prompts=MASKS_FIRST),
            Stage(0.25, 128, 2.7, 6, 5, START),
            Stage(0.30, 160, 3.4, 5, 5, REFINE),
            Stage(0.20, 160, 3.4, 3, 10, REFINE, mistakes=0.08),
        ),
    ),
    # from random weights, on one large GPU, half an hour
    "cuda": Recipe(
        steps=9000,
        rate=1.5e-3,
        warm_up=300,
        average=0.999,
        stages=(
            Stage(0.25, 128, 2.7, 64, 3, START, gated=False, forget=0.0, prompts=MASKS_FIRST),
            Stage(0.30, 160, 3.4, 64, 4, START),
            Stage(0.30, 160, 3.4, 48, 6, REFINE, mistakes=0.05),
            Stage(0.15, 160, 3.4, 24, 12, REFINE, mistakes=0.08),
        ),
    ),
    # ten minutes on 2 CPU cores: does everything work, does the loss fall?
    "smoke": Recipe(
        steps=800,
        rate=1e-3,
        warm_up=50,
        average=0.99,
        stages=(
            Stage(0.8, 128, 2.7, 6, 3, START, gated=False, forget=0.0, prompts=MASKS_FIRST),
            Stage(0.2, 128, 2.7, 4, 4, START),
        ),
    ),
}


def recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        TrainingError: there is none; the message lists them.
    """
    if name not in RECIPES:
        raise TrainingError(f"no recipe is called {name!r}; there are: {', '.join(RECIPES)}")
    return RECIPES[name]
