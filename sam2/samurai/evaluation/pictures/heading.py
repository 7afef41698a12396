"""The heading of a picture: the run, its numbers, and the legend."""

from __future__ import annotations

from samurai.evaluation.pictures.drawing import FILL, TRUTH
from samurai.evaluation.pictures.figure import new_figure, shade, to_frame
from samurai.evaluation.pictures.recording import Frame, Recording
from samurai.painting.colors import BRIGHT, FAINT, LINES, color_of
from samurai.painting.text import LARGE

HEADING_HEIGHT = 58
MARGIN = 14


def draw_heading(recording: Recording, width: int) -> Frame:
    """Two lines, RGB (58, width, 3): the sequence and a legend; tracker, experiment and numbers."""
    names = (recording.tracker, recording.experiment, recording.title, numbers(recording))
    left, low, high = MARGIN / width, 10 / HEADING_HEIGHT, 34 / HEADING_HEIGHT
    with new_figure(width, HEADING_HEIGHT) as figure:
        title = figure.text(left, high, recording.sequence, size=LARGE, weight="bold")
        figure.text(left, low, "  ·  ".join(filter(None, names)), color=shade(FAINT))
        entries = _entries(recording)
        for count in range(len(entries), 0, -1):  # as many as fit
            legend = figure.legend(
                handles=entries[:count],
                loc="lower right",
                bbox_to_anchor=(1 - left, high),
                borderaxespad=0,
                ncols=count,
                handlelength=1.3,
                columnspacing=1.2,
                labelcolor=shade(BRIGHT),
            )
            if legend.get_window_extent().x0 > title.get_window_extent().x1:
                break
            legend.remove()
        return to_frame(figure)


def numbers(recording: Recording) -> str:
    """The run's length, mean overlap and number of failures."""
    words = [f"{len(recording.frames)} frames"]
    if recording.mean_overlap is not None:
        words.append(f"mean overlap {recording.mean_overlap:.3f}")
    if recording.failures:
        count = len(recording.failures)
        words.append(f"{count} failure{'s' if count > 1 else ''}")
    return ", ".join(words)


def _entries(recording: Recording) -> list[object]:
    """Boxes like the ground truth and like each object's answer."""
    from matplotlib.patches import Patch

    several = len(recording.tracks) > 1
    entries = [
        Patch(
            facecolor=(*shade(color_of(number)), FILL),
            edgecolor=shade(color_of(number)),
            linewidth=2,
            label=track.name if several else "answer",
        )
        for number, track in enumerate(recording.tracks)
    ]
    truth = Patch(facecolor=shade(LINES), edgecolor=shade(TRUTH), label="ground truth")
    return [truth, *entries]
