"""What is reported while a tracker runs: every frame, with the number of frames to come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vot_wrapper.toolkit.running import Failure, run_missing
from vot_wrapper.toolkit.workspaces import open_workspace

MakeWorkspace = Callable[..., Path]


class Recorder:
    """Takes what a console is told."""

    def __init__(self) -> None:
        self.frames: dict[str, int] = {}
        self.parts: dict[str, list[float]] = {}
        self._experiment = self._at = ""

    def experiment(self, name: str, kept: int, count: int) -> None:
        self._experiment = name

    def sequence(self, name: str, number: int, count: int, frames: int = 0) -> None:
        self._at = f"{self._experiment}/{name}"
        self.frames[self._at], self.parts[self._at] = frames, []

    def progress(self, part: float) -> None:
        self.parts[self._at].append(part)

    def finished(self, seconds: float) -> None:
        pass

    def failed(self, failure: Failure) -> None:
        raise AssertionError(failure)

    def damaged(self, sequence: str, result: str) -> None:
        raise AssertionError(result)


def test_every_frame_counts_equally(make_workspace: MakeWorkspace) -> None:
    """Also in runs from anchors, whose lengths differ: 20 + 10 + 20 frames, 14 + 7 + 14."""
    folder = make_workspace()
    stack = folder / "stack.yaml"
    several = "    type: unsupervised\n    repetitions: 2\n"
    stack.write_text(stack.read_text().replace("    type: unsupervised\n", several))
    context = open_workspace(folder, ("scripted",), None, (), folder, lambda _: None)
    recorder = Recorder()
    assert run_missing(context, context.trackers[0], recorder, force=False) == []
    assert recorder.frames == {
        "baseline/drift": 50,
        "baseline/swing": 35,
        "unsupervised/drift": 40,
        "unsupervised/swing": 28,
    }
    for name, frames in recorder.frames.items():
        counted = [part * frames for part in recorder.parts[name]]
        assert set(range(1, frames + 1)) == set(map(round, counted))
        assert counted == sorted(counted)
        assert counted == pytest.approx([round(count) for count in counted])


def test_only_what_is_missing_counts(make_workspace: MakeWorkspace) -> None:
    folder = make_workspace()
    context = open_workspace(folder, ("scripted",), None, ("drift",), folder, lambda _: None)
    run_missing(context, context.trackers[0], Recorder(), force=False)
    results = folder / "results" / "scripted" / "baseline" / "drift"
    for file in results.glob("drift_00000010*"):
        file.unlink()
    recorder = Recorder()
    run_missing(context, context.trackers[0], recorder, force=False)
    assert recorder.frames == {"baseline/drift": 10}
    parts = list(dict.fromkeys(recorder.parts["baseline/drift"]))
    assert parts == pytest.approx([n / 10 for n in range(1, 11)])
