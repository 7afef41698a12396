"""The requirements of a stack's experiments on every sequence."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Needs:
    """Requirements on a sequence, each with the experiment that has it.

    Attributes:
        anchors: experiment by the name of its anchor values (`anchor` reads anchor.value).
        first: an experiment that starts in the first frame; "" for none.
        restarts: an experiment that takes a frame without annotation for a failure; "" for none.
        single: an experiment that takes one object only; "" for none.
        realtime: an experiment that needs the frame rate; "" for none.
        burnin: frames that a measure leaves out after the start, by experiment.
        masks: whether the results are submitted to a challenge that compares masks.
        downloads: whether the toolkit downloads the sequences if there is no list of them.
    """

    anchors: dict[str, str] = field(default_factory=dict)
    first: str = ""
    restarts: str = ""
    single: str = ""
    realtime: str = ""
    burnin: dict[str, int] = field(default_factory=dict)
    masks: bool = False
    downloads: bool = False
