"""Pictures of moments from a data set's images and trackers' files of boxes."""

from __future__ import annotations

from collections.abc import Sequence

from samurai.benchmark.moments import Moments, SequenceBoxes
from samurai.benchmark.results import TrackerResults
from samurai.datasets.base import AnySequence, Boxes, BoxSequence
from samurai.errors import FrameError
from samurai.evaluation.pictures.recording import Frame
from samurai.video.images import read_frame


def moments_of(
    sequences: Sequence[AnySequence], results: Sequence[TrackerResults]
) -> Moments | None:
    """Boxes and images of sequences; None where no sequence with boxes has images.

    Of a tracker's repetitions, the first one is shown; of its conventions of boxes, the first one.
    """
    known = {each.name: each for each in sequences if isinstance(each, BoxSequence) and each.images}
    if not known:
        return None

    def boxes(name: str) -> SequenceBoxes | None:
        sequence = known.get(name)
        if sequence is None:
            return None
        answers = {
            each.tracker: _from_zero(
                each.boxes(name, each.conventions[0], sequence.first_pixel)[0], sequence
            )
            for each in results
            if name in each.files
        }
        return SequenceBoxes(_from_zero(sequence.truth, sequence), answers)

    def image(name: str, index: int) -> Frame | None:
        files = known[name].images
        try:
            return read_frame(str(files[index])) if index < len(files) else None
        except (FrameError, OSError):
            return None

    return Moments(boxes, image)


def _from_zero(boxes: Boxes, sequence: BoxSequence) -> Boxes:
    """Boxes whose top-left pixel is 0, as pictures count."""
    moved = boxes.copy()
    moved[:, :2] -= sequence.first_pixel
    return moved
