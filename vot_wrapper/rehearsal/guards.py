"""Two guards of a rehearsal: the polarity of first masks, and equal bytes in another order.

Both read result files, so they hold for any tracker and for what is uploaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from vot.dataset import Sequence
from vot.experiment import Experiment
from vot.region import Mask, Region, Special
from vot.tracker import Trajectory

from samurai.core.session_checks import LEAST_SHARE, share_in_box
from samurai.regions import Box
from vot_wrapper.toolkit.runs import Run, runs_of
from vot_wrapper.toolkit.trajectories import file_of, path_of, property_files
from vot_wrapper.toolkit.workspaces import EvaluationContext

MARGIN = 0.25  # of a box's size, by which it is grown: the object has moved by a frame


@dataclass(frozen=True)
class FirstMask:
    """The worst first answer of a sequence.

    Attributes:
        sequence, object: whose.
        share: of the mask's pixels in the object's true box, grown by `MARGIN`; None where the
            answer is empty.
    """

    sequence: str
    object: str
    share: float | None

    @property
    def suspicious(self) -> bool:
        """Whether the mask lies mostly outside: the background, perhaps."""
        return self.share is None or self.share < LEAST_SHARE


def untimed(context: EvaluationContext) -> Experiment:
    """The experiment without a clock that has the fewest frames to run."""
    tracker = context.trackers[0]
    candidates = [each for each in context.workspace.stack if each.realtime is None]

    def frames(experiment: Experiment) -> int:
        sequences = experiment.transform(context.sequences)
        return sum(len(r.frames) for each in sequences for r in runs_of(experiment, tracker, each))

    return min(candidates, key=frames)


def first_masks(context: EvaluationContext) -> list[FirstMask]:
    """The worst first answer of every sequence; none where objects are points.

    The first frame of a run has no answer in the toolkit's files, so the second one counts, for
    late objects the one after they start.
    """
    experiment, found = untimed(context), []
    for sequence in experiment.transform(context.sequences):
        shares = [
            each
            for run in runs_of(experiment, context.trackers[0], sequence)
            for each in _shares(run, sequence)
        ]
        if shares:
            name, share = min(shares, key=lambda each: -1.0 if each[1] is None else each[1])
            found.append(FirstMask(sequence.name, name, share))
    return found


def _shares(run: Run, sequence: Sequence) -> Iterator[tuple[str, float | None]]:
    """For each object of a run the share of its first mask in its true box."""
    for name, file in run.files.items():
        truth = [sequence.object(name, frame) for frame in run.frames]
        answers = Trajectory.read(run.results, file).regions()
        start = next((i for i, region in enumerate(truth) if not isinstance(region, Special)), None)
        if start is None or start + 1 >= len(truth):
            continue
        there, answer = _pixels(truth[start + 1], sequence), _pixels(answers[start + 1], sequence)
        if there is None or not there.any():
            continue
        if answer is None or not answer.any():
            if isinstance(answers[start + 1], Mask | Special):
                yield name, None
            continue
        yield name, share_in_box(answer, _grown(there))


def _pixels(region: Region, sequence: Sequence) -> NDArray[np.bool_] | None:
    """A mask on the frame's canvas; None for a region of another kind."""
    return mask_of(region, sequence.size) if isinstance(region, Mask) else None


def mask_of(region: Mask, size: tuple[int, int]) -> NDArray[np.bool_]:
    """A mask on a canvas of a (width, height) frame."""
    width, height = size
    canvas = np.zeros((height, width), np.bool_)
    x, y = region.offset
    part = region.mask[max(-y, 0) : max(height - y, 0), max(-x, 0) : max(width - x, 0)] != 0
    top, left = max(y, 0), max(x, 0)
    canvas[top : top + part.shape[0], left : left + part.shape[1]] = part
    return canvas


def _grown(mask: NDArray[np.bool_]) -> Box:
    box = Box.of_mask(mask)
    assert box is not None
    return Box(
        box.x - MARGIN * box.width,
        box.y - MARGIN * box.height,
        (1 + 2 * MARGIN) * box.width,
        (1 + 2 * MARGIN) * box.height,
    )


def differing_files(
    experiment: Experiment, one: EvaluationContext, other: EvaluationContext
) -> list[str]:
    """Result files of an experiment that differ between two workspaces, times left out."""
    first, second = (dict(_files(context, experiment.identifier)) for context in (one, other))
    names = sorted(first.keys() | second.keys())
    return [name for name in names if _bytes(first.get(name)) != _bytes(second.get(name))]


def _files(context: EvaluationContext, identifier: str) -> Iterator[tuple[str, Path]]:
    experiment = context.workspace.stack[identifier]
    for sequence in experiment.transform(context.sequences):
        for run in runs_of(experiment, context.trackers[0], sequence):
            for name in run.files.values():
                properties = property_files(run.results, name)
                answers = file_of(run.results, name)
                for file in (answers, *(properties[key] for key in properties if key != "time")):
                    if file is not None:
                        yield f"{sequence.name}/{file}", path_of(run.results, file)


def _bytes(file: Path | None) -> bytes | None:
    return None if file is None else file.read_bytes()
