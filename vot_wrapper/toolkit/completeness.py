"""Check that every experiment, sequence, object and run of a submission has its results."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from vot.experiment import Experiment
from vot.experiment.multirun import MultiRunExperiment
from vot.tracker import Tracker

from samurai.cli.finding import Finding
from vot_wrapper.toolkit import trajectories
from vot_wrapper.toolkit.runs import UNNAMED, Run, runs_of
from vot_wrapper.toolkit.workspaces import EvaluationContext

ENOUGH_REPETITIONS = 3  # the toolkit stops repeating after as many equal ones
CONFIDENCE = "confidence"


@dataclass
class Completeness:
    """The files of a submission, and the problems found in them.

    Attributes:
        files: every file that belongs into the archive, by its name in there.
        counts: per experiment its sequences and its runs.
        frames: regions in all runs.
        problems: everything that is missing or damaged.
    """

    files: dict[str, Path] = field(default_factory=dict)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    frames: int = 0
    problems: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """The trajectory of one object in a run; `name` is its file without extension."""

    run: Run
    object: str
    name: str

    def __str__(self) -> str:
        where, title = str(replace(self.run, title="")), self.run.title
        named = len(self.run.files) > 1 or self.object != UNNAMED
        return ", ".join(filter(None, [where, f"object {self.object}" * named, title]))

    @property
    def file(self) -> str | None:
        """Name of the trajectory's file in the results' folder; None where there is none."""
        return trajectories.file_of(self.run.results, self.name)

    @property
    def redundant(self) -> bool:
        """Whether the toolkit skips this repetition, because enough earlier ones were equal."""
        experiment = self.run.experiment
        if not isinstance(experiment, MultiRunExperiment):
            return False
        if self.run.repetition <= ENOUGH_REPETITIONS:
            return False
        with contextlib.suppress(Exception):  # damaged repetitions are reported elsewhere
            return bool(experiment._can_stop(self.run.tracker, self.run.sequence))
        return False


def check_completeness(context: EvaluationContext, tracker: Tracker, again: str) -> Completeness:
    """Looks at every result that the stack's experiments make of the workspace's sequences.

    Args:
        again: the command that runs what is missing or damaged.
    """
    completeness = Completeness()
    remedy = f"run `{again}`"
    for experiment in context.workspace.stack:
        places, unusable = _places(context, tracker, experiment)
        completeness.problems += unusable
        present = [place for place in places if place.file is not None]
        absent = [place for place in places if place.file is None and not place.redundant]
        completeness.problems += _missing(absent, bool(present), remedy)
        for place in present:
            completeness.problems += _damaged(place, remedy)
            completeness.files |= _packed(place)
            completeness.frames += len(place.run.frames)
        completeness.problems += _lacking(present, again)
        sequences = {place.run.sequence.name for place in places}
        completeness.counts[experiment.identifier] = (len(sequences), len(present))
    return completeness


def _places(
    context: EvaluationContext, tracker: Tracker, experiment: Experiment
) -> tuple[list[Place], list[Finding]]:
    """Every run of an experiment, and the sequences that it can't use."""
    places, unusable = [], []
    for sequence in experiment.transform(context.sequences):
        try:
            runs = runs_of(experiment, tracker, sequence)
        except Exception as error:  # data lacks something; the toolkit raises anything
            where = f"{tracker.reference}, {experiment.identifier}, {sequence.name}"
            what = f"the sequence can't be used: {error}"
            remedy = "complete the sequence's folder; is this the data set of the stack?"
            unusable.append(Finding("FAIL", where, what, remedy))
            continue
        places += [Place(run, *each) for run in runs for each in run.files.items()]
    return places, unusable


def _missing(absent: list[Place], others: bool, remedy: str) -> Iterator[Finding]:
    """One finding per missing file, or one for an experiment that was never run."""
    if absent and not others:
        run = absent[0].run
        sequences = len({place.run.sequence.name for place in absent})
        what = f"no results at all: {len(absent)} trajectories of {sequences} sequences are missing"
        yield Finding("FAIL", f"{run.tracker.reference}, {run.experiment.identifier}", what, remedy)
        return
    for place in absent:
        yield Finding("FAIL", str(place), f"{place.name}.bin is missing", remedy)


def _damaged(place: Place, remedy: str) -> Iterator[Finding]:
    results, name = place.run.results, place.name
    for file, flaw in trajectories.validate(results, name, len(place.run.frames)):
        yield Finding("FAIL", str(place), f"{file} {flaw}", remedy)
    if results.exists(f"{name}.bin") and results.exists(f"{name}.txt"):
        what = f"{name} exists as .bin and .txt; .bin is packed, analyses read .txt"
        yield Finding("WARN", str(place), what, "delete the one that is out of date")


def _lacking(present: list[Place], again: str) -> Iterator[Finding]:
    """Properties, confidence above all, that other runs of the experiment have.

    A run of a single frame has only an initialization, and no answer with properties.
    """
    tracked = [place for place in present if len(place.run.frames) != 1]
    found = [set(trajectories.property_files(each.run.results, each.name)) for each in tracked]
    everywhere = Counter(name for names in found for name in names)
    for place, names in zip(tracked, found, strict=True):
        for name in sorted(everywhere.keys() - names - {trajectories.TIME}):
            file = f"{place.name}_{name}.value"
            what = f"{file} is missing; {everywhere[name]} of {len(tracked)} runs have one"
            remedy = f"delete {place.file} and run `{again}`"
            yield Finding("WARN" if name != CONFIDENCE else "FAIL", str(place), what, remedy)


def _packed(place: Place) -> dict[str, Path]:
    """The run's files as `vot pack` names them in the archive."""
    folder = f"{place.run.experiment.identifier}/{place.run.sequence.name}"
    results = place.run.results
    files: Iterable[str | None] = (
        place.file,
        *trajectories.property_files(results, place.name).values(),
    )
    return {
        f"{folder}/{file}": trajectories.path_of(results, file)
        for file in files
        if file is not None
    }
