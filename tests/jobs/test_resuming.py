"""Crashes, full disks, damaged files: what was answered stays, and the rest has the same bytes."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jobs.conftest import copied_as_if_killed, prompt, stored
from oracles.array_source import ArraySource
from oracles.color_tracker import color_tracker, colored_video

from samurai.errors import JobError, StorageError
from samurai.jobs import Job, Span, snapshots
from samurai.tracker import Tracker
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.sources.base import Pixels, VideoFrame
from samurai.video.tracked import TrackedFrame

LENGTH = 20
PROMPTS = [
    prompt("red", 0),
    prompt("blue", 9),
    prompt("red", 13),
    *(prompt("red", index) for index in (3, 5, 11)),
]


@pytest.fixture
def source(video: list[Pixels]) -> ArraySource:
    return ArraySource(video[:LENGTH])


@pytest.fixture
def crashes(
    tmp_path: Path, source: ArraySource, tracker: Tracker
) -> Callable[..., tuple[dict[str, bytes], list[Path]]]:
    """Tracks, and keeps the folder as it is after so many writes; the records of the whole run."""

    def track(span: Span, every: int) -> tuple[dict[str, bytes], list[Path]]:
        folder = tmp_path / "whole"
        with (
            copied_as_if_killed(folder, every) as kept,
            Job.create(folder, source, tracker, PROMPTS, span) as job,
        ):
            assert job.run()
        return stored(folder), kept

    return track


def cut(folder: Path) -> None:
    """As if the newest record had been written in half."""
    newest = max(folder.rglob("*.records"), key=lambda file: file.stat().st_mtime_ns)
    os.truncate(newest, newest.stat().st_size - 7)


@pytest.mark.parametrize(
    ("direction", "every"),
    [
        ("forward", 19),
        pytest.param("both", 30, marks=pytest.mark.slow),
        pytest.param("forward", 1, marks=pytest.mark.slow),
        pytest.param("both", 1, marks=pytest.mark.slow),
        pytest.param("backward", 1, marks=pytest.mark.slow),
    ],
)
def test_after_a_crash_the_rest_has_the_bytes_of_an_uninterrupted_run(
    crashes: Any, source: ArraySource, tracker: Tracker, direction: Any, every: int
) -> None:
    whole, folders = crashes(Span(direction=direction), every)
    assert len(folders) > 1
    for number, folder in enumerate(folders):
        if number % 2:
            cut(folder)
        with Job.open(folder, source, tracker) as job:
            early = len(list(job.results()))
            assert job.run()
            assert len(list(job.results())) >= early
            assert not any(own.stale for own in job.spans().values())
        assert stored(folder) == whole


def test_what_was_answered_is_there_at_once_after_a_crash(
    crashes: Any, source: ArraySource, tracker: Tracker
) -> None:
    _, folders = crashes(Span(), 16)
    with Job.open(folders[0], source, tracker) as job:
        assert [each.index for each in job.results()][:3] == [0, 1, 2]


def test_a_stopped_job_goes_on_where_it_was(
    tmp_path: Path, source: ArraySource, tracker: Tracker
) -> None:
    with Job.create(tmp_path / "whole", source, tracker, PROMPTS) as job:
        assert job.run()
    for at in (0, 13):
        stop = threading.Event()

        def on_frame(frame: VideoFrame, _: TrackedFrame, at: int = at) -> None:
            if frame.index == at:
                stop.set()  # noqa: B023

        folder = tmp_path / str(at)
        with Job.create(folder, source, tracker, PROMPTS) as job:
            job.run(on_frame, stop=stop)
        source.given.clear()
        with Job.open(folder, source, tracker) as job:
            assert job.run()
            assert not source.given or min(source.given) >= min(at, 3)
        assert stored(folder) == stored(tmp_path / "whole")


def test_snapshots_are_few_and_evenly_spaced(
    tmp_path: Path, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "MOST", 3)
    source = ArraySource(colored_video(44))
    with Job.create(tmp_path / "j", source, tracker, [prompt("red", 2)]) as job:
        assert job.run()
        saved = job._state.snapshots(0).saved()
        assert [each.frame for each in saved if not each.last] == [32, 16, 0]
        assert [each.frame for each in saved if each.last] == [41]
        job.prompt(prompt("red", 20))
        source.given.clear()
        assert job.run()
        assert min(source.given) == 18


@pytest.mark.parametrize("spoiled", [1, 99])
def test_damaged_snapshots_are_skipped(
    crashes: Any,
    source: ArraySource,
    tracker: Tracker,
    spoiled: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    whole, folders = crashes(Span(), 45)
    files = sorted(folders[-1].glob("snapshots/0/*"), key=lambda file: file.name)
    assert len(files) >= 2
    for file in files[-spoiled:]:
        file.write_bytes(file.read_bytes()[:-200])
    with Job.open(folders[-1], source, tracker) as job:
        assert job.run()
    assert "skipped" in caplog.text
    assert stored(folders[-1]) == whole


def test_corrections_go_on_after_their_snapshots_are_lost(
    tmp_path: Path, source: ArraySource, tracker: Tracker
) -> None:
    folder = tmp_path / "j"
    with Job.create(folder, source, tracker, [prompt("red", 0), prompt("blue", 0)]) as job:
        assert job.run()
        job.prompt(prompt("green", 12, "red"))
        given = job.spans()
    for file in folder.glob("snapshots/*/*"):
        file.write_bytes(b"nothing")
    with Job.open(folder, source, tracker) as job:
        assert job.spans() == given
        assert job.run()
        assert job.result(12).answers[0].prompted
        assert not any(own.stale for own in job.spans().values())


@pytest.mark.parametrize(
    "room", [5, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 999, 3_000))]
)
def test_a_full_disk_ends_it_in_one_line_and_keeps_what_is_there(
    tmp_path: Path,
    source: ArraySource,
    tracker: Tracker,
    monkeypatch: pytest.MonkeyPatch,
    room: int,
) -> None:
    with Job.create(tmp_path / "whole", source, tracker, PROMPTS) as job:
        assert job.run()
    left, write = room, os.pwrite

    def full(descriptor: int, data: bytes, offset: int) -> int:
        nonlocal left
        if not left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        part = data[:left]
        left -= len(part)
        return write(descriptor, part, offset)

    folder = tmp_path / "j"
    with Job.create(folder, source, tracker, PROMPTS) as job:
        with monkeypatch.context() as patched:
            patched.setattr("samurai.jobs.store.os.pwrite", full)
            with pytest.raises(StorageError) as caught:
                job.run()
        assert "\n" not in str(caught.value)
        for each in job.results():
            assert each.answers
    with Job.open(folder, source, tracker) as job:
        assert job.run()
    assert stored(folder) == stored(tmp_path / "whole")


def test_no_room_for_a_snapshot_ends_it_too(
    tmp_path: Path, source: ArraySource, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise RuntimeError("PytorchStreamWriter failed writing file data.pkl: file write failed")

    with Job.create(tmp_path / "j", source, tracker, PROMPTS) as job:
        with monkeypatch.context() as patched:
            patched.setattr("torch.save", full)
            with pytest.raises(StorageError):
                job.run()
        assert job.run()


def test_another_video_and_other_settings_are_refused(
    tmp_path: Path, source: ArraySource, tracker: Tracker, video: list[Pixels]
) -> None:
    folder = tmp_path / "j"
    with Job.create(folder, source, tracker, PROMPTS):
        pass
    for other in (ArraySource(video), ArraySource(video[:LENGTH], "else")):
        with pytest.raises(JobError):
            Job.open(folder, other, tracker)
    for settings in ({"policy": "samurai"}, {"name": "others"}, {"conditioning_frames": 5}):
        with pytest.raises(JobError):
            Job.open(folder, source, color_tracker(**settings))
    Job.open(folder, source, tracker).close()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"version": 99}', '{"version": 1}'])
def test_a_damaged_job_is_refused(
    tmp_path: Path, source: ArraySource, tracker: Tracker, content: str
) -> None:
    (tmp_path / "job.json").write_text(content)
    with pytest.raises(JobError):
        Job.open(tmp_path, source, tracker)


def test_a_job_is_open_once(tmp_path: Path, source: ArraySource, tracker: Tracker) -> None:
    with Job.create(tmp_path / "j", source, tracker, PROMPTS), pytest.raises(JobError):
        Job.open(tmp_path / "j", source, tracker)
    Job.open(tmp_path / "j", source, tracker).close()


def test_a_video_file_counts_by_its_content(tmp_path: Path, tracker: Tracker) -> None:
    video = colored_video(8)
    files = [tmp_path / name for name in ("a.mp4", "moved.mp4", "other.mp4")]
    for file, content in zip(files, (b"one", b"one", b"two"), strict=True):
        file.write_bytes(content)
    with Job.create(tmp_path / "j", ArraySource(video, str(files[0])), tracker, []):
        pass
    Job.open(tmp_path / "j", ArraySource(video, str(files[1])), tracker).close()
    with pytest.raises(JobError):
        Job.open(tmp_path / "j", ArraySource(video, str(files[2])), tracker)


def test_all_kinds_of_prompts_are_read_again(
    tmp_path: Path, source: ArraySource, tracker: Tracker
) -> None:
    from oracles.color_tracker import place_of

    from samurai.regions import Points, Region

    box = place_of("red", 0)
    regions: list[Region] = [
        box,
        box.filled((48, 64)),
        Points([[11.3, 11.1]], [1]),
        Points([[11.3, 11.1], [50.0, 40.0]], [1, 0], box),
        Points([[1.0, 2.0]], [0], box),
    ]
    given = [ObjectPrompt(n, 0, region, f"n{n}") for n, region in enumerate(regions)]
    with Job.create(tmp_path / "j", source, tracker, given) as job:
        before = job.prompts
    with Job.open(tmp_path / "j", source, tracker) as job:
        assert [repr(each.region) for each in job.prompts] == [repr(e.region) for e in before]
        assert [repr(each.region) for each in job.prompts] == [repr(e.region) for e in given]
        assert job.objects == {n: f"n{n}" for n in range(5)}


def killed(folder: Path, frames: int) -> None:
    """Track in another process, and kill it after so many frames."""
    code = (
        "import sys; from pathlib import Path; from jobs.test_resuming import for_killing;"
        "for_killing(Path(sys.argv[1]))"
    )
    tests = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(tests)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= frames:
                os.kill(process.pid, signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL


def for_killing(folder: Path) -> None:
    source = ArraySource(colored_video(400))
    with Job.create(folder, source, color_tracker(), PROMPTS) as job:
        job.run(lambda frame, _: print(frame.index, flush=True))


@pytest.mark.slow
@pytest.mark.parametrize("frames", [1, 50, 137])
def test_kill_9(tmp_path: Path, frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the other process counts settings as they are
    source, tracker = ArraySource(colored_video(400)), color_tracker()
    killed(tmp_path / "killed", frames)
    with Job.open(tmp_path / "killed", source, tracker) as job:
        assert len(list(job.results())) > frames
        assert job.run()
    with Job.create(tmp_path / "whole", source, tracker, PROMPTS) as job:
        assert job.run()
    assert stored(tmp_path / "killed") == stored(tmp_path / "whole")


class Stop(threading.Event):
    """Set once a frame is answered."""

    def __init__(self, last: int | None) -> None:
        super().__init__()
        self._last = last

    def answered(self, frame: VideoFrame, _: TrackedFrame) -> None:
        if frame.index == self._last:
            self.set()


@pytest.mark.parametrize("direction", ["forward", pytest.param("both", marks=pytest.mark.slow)])
def test_a_run_goes_on_across_frames_of_another_size(
    tmp_path: Path, video: list[Pixels], tracker: Tracker, direction: Any
) -> None:
    frames = [*video[:10], *(each.repeat(2, axis=0).repeat(2, axis=1) for each in video[10:15])]
    span = Span(direction=direction)
    prompts = [prompt("red", 4), prompt("blue", 2)]

    def run(folder: Path, *stops: int) -> dict[str, bytes]:
        source = ArraySource(frames)
        Job.create(folder, source, tracker, prompts, span).close()
        for last in (*stops, None):
            stop = Stop(last)
            with Job.open(folder, source, tracker) as job:
                assert job.run(stop.answered, stop=stop) == (last is None)
                answers = [each for each in job.results() if each.index > 9]
        assert {a.mask.shape for each in answers for a in each.answers} == {(96, 128)}
        return stored(folder)

    assert run(tmp_path / "stopped", 7, 9, 10, 13) == run(tmp_path / "whole")
