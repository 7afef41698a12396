"""Every setting of the tracker, once: type, default, choices, help text and environment name.

Adding a setting means adding a field here (see `settings`) and using it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from samurai.config.settings import Configuration, number, setting, whole_number
from samurai.models.manifest import BoxPrompt, card_file, model_names
from samurai.speed import SPEEDS

DTYPES = ("auto", "float32", "bfloat16", "float16")
WHOLE: Literal["whole"] = "whole"
"""The `window` that means the whole frame."""

_CUDA = re.compile(r"cuda:\d+")


def _policies() -> Iterable[str]:
    from samurai.policies import policy_names

    return policy_names()


def _point_trackers() -> Iterable[str]:
    from samurai.motion import POINT_TRACKERS

    return list(POINT_TRACKERS)


def _flows() -> Iterable[str]:
    from samurai.motion import FLOWS

    return list(FLOWS)


def _card(text: str) -> str:
    """The absolute path of a model card."""
    file = card_file(text)
    if file is None:
        raise ValueError(text)
    return str(file)


def _policy(text: str) -> str:
    """A policy and its parameters, spelled as `PolicyChoice` does.

    Our own policies are recognized without a search of the installed packages, which takes
    milliseconds.
    """
    from samurai.policies import POLICIES, PolicyChoice

    if ":" not in text and text not in POLICIES:
        raise ValueError(text)
    return str(PolicyChoice.of(text))


def _cuda(text: str) -> str:
    if _CUDA.fullmatch(text) is None:
        raise ValueError(text)
    return text


@dataclass(frozen=True)
class TrackerConfig(Configuration):
    """All settings of a `Tracker`. `TrackerConfig()` is the default of each; the environment is
    read by `TrackerConfig.from_environment()` alone.

    Raises:
        ConfigurationError: a value isn't allowed; the message lists the allowed ones.
    """

    model: str = setting(
        "nano",
        "the network: a bundled or official model, or one of your own by its model card",
        model_names,
        convert=_card,
        form="the path of a model card (*.toml)",
        path=True,
    )
    policy: str = setting(
        "samurai",
        "the memory policy; its published constants can be changed after a colon",
        _policies,
        convert=_policy,
        form="POLICY:PARAMETER=NUMBER,...",
    )
    device: str = setting(
        "auto",
        "where the network runs; auto takes CUDA, then MPS, then the CPU",
        ("auto", "cpu", "cuda", "mps"),
        convert=_cuda,
        form="cuda:<number>",
    )
    dtype: str = setting(
        "auto",
        "the precision; auto is bfloat16 on CUDA devices that support it, in fast and max also on "
        "such CPUs for large inputs, and float32 elsewhere",
        DTYPES,
    )
    speed: str = setting(
        "exact",
        "exact gives the bits of the installed sam2; fast and max stay within a tolerance, sooner",
        SPEEDS,
    )
    box_prompt: BoxPrompt | None = setting(  # noqa: RUF009 (as immutable as the others)
        None,
        "how an initial box is given to the network: its corner points, a mask that fills it, or "
        "the mask that the corner points decode to",
        get_args(BoxPrompt),
        unset="as the model's card says",
    )
    window: float | Literal["whole"] | None = setting(
        None,
        "side of the search region around each object, in object sizes; whole is the whole frame",
        (WHOLE,),
        convert=number(1),
        form="a number from 1",
        unset="as the model's card says",
    )
    motion_weight: float | None = setting(
        None,
        "weight of the motion score in the choice of a mask, for samurai and samurai-dam",
        convert=number(0, 1),
        form="a number from 0 to 1",
        unset="as the model's card says",
    )
    overlap: bool = setting(
        True,
        "whether masks of different objects may share pixels; none gives each to the surest object",
        {"allowed": True, "none": False},
    )
    memory_overlap: bool = setting(
        True,
        "whether the masks that are remembered of different objects may share pixels; none writes "
        "each pixel into the memory of the surest object",
        {"allowed": True, "none": False},
    )
    memory_check: bool = setting(
        False,
        "whether a mask is remembered only if motion shows that it is where the object came from",
        {"none": False, "motion": True},
    )
    conditioning_frames: int = setting(
        4,
        "frames of an object's prompts and corrections that are kept in memory, the first included",
        convert=whole_number(2),
        form="a whole number from 2",
    )
    points: str = setting(
        "lucas-kanade", "the point tracker, for him2sam and mosam", _point_trackers
    )
    flow: str = setting("dis", "the dense optical flow, for mosam and memory_check", _flows)
    offline: bool = setting(
        False,
        "whether sessions answer when the video is finished (in Python only)",
        {"no": False, "yes": True},
    )

    @property
    def model_name(self) -> str:
        """The model's name; of a card of the user's own, that of its file."""
        return Path(self.model).stem
