"""The challenges that can be rehearsed, and what their data are like."""

from __future__ import annotations

from dataclasses import dataclass

from vot.stack import list_integrated_stacks

from samurai.errors import ConfigurationError
from samurai.spelling import did_you_mean


@dataclass(frozen=True)
class Plan:
    """A challenge.

    Attributes:
        stack: its name in the toolkit.
        region: how objects are annotated: "mask" or "point".
        objects: objects per sequence; sequences take these numbers in turn.
        length: frames per sequence, if the user names no other.
        anchors: whether runs start at anchors, in the first and the last frame.
        fps: the sequences' frame rate, the clock of real-time experiments.
        tracker: the section that is rehearsed, if the user names no other.
        scored_by: a stack that scores the same results locally; "" where the challenge's own does,
            or none can.
    """

    stack: str
    region: str = "mask"
    objects: tuple[int, ...] = (2, 3, 4, 2, 3, 1, 4, 3)
    length: int = 60
    anchors: bool = False
    fps: int = 20
    tracker: str = "samurai"
    scored_by: str = ""


_ALL = (
    Plan("vots2026/main", scored_by="tests/multiobject"),
    Plan("vots2025/realtime", scored_by="tests/multiobject"),
    Plan("vots2026/point", region="point", tracker="samurai-folder"),
    # EAO counts runs of 115 frames and more.
    Plan("vot2022/shortterm", objects=(1,), length=120, anchors=True, fps=30),
)
PLANS = {plan.stack: plan for plan in _ALL}


def plan_of(stack: str) -> Plan:
    """The plan of a stack.

    Raises:
        ConfigurationError: it can't be rehearsed; the message lists those that can, and for a
            stack that the installed toolkit doesn't have all that it has.
    """
    if stack in PLANS:
        return PLANS[stack]
    known = sorted(list_integrated_stacks())
    ours = ", ".join(PLANS)
    if stack in known:
        raise ConfigurationError(
            f"{stack} can't be rehearsed, only {ours}. Remedy: rehearse the one that is most like "
            f"it; `samurai evaluate --stack {stack}` runs it on your own sequences"
        )
    raise ConfigurationError(
        f"the installed toolkit has no stack {stack!r}{did_you_mean(stack, known)}. It has "
        f"{', '.join(known)}. Remedy: rehearse one of {ours}"
    )
