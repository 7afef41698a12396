"""What a run of `samurai track` came to, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from samurai.cli.track.plan import VideoPlan
from samurai.cli.track.progress import TrackProgress
from samurai.regions import ObjectId
from samurai.spelling import counted
from samurai.video.tracked import TrackedFrame


@dataclass
class _Object:
    answered: int = 0
    seen: int = 0
    confidence: float = 0.0  # summed over the frames in which it is seen


class Summary:
    """Counts what the outputs get."""

    def __init__(self) -> None:
        self._objects: dict[ObjectId, _Object] = {}
        self._newest = -1

    def add(self, tracked: TrackedFrame) -> None:
        """A frame is written."""
        self._newest = max(self._newest, tracked.index)
        for answer in tracked.answers:
            counts = self._objects.setdefault(answer.object_id, _Object())
            counts.answered += 1
            if not answer.absent:
                counts.seen += 1
                counts.confidence += answer.confidence

    @property
    def empty(self) -> bool:
        """Whether no frame was answered."""
        return self._newest < 0

    def lines(
        self,
        plan: VideoPlan,
        progress: TrackProgress,
        labels: Mapping[ObjectId, str],
        reasons: Mapping[ObjectId, str],
    ) -> Iterator[str]:
        """The video, its objects, its outputs.

        Args:
            labels: names of objects.
            reasons: why they are there, of those that were found.
        """
        rate = f" at {progress.rate:.1f} frames/s" if progress.rate else ""
        yield f"{plan.name}: {counted(progress.frames, 'frame')} tracked{rate}"
        if not (self._objects or self.empty):
            yield "  no object was found in them"
        for object_id, counts in self._objects.items():
            mean = f", mean confidence {counts.confidence / counts.seen:.2f}" if counts.seen else ""
            called = labels.get(object_id, f"object {object_id}")
            if object_id in reasons:
                called += f" ({reasons[object_id]})"
            yield f"  {called}: seen in {counts.seen} of {counts.answered}{mean}"
        for target in plan.targets:
            if not self.empty:
                yield f"  {target.kind}: {target.path}"

    def stopped(self, goes_on: bool) -> str:
        """Where a run ended that was stopped, and whether it can be gone on with."""
        if self.empty:
            return "stopped before the first frame was answered: nothing is written"
        remedy = ". The same command with --resume goes on" if goes_on else ""
        return f"stopped after frame {self._newest}: the outputs end there{remedy}"
