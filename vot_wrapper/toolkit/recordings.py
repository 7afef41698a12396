"""The toolkit's result files, read back as plain values for the pictures."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
from vot.dataset import Sequence
from vot.experiment.multirun import (
    MultiRunExperiment,
    SupervisedExperiment,
    UnsupervisedExperiment,
)
from vot.experiment.multistart import MultiStartExperiment
from vot.region import Mask, Polygon, Rectangle, Region, Special, calculate_overlap
from vot.tracker import Tracker, Trajectory, is_valid_reference, parse_reference

from samurai.errors import ConfigurationError, SamuraiError
from samurai.evaluation.pictures.recording import (
    Frame,
    MaskShape,
    PolygonShape,
    Recording,
    Shape,
    State,
    Track,
)
from samurai.video.images import read_frame
from vot_wrapper.toolkit.runs import Run
from vot_wrapper.toolkit.workspaces import EvaluationContext

DEFAULT_FPS = 25.0
CONFIDENCE = "confidence"  # the property that long-term measures use too
IGNORED = "_ignore"  # annotation of pixels to ignore, as in the toolkit's analyses


class ResultError(SamuraiError, ValueError):
    """A result file can't be used: cut short, damaged, or of another sequence."""


def trackers_to_show(context: EvaluationContext, names: tuple[str, ...]) -> list[Tracker]:
    """The named trackers, or all that have results; they need not be in a registry.

    Raises:
        ConfigurationError: a name that has no results and is in no registry.
    """
    folder = context.folder / "results"
    recorded = sorted(path.name for path in folder.glob("*") if path.is_dir())
    recorded = [name for name in recorded if is_valid_reference(name)]
    registry = context.workspace.registry
    found = []
    for name in names or recorded:
        if is_valid_reference(name) and name in registry:
            found.append(registry[name])
        elif name in recorded:
            identifier, version = parse_reference(name)
            found.append(Tracker(_identifier=identifier, _source=None, command="", version=version))
        else:
            raise ConfigurationError(
                f"there are no results of a tracker {name!r} in {folder}. Available: "
                f"{', '.join(recorded) or 'none'}"
            )
    return found


def read_recording(run: Run) -> Recording:
    """Reads a run's files and compares them with the ground truth.

    Raises:
        ResultError: a file is damaged, or has another number of frames than it should, or the
            experiment's type can't be drawn.
    """
    if not isinstance(run.experiment, (MultiStartExperiment, MultiRunExperiment)):
        raise ResultError(
            f"results of a {type(run.experiment).__name__} can't be drawn, only those of "
            "multi-start, supervised and unsupervised experiments"
        )
    sequence = run.sequence
    several = len(run.files) > 1
    tracks = [
        _track(run, name, _read(run, file), named=several) for name, file in run.files.items()
    ]
    fps = float(sequence.metadata("fps") or DEFAULT_FPS)

    def image(index: int) -> Frame:
        return read_frame(sequence.frame(run.frames[index]).filename())

    return Recording(
        tracker=run.tracker.reference,
        experiment=run.experiment.identifier,
        sequence=sequence.name,
        name=run.name,
        title=run.title,
        frames=run.frames,
        length=len(sequence),
        fps=fps if fps > 0 else DEFAULT_FPS,
        tracks=tracks,
        image=image,
    )


def newest_result(workspace: Path) -> float:
    """When the last trajectory of a workspace was written, in seconds since the epoch."""
    files = [*(workspace / "results").rglob("*.bin"), *(workspace / "results").rglob("*.txt")]
    return max((file.stat().st_mtime for file in files), default=0.0)


def _read(run: Run, file: str) -> Trajectory:
    try:
        trajectory = Trajectory.read(run.results, file)
    except (ValueError, IndexError, OSError, struct.error) as error:
        raise ResultError(f"the result {file} is damaged or cut short ({error})") from error
    if len(trajectory) != len(run.frames):
        raise ResultError(
            f"the result {file} has {len(trajectory)} frames instead of {len(run.frames)}: it was "
            "cut short, or the sequence has changed"
        )
    return trajectory


def _track(run: Run, name: str, trajectory: Trajectory, *, named: bool) -> Track:
    """One object's trajectory beside its ground truth."""
    sequence = run.sequence
    annotated = sequence.object(name)
    truths = [annotated[frame] for frame in run.frames]
    ignored = sequence.object(IGNORED)
    states = _states(run, annotated, trajectory)
    overlaps = [
        calculate_overlap(region, truth, sequence.size, None if ignored is None else ignored[frame])
        if state in (State.TRACKED, State.ABSENT) and not _is_special(truth, Sequence.UNKNOWN)
        else math.nan
        for state, region, truth, frame in zip(states, trajectory, truths, run.frames, strict=True)
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
        confidences=_confidences(trajectory, states, run),
    )


def _states(run: Run, annotated: list[Region], trajectory: Trajectory) -> list[State]:
    states = [_state(region) for region in trajectory]
    if isinstance(run.experiment, UnsupervisedExperiment):
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
    trajectory: Trajectory, states: list[State], run: Run
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The tracker's confidences; NaN where there is none, or no number."""
    values = np.full(len(trajectory), np.nan)
    for index, state in enumerate(states):
        if state is State.NONE:
            continue
        try:
            given = trajectory.properties(index).get(CONFIDENCE)
        except IndexError as error:
            raise ResultError(
                f"a file of values beside the result of {run.sequence.name} is cut short"
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
