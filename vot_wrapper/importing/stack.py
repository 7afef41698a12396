"""The experiments that fit a set of sequences, as a commented stack.yaml and config.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samurai.evaluation.templates import render
from samurai.spelling import counted
from vot_wrapper.importing.footage import Footage
from vot_wrapper.preflight.truth import SPECIAL

OFFICIAL_LOW, OFFICIAL_HIGH = 115, 755  # frames; EAO of the short-term stacks of VOT 2020 to 2022


@dataclass(frozen=True)
class Plan:
    """Which experiments are run, and by which measures.

    Attributes:
        title: of the stack.
        several: whether a sequence has several objects, which are tracked at once.
        anchored: whether runs start from anchors, and EAO is measured.
        scored: whether there is ground truth to score by.
        low, high: run lengths in frames that EAO is averaged over.
        official: the stack of VOT with the same kind of experiments; "" where there is none.
        why: one sentence about the choice.
    """

    title: str
    several: bool
    anchored: bool
    scored: bool
    low: int
    high: int
    official: str
    why: str


def plan(footage: Sequence[Footage], lengths: Sequence[int]) -> Plan:
    """The experiments for these sequences.

    Args:
        footage: the sequences.
        lengths: their frames.
    """
    several = any(len(each.states) > 1 for each in footage)
    bare = [each.name for each in footage if not _has_truth(each)]
    sparse = any(SPECIAL in states for each in footage for states in each.states.values())
    masks = any("mask" in each.kinds for each in footage)
    regions = "masks" if masks else "boxes"
    middle = sorted(lengths)[(len(lengths) - 1) // 2]
    high = max(2, min(OFFICIAL_HIGH, middle - 1))
    low = max(1, min(OFFICIAL_LOW, round(0.4 * high)))
    anchored = not (several or bare or sparse)
    if bare:
        why = f"no scores: {bare[0]} has no ground truth after its first frame"
        official = "vots2025/main"
    elif several:
        why = f"several objects at once, {regions}"
        official = "tests/multiobject"
    elif sparse:
        why = f"one object, {regions}, not annotated in every frame: no runs from anchors"
        official = ""
    else:
        why = f"one object, {regions}, runs from anchors"
        official = "vot2022/shortterm" if masks else "vot2022/shorttermbox"
    title = counted(len(footage), "sequence")
    return Plan(title, several, anchored, not bare, low, high, official, why)


def _has_truth(footage: Footage) -> bool:
    """Whether anything is annotated after the first annotated frame."""
    return any(len(states.strip(SPECIAL)) > 1 for states in footage.states.values())


def stack_text(made: Plan) -> str:
    """The text of stack.yaml."""
    official = (OFFICIAL_LOW, OFFICIAL_HIGH)
    return _render("stack.yaml.j2", plan=made, official_bounds=official)


def config_text(made: Plan) -> str:
    """The text of config.yaml."""
    return _render("config.yaml.j2", plan=made)


def _render(template: str, **values: object) -> str:
    return render("vot_wrapper.importing", template, {}, **values)
