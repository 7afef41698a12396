"""The tracker process under measurement.

    python -m benchmarks.speed.served '{"variant": {...}, "report": "report.json", ...}'

It is `python -m vot_wrapper`, with the model of a variant (random weights, whole frames) and the
instruments that were asked for; without instruments nothing is wrapped once it is loaded. What it
noted is written to the report when the client has quit. Nothing heavy is imported before the
process is quiet, as there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.speed.counts import LapCounter
    from benchmarks.speed.stopwatch import Stopwatch
    from benchmarks.speed.variant import Variant
    from vot_wrapper.settings import Settings


@dataclass(frozen=True)
class Instruments:
    """What a process measures inside itself.

    Attributes:
        parts: the time of every part of every frame.
        count_from: number of the frame from which waits and launches are counted; that frame
            itself isn't. None: not at all.
        sample_every: note the memory after so many frames; 0: never.
    """

    parts: bool = False
    count_from: int | None = None
    sample_every: int = 0


@dataclass
class Notes:
    """What the process tells: MiB, seconds, numbers per frame."""

    startup: dict[str, float] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    frames: list[dict[str, float]] = field(default_factory=list)
    recalled: list[tuple[int, int]] = field(default_factory=list)
    samples: list[tuple[int, float, float]] = field(default_factory=list)
    counts: dict[str, float] = field(default_factory=dict)
    peak: dict[str, float] = field(default_factory=dict)


class Observer:
    """Wraps what the instruments need, once the tracker is loaded, and takes the notes."""

    def __init__(self, instruments: Instruments, notes: Notes) -> None:
        self._instruments = instruments
        self._notes = notes
        self._stack = ExitStack()
        self._number = -1
        self._stopwatch: Stopwatch | None = None
        self._counter: LapCounter | None = None

    def install(self, tracker: Any, policy: str) -> None:
        from benchmarks.speed.components import FRAME
        from benchmarks.speed.counts import LapCounter
        from benchmarks.speed.patches import replaced

        asked = self._instruments
        if asked == Instruments():
            return
        if asked.parts:
            self._time_parts(tracker.network, policy)
        if asked.count_from is not None:
            self._counter = LapCounter(tracker.network.device.type, asked.count_from)
        self._stack.enter_context(replaced(FRAME, self._watching))

    def finish(self) -> None:
        """Take everything away again."""
        if self._counter is not None:
            self._notes.counts = self._counter.stop()
        self._note_peak()
        self._stack.close()

    def _note_peak(self) -> None:
        """Before the counters begin, which take memory themselves; else at the end."""
        from benchmarks.speed import resident

        if not self._notes.peak:
            self._notes.peak = {"host": resident.peak_host(), "device": resident.peak_device()}

    def _time_parts(self, network: Any, policy: str) -> None:
        from benchmarks.speed.components import (
            COMPONENTS,
            IN_BACKGROUND,
            POLICY_STEPS,
            WAITED_FOR,
        )
        from benchmarks.speed.patches import replaced, replaced_in
        from benchmarks.speed.stopwatch import Stopwatch, waiter
        from samurai.policies import policy_class

        watch = Stopwatch(waiter(network.device.type))
        for part, places in COMPONENTS.items():
            for place in places:
                self._stack.enter_context(replaced(place, watch.times(part), of=network))
        waiting = replaced(IN_BACKGROUND, lambda _: lambda session: getattr(session, WAITED_FOR)())
        self._stack.enter_context(waiting)
        steps = policy_class(policy)
        for step in POLICY_STEPS:
            self._stack.enter_context(replaced_in(steps, step, watch.times("choice")))
        self._stack.enter_context(replaced_in(steps, "recall", self._noting_recall))
        self._stopwatch = watch

    def _noting_recall(self, recall: Callable[..., Any]) -> Callable[..., Any]:
        """How many maps and pointers are read: a policy that reads fewer has less to do."""

        def noting(policy: Any, time: int) -> Sequence[Any]:
            wanted: Sequence[Any] = recall(policy, time)
            self._notes.recalled += [(len(one.maps), len(one.pointers)) for one in wanted]
            return wanted

        return noting

    def _watching(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        """`Conversation.answer`, one frame, with everything noted that was asked for."""

        def watched(conversation: Any, request: Any) -> None:
            self._number += 1
            if self._counter is not None and self._counter.counts(self._number):
                self._note_peak()
                with self._counter.frame(self._number):
                    answer(conversation, request)
                return
            self._timed(answer, conversation, request)
            every = self._instruments.sample_every
            if every and self._number % every == 0:
                from benchmarks.speed import resident

                self._notes.samples.append((self._number, resident.host(), resident.device()))

        return watched

    def _timed(self, answer: Callable[..., Any], conversation: Any, request: Any) -> None:
        from benchmarks.speed.components import REST

        if self._stopwatch is None:
            answer(conversation, request)
            return
        self._stopwatch.lap()
        self._stopwatch.times(REST)(answer)(conversation, request)
        self._notes.frames.append(self._stopwatch.lap())


def loader(variant: Variant, observer: Observer, notes: Notes) -> Callable[[Settings], Any]:
    """Loads the variant's tracker as the tracker process does, and notes what memory that took."""

    def load(settings: Settings) -> Any:
        import torch

        from benchmarks.speed import resident
        from benchmarks.speed.patches import Place, replaced
        from benchmarks.speed.variant import LOAD
        from vot_wrapper.trax.process import load_tracker

        def noting(stage: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
            def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
                def noted(*arguments: Any, **named: Any) -> Any:
                    notes.startup[stage] = resident.host()
                    return function(*arguments, **named)

                return noted

            return wrap

        with (
            variant.loaded_instead(),
            replaced(LOAD, noting("import")),
            replaced(Place("samurai.tracker", "Tracker.warm_up"), noting("load")),
        ):
            tracker = load_tracker(settings)
        notes.startup["warm-up"] = resident.host()
        network: Any = tracker.network  # type: ignore[attr-defined]
        notes.about = {
            "threads": torch.get_num_threads(),
            "device": str(network.device),
            "dtype": str(network.dtype).removeprefix("torch."),
            "input": network.spec.input_size,
        }
        observer.install(tracker, settings.policy)
        return tracker

    return load


def main() -> int:
    from benchmarks.speed.variant import Variant
    from vot_wrapper.trax.process import run

    options = json.loads(sys.argv[1])
    notes = Notes()
    observer = Observer(Instruments(**options["instruments"]), notes)
    try:
        return run(loader(Variant(**options["variant"]), observer, notes))
    finally:
        observer.finish()
        Path(options["report"]).write_text(json.dumps(asdict(notes)), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
