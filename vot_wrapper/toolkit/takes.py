"""The toolkit's result files, read back for the pictures.

An experiment runs a tracker over a sequence once or several times: per repetition, per anchor.
Each such run is a `Take`: it says which files it is in and which frames they belong to. Reading
one gives a `Run` of plain values.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from vot.dataset import Sequence
from vot.experiment import Experiment
from vot.experiment.multirun import (
    MultiRunExperiment,
    SupervisedExperiment,
    UnsupervisedExperiment,
)
from vot.experiment.multistart import MultiStartExperiment, find_anchors
from vot.region import Mask, Polygon, Rectangle, Region, Special, calculate_overlap
from vot.tracker import Results, Tracker, Trajectory, is_valid_reference, parse_reference

from samurai.errors import ConfigurationError, SamuraiError
from vot_wrapper.images import read_frame
from vot_wrapper.pictures.runs import Frame, MaskShape, PolygonShape, Run, Shape, State, Track
from vot_wrapper.toolkit.workspaces import Opened

DEFAULT_FPS = 25.0
CONFIDENCE = "confidence"  # the property that long-term measures use too
IGNORED = "_ignore"  # annotation of pixels that don't count, as in the toolkit's analyses


class ResultError(SamuraiError, ValueError):
    """A result file can't be used: cut short, damaged, or of another sequence."""


@dataclass(frozen=True)
class Take:
    """One run of a tracker over a sequence, as the experiment plans it.

    Attributes:
        name: unique among the sequence's takes, fit for a file name.
        title: for a person; empty where there can be only one.
        files: the name of the trajectory per object, without its ending.
        order: the 0-based frames in the order in which they are tracked.
    """

    experiment: Experiment
    tracker: Tracker
    sequence: Sequence
    name: str
    title: str
    files: dict[str, str]
    order: list[int]

    @property
    def results(self) -> Results:
        """Where its files are."""
        return self.experiment.results(self.tracker, self.sequence)

    @property
    def exists(self) -> bool:
        """Whether there is a file for every object."""
        return all(Trajectory.exists(self.results, file) for file in self.files.values())


def trackers_to_show(opened: Opened, names: tuple[str, ...]) -> list[Tracker]:
    """The named trackers, or all that have results; a registry needn't know them.

    Raises:
        ConfigurationError: a name that has no results and is in no registry.
    """
    folder = opened.folder / "results"
    recorded = sorted(path.name for path in folder.glob("*") if path.is_dir())
    recorded = [name for name in recorded if is_valid_reference(name)]
    registry = opened.workspace.registry
    found = []
    for name in names or recorded:
        if is_valid_reference(name) and name in registry:
            found.append(registry[name])
        elif name in recorded:
            identifier, version = parse_reference(name)
            found.append(Tracker(_identifier=identifier, _source=None, command="", version=version))
        else:
            raise ConfigurationError(
                f"there are no results of a tracker {name!r} in {folder}. There are results of: "
                f"{', '.join(recorded) or 'none'}"
            )
    return found


def takes_of(experiment: Experiment, tracker: Tracker, sequence: Sequence) -> list[Take]:
    """All runs that the experiment makes of a sequence, whether there are results or not.

    Raises:
        ResultError: an experiment of a kind whose results nobody has taught us to read.
    """
    if isinstance(experiment, MultiStartExperiment):
        return list(_from_anchors(experiment, tracker, sequence))
    if isinstance(experiment, MultiRunExperiment):
        return list(_repetitions(experiment, tracker, sequence))
    raise ResultError(
        f"results of a {type(experiment).__name__} can't be drawn, only those of multi-start, "
        "supervised and unsupervised experiments"
    )


def read_run(take: Take) -> Run:
    """Reads a take's files and compares them with the ground truth.

    Raises:
        ResultError: a file is damaged, or has another number of frames than it should.
    """
    sequence = take.sequence
    several = len(take.files) > 1
    tracks = [
        _track(take, name, _read(take, file), named=several) for name, file in take.files.items()
    ]
    fps = float(sequence.metadata("fps") or DEFAULT_FPS)

    def image(index: int) -> Frame:
        return read_frame(sequence.frame(take.order[index]).filename())

    return Run(
        tracker=take.tracker.reference,
        experiment=take.experiment.identifier,
        sequence=sequence.name,
        name=take.name,
        title=take.title,
        frames=take.order,
        length=len(sequence),
        fps=fps if fps > 0 else DEFAULT_FPS,
        tracks=tracks,
        image=image,
    )


def newest_result(workspace: Path) -> float:
    """When the last trajectory of a workspace was written, in seconds since the epoch."""
    files = [*(workspace / "results").rglob("*.bin"), *(workspace / "results").rglob("*.txt")]
    return max((file.stat().st_mtime for file in files), default=0.0)


def _from_anchors(
    experiment: MultiStartExperiment, tracker: Tracker, sequence: Sequence
) -> Iterator[Take]:
    forward, backward = find_anchors(sequence, experiment.anchor)
    (name,) = [oid for oid in sequence.objects() if not oid.startswith("_")]
    for anchor in [*forward, *backward]:
        back = anchor in backward
        order = list(range(anchor, -1, -1) if back else range(anchor, len(sequence)))
        way = "backward" if back else "forward"
        yield Take(
            experiment,
            tracker,
            sequence,
            f"anchor_{anchor:08d}",
            f"{way} from frame {anchor}",
            {name: f"{sequence.name}_{anchor:08d}"},
            order,
        )


def _repetitions(
    experiment: MultiRunExperiment, tracker: Tracker, sequence: Sequence
) -> Iterator[Take]:
    objects = list(sequence.objects())
    for number in range(1, experiment.repetitions + 1):
        files = {
            name: f"{sequence.name}_{name}_{number:03d}"
            if len(objects) > 1
            else f"{sequence.name}_{number:03d}"
            for name in objects
        }
        title = f"repetition {number}" if experiment.repetitions > 1 else ""
        order = list(range(len(sequence)))
        yield Take(experiment, tracker, sequence, f"run_{number:03d}", title, files, order)


def _read(take: Take, file: str) -> Trajectory:
    try:
        trajectory = Trajectory.read(take.results, file)
    except (ValueError, IndexError, OSError, struct.error) as error:
        raise ResultError(f"the result {file} is damaged or cut short ({error})") from error
    if len(trajectory) != len(take.order):
        raise ResultError(
            f"the result {file} has {len(trajectory)} frames instead of {len(take.order)}: it was "
            "cut short, or the sequence has changed"
        )
    return trajectory


def _track(take: Take, name: str, trajectory: Trajectory, *, named: bool) -> Track:
    """One object's trajectory beside its ground truth."""
    sequence = take.sequence
    annotated = sequence.object(name)
    truths = [annotated[frame] for frame in take.order]
    ignored = sequence.object(IGNORED)
    states = _states(take, annotated, trajectory)
    overlaps = [
        calculate_overlap(region, truth, sequence.size, None if ignored is None else ignored[frame])
        if state in (State.TRACKED, State.ABSENT) and not _is_special(truth, Sequence.UNKNOWN)
        else math.nan
        for state, region, truth, frame in zip(states, trajectory, truths, take.order, strict=True)
    ]
    answers = [
        _shape(region) if state is State.TRACKED else None
        for state, region in zip(states, trajectory, strict=True)
    ]
    return Track(
        name=name if named else "",
        states=states,
        answers=answers,
        truths=[_shape(truth) for truth in truths],
        hidden=np.array([_is_hidden(truth) for truth in truths]),
        overlaps=np.array(overlaps, np.float64),
        confidences=_confidences(trajectory, states, take),
    )


def _states(take: Take, annotated: list[Region], trajectory: Trajectory) -> list[State]:
    states = [_state(region) for region in trajectory]
    if isinstance(take.experiment, UnsupervisedExperiment):
        # Where several objects are tracked at once, the toolkit writes the start of a later one
        # into the first frame; it was given to the tracker where its annotation begins.
        start = next((n for n, region in enumerate(annotated) if not _is_nothing(region)), 0)
        states[:start] = [State.NONE] * start
        states[start] = State.INIT
    return states


def _state(region: Region) -> State:
    if isinstance(region, Special):
        if region.code == Trajectory.INITIALIZATION:
            return State.INIT
        if region.code == SupervisedExperiment.FAILURE:
            return State.FAILED
        return State.NONE
    return State.ABSENT if region.is_empty() else State.TRACKED


def _confidences(
    trajectory: Trajectory, states: list[State], take: Take
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """What the tracker gave as its confidence; NaN where it gave none, or no number."""
    values = np.full(len(trajectory), np.nan)
    for index, state in enumerate(states):
        if state is State.NONE:
            continue
        try:
            given = trajectory.properties(index).get(CONFIDENCE)
        except IndexError as error:
            raise ResultError(
                f"a file of values beside the result of {take.sequence.name} is cut short"
            ) from error
        try:
            values[index] = math.nan if given is None else float(given)
        except ValueError:
            continue
    values[~np.isfinite(values)] = np.nan
    return values


def _shape(region: Region | None) -> Shape | None:
    """A region as plain numbers; None for one that has no pixels."""
    if isinstance(region, Mask):
        x, y = region.offset
        return MaskShape(region.mask, int(x), int(y)) if region.mask.any() else None
    if isinstance(region, Rectangle):
        left, top = region.x, region.y
        right, bottom = left + region.width, top + region.height
        points = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
    elif isinstance(region, Polygon):
        points = np.array(region.points(), np.float64)
    else:
        return None
    return PolygonShape(points) if np.isfinite(points).all() and not region.is_empty() else None


def _is_nothing(region: Region | None) -> bool:
    return region is None or isinstance(region, Special)


def _is_special(region: Region | None, code: int) -> bool:
    return region is None or (isinstance(region, Special) and region.code == code)


def _is_hidden(truth: Region | None) -> bool:
    """Whether the annotation says that the object is not in view."""
    return truth is not None and not _is_special(truth, Sequence.UNKNOWN) and truth.is_empty()
