"""Is everything there that a submission needs? Every experiment, sequence, object and run."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from vot.dataset import Sequence
from vot.experiment import Experiment
from vot.experiment.multirun import MultiRunExperiment
from vot.tracker import Results, Tracker

from vot_wrapper.problems import Problem
from vot_wrapper.toolkit import trajectories
from vot_wrapper.toolkit.runs import Run, runs_of
from vot_wrapper.toolkit.workspaces import Opened

ENOUGH_REPETITIONS = 3  # the toolkit stops repeating after as many equal ones
CONFIDENCE = "confidence"


@dataclass
class Inventory:
    """What a tracker has to submit.

    Attributes:
        files: every file that belongs into the archive, by its name in there.
        counts: per experiment its sequences and its runs.
        frames: regions in all runs.
        problems: everything that is missing or damaged.
    """

    files: dict[str, Path] = field(default_factory=dict)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    frames: int = 0
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """A run's results, and how to speak of them."""

    tracker: Tracker
    experiment: Experiment
    sequence: Sequence
    run: Run
    results: Results

    def __str__(self) -> str:
        named = (self.tracker.reference, self.experiment.identifier, self.sequence.name)
        return ", ".join((*named, self.run.what) if self.run.what else named)

    @property
    def file(self) -> str | None:
        return trajectories.file_of(self.results, self.run.name)

    @property
    def needless(self) -> bool:
        """Whether the toolkit does without this repetition: enough were equal before it."""
        if not isinstance(self.experiment, MultiRunExperiment):
            return False
        if self.run.repetition <= ENOUGH_REPETITIONS:
            return False
        with contextlib.suppress(Exception):  # damaged repetitions, which are told elsewhere
            return bool(self.experiment._can_stop(self.tracker, self.sequence))
        return False


def take_inventory(opened: Opened, tracker: Tracker, again: str) -> Inventory:
    """Looks at every result that the stack's experiments make of the workspace's sequences.

    Args:
        again: the command that runs what is missing or damaged.
    """
    inventory = Inventory()
    remedy = f"run `{again}`"
    for experiment in opened.workspace.stack:
        places, unusable = _places(opened, tracker, experiment)
        inventory.problems += unusable
        present = [place for place in places if place.file is not None]
        absent = [place for place in places if place.file is None and not place.needless]
        inventory.problems += _missing(absent, bool(present), remedy)
        for place in present:
            inventory.problems += _damaged(place, remedy)
            inventory.files |= _packed(place)
            inventory.frames += place.run.frames or 0
        inventory.problems += _lacking(present, again)
        sequences = {place.sequence.name for place in places}
        inventory.counts[experiment.identifier] = (len(sequences), len(present))
    return inventory


def _places(
    opened: Opened, tracker: Tracker, experiment: Experiment
) -> tuple[list[Place], list[Problem]]:
    """Every run of an experiment, and the sequences that it can't use."""
    places, unusable = [], []
    for sequence in experiment.transform(opened.sequences):
        try:
            runs = runs_of(experiment, tracker, sequence)
            results = experiment.results(tracker, sequence)
        except Exception as error:  # data lacks something; the toolkit raises anything
            where = f"{tracker.reference}, {experiment.identifier}, {sequence.name}"
            what = f"the sequence can't be used: {error}"
            remedy = "complete the sequence's folder; is this the data set of the stack?"
            unusable.append(Problem(where, what, remedy))
            continue
        places += [Place(tracker, experiment, sequence, run, results) for run in runs]
    return places, unusable


def _missing(absent: list[Place], others: bool, remedy: str) -> Iterator[Problem]:
    """A line per missing file; one for a whole experiment that was never run."""
    if absent and not others:
        first = absent[0]
        sequences = len({place.sequence.name for place in absent})
        what = f"no results at all: {len(absent)} trajectories of {sequences} sequences are missing"
        yield Problem(f"{first.tracker.reference}, {first.experiment.identifier}", what, remedy)
        return
    for place in absent:
        yield Problem(str(place), f"{place.run.name}.bin is missing", remedy)


def _damaged(place: Place, remedy: str) -> Iterator[Problem]:
    results, run = place.results, place.run
    for file, flaw in trajectories.flaws(results, run.name, run.frames):
        yield Problem(str(place), f"{file} {flaw}", remedy)
    if results.exists(f"{run.name}.bin") and results.exists(f"{run.name}.txt"):
        what = f"{run.name} is there as .bin and .txt; .bin is packed, .txt is what analyses read"
        yield Problem(str(place), what, "delete the one that is out of date", warning=True)


def _lacking(present: list[Place], again: str) -> Iterator[Problem]:
    """Properties, confidence above all, that other runs of the experiment have.

    A run of a single frame has only an initialisation, which answers nothing.
    """
    tracked = [place for place in present if place.run.frames != 1]
    found = {
        place: set(trajectories.property_files(place.results, place.run.name)) for place in tracked
    }
    everywhere = Counter(name for names in found.values() for name in names)
    for place, names in found.items():
        for name in sorted(everywhere.keys() - names - {trajectories.TIME}):
            file = f"{place.run.name}_{name}.value"
            what = f"{file} is missing; {everywhere[name]} of {len(tracked)} runs have theirs"
            remedy = f"delete {place.file} and run `{again}`"
            yield Problem(str(place), what, remedy, warning=name != CONFIDENCE)


def _packed(place: Place) -> dict[str, Path]:
    """The run's files as `vot pack` names them in the archive."""
    folder = f"{place.experiment.identifier}/{place.sequence.name}"
    files: Iterable[str | None] = (
        place.file,
        *trajectories.property_files(place.results, place.run.name).values(),
    )
    return {
        f"{folder}/{file}": trajectories.path_of(place.results, file)
        for file in files
        if file is not None
    }
