"""Which result files an experiment makes of a sequence. Nothing here reads ground truth but for
the names of the objects, so hidden annotations, of which only the first frame's exist, do."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5

from vot.dataset import Sequence
from vot.experiment import Experiment
from vot.experiment.multirun import MultiRunExperiment
from vot.experiment.multistart import MultiStartExperiment, find_anchors
from vot.experiment.referral import ReferralExperiment
from vot.tracker import Tracker

UNNAMED = "object"  # what the toolkit calls the only object of a sequence


@dataclass(frozen=True)
class Run:
    """One trajectory that an experiment makes.

    Attributes:
        name: of its files, without extension.
        what: what it is a run of, in words: the object, the repetition, the anchor.
        frames: how many regions it has; None where that isn't known.
        repetition: counted from 1.
    """

    name: str
    what: str
    frames: int | None
    repetition: int = 1


def runs_of(experiment: Experiment, tracker: Tracker, sequence: Sequence) -> list[Run]:
    """All trajectories that a complete result has; `sequence` as the experiment transformed it.

    Raises:
        ValueError: the sequence lacks what the experiment needs, an anchor or a prompt.
    """
    if isinstance(experiment, MultiStartExperiment):
        return _from_anchors(sequence, experiment.anchor)
    if isinstance(experiment, MultiRunExperiment):
        return _repetitions(sequence, experiment.repetitions)
    if isinstance(experiment, ReferralExperiment):
        return _prompts(experiment, sequence)
    _, files, _ = experiment.scan(tracker, sequence)
    names = [file.rpartition(".") for file in files]
    return [Run(name, "", None) for name, _, kind in names if kind in ("bin", "txt")]


def _from_anchors(sequence: Sequence, anchor: str) -> list[Run]:
    forward, backward = find_anchors(sequence, anchor)
    if not forward and not backward:
        raise ValueError(f"it has no anchor, so multi-start has nowhere to start ({anchor}.value)")
    lengths = {frame: len(sequence) - frame for frame in forward}
    lengths |= {frame: frame + 1 for frame in backward}
    return [
        Run(f"{sequence.name}_{frame:08d}", f"anchor {frame}", length)
        for frame, length in sorted(lengths.items())
    ]


def _repetitions(sequence: Sequence, repetitions: int) -> list[Run]:
    objects = sorted(sequence.objects(), key=_natural)
    several = len(objects) > 1
    return [
        Run(
            f"{sequence.name}_{name}_{number:03d}" if several else f"{sequence.name}_{number:03d}",
            ", ".join(
                [f"object {name}"] * (several or name != UNNAMED)
                + [f"repetition {number}"] * (repetitions > 1)
            ),
            len(sequence),
            number,
        )
        for name in objects
        for number in range(1, repetitions + 1)
    ]


def _prompts(experiment: ReferralExperiment, sequence: Sequence) -> list[Run]:
    prompts = experiment._extract_prompt(sequence)
    digests = [md5(prompt.encode(), usedforsecurity=False).hexdigest()[:8] for prompt in prompts]
    return [
        Run(f"{sequence.name}_{digest}", f"prompt {prompt!r}", len(sequence))
        for prompt, digest in zip(prompts, digests, strict=True)
    ]


def _natural(name: str) -> tuple[bool, int, str]:
    """Numbers in their order, before words."""
    return (False, int(name), "") if name.isdecimal() else (True, 0, name)
