"""The runs that an experiment makes of a sequence, and the result files of each.

Of the ground truth only the names of the objects are read, so hidden annotations, of which only the
first frame's exist, are enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import md5

from vot.dataset import Sequence
from vot.experiment import Experiment
from vot.experiment.multirun import MultiRunExperiment
from vot.experiment.multistart import MultiStartExperiment, find_anchors
from vot.experiment.referral import ReferralExperiment
from vot.tracker import Results, Tracker, Trajectory

UNNAMED = "object"  # what the toolkit calls the only object of a sequence


@dataclass(frozen=True)
class Run:
    """One run of a tracker over a sequence, with or without results.

    Attributes:
        experiment, tracker: whose run it is.
        sequence: as the experiment transformed it.
        name: unique among the sequence's runs, fit for a file name.
        title: the run's name for readers; empty where there is only one.
        files: the name of each object's trajectory, without extension.
        frames: 0-based, in the order in which they are tracked; empty where that isn't known.
        repetition: counted from 1.
    """

    experiment: Experiment
    tracker: Tracker
    sequence: Sequence
    name: str
    title: str
    files: dict[str, str]
    frames: list[int]
    repetition: int = 1

    def __str__(self) -> str:
        named = (self.tracker.reference, self.experiment.identifier, self.sequence.name, self.title)
        return ", ".join(filter(None, named))

    @property
    def results(self) -> Results:
        """Where its files are."""
        return self.experiment.results(self.tracker, self.sequence)

    @property
    def exists(self) -> bool:
        """Whether there is a trajectory of every object."""
        return all(Trajectory.exists(self.results, file) for file in self.files.values())


def runs_of(experiment: Experiment, tracker: Tracker, sequence: Sequence) -> list[Run]:
    """All runs that a complete result has; `sequence` as the experiment transformed it.

    Raises:
        RuntimeError: the sequence has no anchor, and the experiment starts at anchors.
        ValueError: the sequence has no prompt, and the experiment starts with prompts.
    """
    run = partial(Run, experiment, tracker, sequence)
    if isinstance(experiment, MultiStartExperiment):
        return _from_anchors(run, sequence, experiment.anchor)
    if isinstance(experiment, MultiRunExperiment):
        return _repetitions(run, sequence, experiment.repetitions)
    if isinstance(experiment, ReferralExperiment):
        return _prompts(run, experiment, sequence)
    _, files, _ = experiment.scan(tracker, sequence)
    names = [file.rpartition(".") for file in files]
    return [run(name, "", {UNNAMED: name}, []) for name, _, kind in names if kind in ("bin", "txt")]


def _from_anchors(run: Callable[..., Run], sequence: Sequence, anchor: str) -> list[Run]:
    """Forward from every anchor to the end of the sequence, or backward to its start."""
    forward, backward = find_anchors(sequence, anchor)
    if not forward and not backward:
        raise RuntimeError(
            f"sequence {sequence.name} has no anchor, so multi-start has nowhere to start: give it "
            f"a file {anchor}.value with a number per frame (1 tracks forward from this frame, -1 "
            "backward, 0 is not an anchor)"
        )
    (name,) = (name for name in sequence.objects() if not name.startswith("_"))
    ways = [("forward", start, range(start, len(sequence))) for start in forward]
    ways += [("backward", start, range(start, -1, -1)) for start in backward]
    return [
        run(
            f"anchor_{start:08d}",
            f"{way} from frame {start}",
            {name: f"{sequence.name}_{start:08d}"},
            list(frames),
        )
        for way, start, frames in ways
    ]


def _repetitions(run: Callable[..., Run], sequence: Sequence, repetitions: int) -> list[Run]:
    names = sorted(sequence.objects(), key=_natural)
    stems = {n: f"{sequence.name}_{n}" if len(names) > 1 else sequence.name for n in names}
    return [
        run(
            f"run_{number:03d}",
            f"repetition {number}" if repetitions > 1 else "",
            {name: f"{stem}_{number:03d}" for name, stem in stems.items()},
            list(range(len(sequence))),
            number,
        )
        for number in range(1, repetitions + 1)
    ]


def _prompts(
    run: Callable[..., Run], experiment: ReferralExperiment, sequence: Sequence
) -> list[Run]:
    prompts = experiment._extract_prompt(sequence)
    digests = [md5(prompt.encode(), usedforsecurity=False).hexdigest()[:8] for prompt in prompts]
    return [
        run(
            f"prompt_{digest}",
            f"prompt {prompt!r}",
            {UNNAMED: f"{sequence.name}_{digest}"},
            list(range(len(sequence))),
        )
        for prompt, digest in zip(prompts, digests, strict=True)
    ]


def _natural(name: str) -> tuple[bool, int, str]:
    """Numbers in their order, before words."""
    return (False, int(name), "") if name.isdecimal() else (True, 0, name)
