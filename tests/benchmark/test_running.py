"""Runs of a data set: resumed, killed, refused where results would be mixed."""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles.local_ray import LocalRay
from oracles.small_benchmark import box_sequence, dataset, mask_sequence, save
from oracles.stub_tracker import KILL, KILL_AT, StubSession, StubTracker, load_stub

from samurai.benchmark.running import Contender, RunOptions, RunResult, run_tracker
from samurai.benchmark.scores import Speed
from samurai.benchmark.speed import speed_of
from samurai.config import TrackerConfig
from samurai.datasets.base import AnySequence, BoxSequence
from samurai.errors import ConfigurationError, DatasetError, DeviceError, StorageError
from samurai.runtime import ray_pool

pytestmark = pytest.mark.usefixtures("plain_environment")

MINE = Contender("mine", TrackerConfig(device="cpu"))


@pytest.fixture
def sequences(tmp_path: Path) -> list[BoxSequence]:
    return [box_sequence(tmp_path / "data", f"s{n}", frames=4 + n, first_pixel=1) for n in range(4)]


def run(
    folder: Path,
    sequences: Sequence[AnySequence],
    contender: Contender = MINE,
    stream: io.StringIO | None = None,
    score: Any = None,
    **options: Any,
) -> RunResult:
    options = {"load": load_stub, **options}
    data = dataset("toy", sequences)
    out = stream or io.StringIO()
    return run_tracker(data, sequences, contender, RunOptions(folder, **options), out, score)


def results(folder: Path) -> dict[str, bytes]:
    """All files but the times."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.endswith(("_time.txt", ".lock"))
    }


def times(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mtime_ns for file in folder.rglob("*.txt")}


def test_files_are_those_that_others_read(tmp_path: Path, sequences: list[BoxSequence]) -> None:
    done = run(tmp_path / "out", sequences)
    assert done.folder == tmp_path / "out/toy/mine" and not done.faults and not done.notes
    assert (done.folder / "s1.txt").read_text().splitlines()[:2] == ["4,3,8,6", "5,3,8,6"]
    assert len((done.folder / "s1_time.txt").read_text().splitlines()) == 5
    assert (done.folder / "s1_confidence.txt").read_text() == "0.75\n" * 5
    record = json.loads((done.folder / "run.json").read_text())
    assert record["box"] == "pixels" and record["first_pixel"] == 1 and record["device"] == "cpu"
    assert record["weights"] and record["versions"]["torch"] and record["policy"] == "samurai"
    assert set(record["sequences"]) == {"s0", "s1", "s2", "s3"}
    assert {note["made_with"] for note in record["sequences"].values()} == set(record["made_with"])


class StoppedTracker(StubTracker):
    """Is interrupted in the second frame of its third sequence."""

    def __init__(self) -> None:
        self.sessions = 0

    def session(self) -> StubSession:
        self.sessions += 1
        return StoppedSession() if self.sessions == 3 else StubSession()


class StoppedSession(StubSession):
    def step(self, frame: Any, new_objects: Any = None) -> Any:
        raise KeyboardInterrupt


def test_an_interrupted_run_goes_on_to_the_same_bytes(
    tmp_path: Path, sequences: list[BoxSequence]
) -> None:
    whole = run(tmp_path / "whole", sequences)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out", sequences, load=lambda *_: StoppedTracker())
    folder = tmp_path / "out/toy/mine"
    before = times(folder)
    assert {name for name in before if "_" not in name} == {"s3.txt", "s2.txt"}, "longest first"
    out = io.StringIO()
    run(tmp_path / "out", sequences, stream=out)
    assert results(folder) == results(whole.folder)
    assert {name: times(folder)[name] for name in before} == before, "what is done is kept"
    assert "2 sequences to run, 2 done before" in out.getvalue()
    out = io.StringIO()
    run(tmp_path / "out", sequences, stream=out)
    assert out.getvalue() == ""


def test_a_file_that_was_cut_is_made_again(tmp_path: Path, sequences: list[BoxSequence]) -> None:
    folder = run(tmp_path, sequences).folder
    whole = results(folder)
    (folder / "s2.txt").write_bytes(whole["s2.txt"][:-9])
    (folder / "s1.txt").write_bytes(whole["s1.txt"][:-1])
    run(tmp_path, sequences)
    assert results(folder) == whole


def test_a_killed_workers_sequence_goes_back(
    tmp_path: Path, sequences: list[BoxSequence], monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly = box_sequence(tmp_path / "data", "deadly", corner=KILL_AT)
    monkeypatch.setenv(KILL, str(tmp_path / "killed"))
    out = io.StringIO()
    done = run(tmp_path, [*sequences, deadly], stream=out, workers=2)
    assert (tmp_path / "killed").exists() and not done.faults
    assert "crashed on deadly: its process was ended by SIGKILL" in out.getvalue()
    assert np.loadtxt(done.folder / "deadly.txt", delimiter=",").shape == (6, 4)
    alone = run(tmp_path / "alone", [*sequences, deadly])
    assert results(alone.folder) == results(done.folder)


def test_an_interruption_ends_the_workers_and_keeps_what_is_finished(
    tmp_path: Path, sequences: list[BoxSequence]
) -> None:
    def score(finished: Sequence[AnySequence], folder: Path) -> str:
        raise KeyboardInterrupt

    whole = run(tmp_path / "whole", sequences)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, sequences, score=score, workers=2)
    assert not [child for child in active_children() if child.name.startswith("worker-")]
    kept = times(tmp_path / "toy/mine")
    assert any("_" not in name for name in kept)
    run(tmp_path, sequences, workers=2)
    assert results(tmp_path / "toy/mine") == results(whole.folder)


def test_two_runs_into_one_folder_are_refused(tmp_path: Path, sequences: list[BoxSequence]) -> None:
    def score(finished: Sequence[AnySequence], folder: Path) -> str:
        with pytest.raises(ConfigurationError, match=f"process {os.getpid()}.*another --name"):
            run(tmp_path, sequences)
        return ""

    assert not run(tmp_path, sequences, score=score).faults


def test_a_cluster_writes_the_same(
    tmp_path: Path, sequences: list[BoxSequence], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(tmp_path / "whole", sequences)
    monkeypatch.setattr(ray_pool, "connect", lambda address: LocalRay())
    done = run(tmp_path, sequences, address="head:6379", workers=2)
    assert not done.faults and results(done.folder) == results(whole.folder)

    def refuse(*_: Any) -> StubTracker:
        raise DeviceError("the device is gone: bring it back")

    with pytest.raises(DeviceError, match="bring it back"):
        run(tmp_path / "refused", sequences, address="head:6379", workers=2, load=refuse)


class FailingTracker(StubTracker):
    def session(self) -> StubSession:
        raise RuntimeError("out of memory")


def test_a_sequence_that_always_crashes_is_given_up_and_the_others_run(
    tmp_path: Path, sequences: list[BoxSequence]
) -> None:
    loaded: list[StubTracker] = []

    def load(*_: Any) -> StubTracker:
        loaded.append(FailingTracker() if len(loaded) < 2 else StubTracker())
        return loaded[-1]

    done = run(tmp_path, sequences, load=load)
    assert set(done.faults) == {"s3"} and "2 workers crashed on it" in done.faults["s3"]
    assert len(loaded) == 3, "a tracker is loaded once per worker"
    assert not (done.folder / "s3.txt").exists() and (done.folder / "s0.txt").exists()
    assert not run(tmp_path, sequences).faults


OTHERS: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "settings": ({"policy": "dam"}, {}, "policy samurai -> dam"),
    "prompt": ({}, {"rule": "samurai"}, "prompt pixels -> samurai"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_results_of_another_run_are_not_mixed(
    tmp_path: Path, sequences: list[BoxSequence], name: str
) -> None:
    settings, options, phrase = OTHERS[name]
    folder = run(tmp_path, sequences[:3]).folder
    before = results(folder)
    other = replace(MINE, config=MINE.config.changed(**settings))
    with pytest.raises(DatasetError, match=f"since then {phrase}.*--force.*--name"):
        run(tmp_path, sequences, other, **options)
    assert results(folder) == before
    with pytest.raises(DatasetError, match="--force without --sequences"):
        run(tmp_path, sequences[3:], other, **options, force=True)
    assert results(folder) == before
    run(tmp_path, sequences, other, **options, force=True)
    record = json.loads((folder / "run.json").read_text())
    assert len(record["made_with"]) == 1 and len(record["sequences"]) == 4
    with pytest.raises(DatasetError, match="holds results of another run"):
        run(tmp_path, sequences)


def test_other_images_or_somebodys_files_are_not_taken_for_results(
    tmp_path: Path, sequences: list[BoxSequence]
) -> None:
    folder = run(tmp_path, sequences).folder
    moved = replace(sequences[1], truth=sequences[1].truth + 1)
    with pytest.raises(DatasetError, match=r"s1 \(made of other images or another first box\)"):
        run(tmp_path, [sequences[0], moved, *sequences[2:]])
    (folder / "run.json").unlink()
    with pytest.raises(DatasetError, match="it isn't known with what they were made"):
        run(tmp_path, sequences)
    (folder / "run.json").write_text("{")
    with pytest.raises(DatasetError, match=r"run.json can't be read"):
        run(tmp_path, sequences)


def test_smoke_runs_lie_apart(tmp_path: Path, sequences: list[BoxSequence]) -> None:
    done = run(tmp_path, sequences, first=2)
    assert done.folder.name == "mine-first-2"
    assert len((done.folder / "s3.txt").read_text().splitlines()) == 2
    assert json.loads((done.folder / "run.json").read_text())["first"] == 2
    assert len((run(tmp_path, sequences).folder / "s3.txt").read_text().splitlines()) == 7


def test_a_full_disk_is_one_line_and_nothing_finished_is_lost(
    tmp_path: Path, sequences: list[BoxSequence], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def full(source: Path, target: Path) -> None:
        if Path(target).name == "s2_confidence.txt":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(source, target)

    whole = run(tmp_path / "whole", sequences)
    with (
        monkeypatch.context() as patched,
        pytest.raises(StorageError, match=r"No space left.*make room, then run the same command"),
    ):
        patched.setattr(os, "replace", full)
        run(tmp_path, sequences)
    folder = tmp_path / "toy/mine"
    assert (folder / "s3.txt").exists() and not (folder / "s2.txt").exists()
    assert not list(folder.glob("*.part"))
    run(tmp_path, sequences)
    assert results(folder) == results(whole.folder)


def test_masks_resume_by_their_files(tmp_path: Path) -> None:
    sequences = [mask_sequence(tmp_path / "data", name, {1: 0, 2: 2}) for name in ("a", "b")]
    folder = run(tmp_path, sequences).folder
    whole = results(folder)
    assert len([name for name in whole if name.endswith(".png")]) == 10
    assert (folder / "a_confidence.txt").read_text().splitlines()[0] == "0.75,"
    (folder / "b/00003.png").unlink()
    before = times(folder)
    run(tmp_path, sequences)
    assert results(folder) == whole and times(folder)["a_time.txt"] == before["a_time.txt"]


def test_overlap_is_as_the_data_set_asks(tmp_path: Path) -> None:
    sequences = [mask_sequence(tmp_path / "data", "a", {1: 0, 2: 2})]
    asked: list[TrackerConfig] = []

    def load(config: TrackerConfig, _: int) -> StubTracker:
        asked.append(config)
        return StubTracker()

    run(tmp_path / "palette", sequences, load=load)
    shared = replace(dataset("toy", sequences), overlapping=True)
    options = RunOptions(tmp_path / "objects", load=load)
    done = run_tracker(shared, sequences, MINE, options, io.StringIO())
    assert [config.overlap for config in asked] == [False, True]
    assert (done.folder / "a/002/00004.png").is_file()


def test_what_the_progress_scores(tmp_path: Path, sequences: list[BoxSequence]) -> None:
    run(tmp_path, sequences[:1])
    scored: list[str] = []

    def score(finished: Sequence[AnySequence], folder: Path) -> str:
        assert all((folder / f"{each.name}.txt").is_file() for each in finished)
        scored.extend(each.name for each in finished)
        return f"AUC {len(scored)}"

    run(tmp_path, sequences, score=score)
    assert scored == ["s0", "s3", "s2", "s1"]


def test_notes_are_kept_with_the_results(tmp_path: Path, sequences: list[BoxSequence]) -> None:
    sequences[2].images[3].unlink()
    first, again = (run(tmp_path, sequences) for _ in range(2))
    assert set(first.notes) == {"s2"} and "can't be read" in first.notes["s2"][0]
    assert again.notes == first.notes


def test_a_sequence_whose_images_are_all_unreadable_is_named(tmp_path: Path) -> None:
    sequences = [mask_sequence(tmp_path / "data", name, {1: 0}) for name in ("a", "b")]
    for file in sequences[0].images:
        save(file, np.zeros((4, 4), np.uint8)).write_bytes(b"")
    done = run(tmp_path, sequences)
    assert set(done.faults) == {"a"} and "none of its images can be read" in done.faults["a"]
    assert not (done.folder / "a").exists() and (done.folder / "b").is_dir()


def test_offline_trackers_are_refused(tmp_path: Path, sequences: list[BoxSequence]) -> None:
    offline = Contender("late", TrackerConfig(device="cpu", offline=True))
    with pytest.raises(ConfigurationError, match="without offline"):
        run(tmp_path, sequences, offline)


def test_annotations_alone_cannot_be_run(tmp_path: Path, sequences: list[BoxSequence]) -> None:
    with pytest.raises(DatasetError, match="s0 and 3 more have no images"):
        run(tmp_path, [replace(each, images=()) for each in sequences])


def test_speed_leaves_out_first_frames_and_what_was_not_tracked(tmp_path: Path) -> None:
    (tmp_path / "a_time.txt").write_text("9,9\n0.1,0.1\n0.3,0.1\n0,0.5\n")
    (tmp_path / "b_time.txt").write_text("9,9\n0.1,0.3\n")
    (tmp_path / "c_time.txt").write_text("9,9\n")
    found = speed_of(tmp_path, ["a", "b", "c", "missing"])
    assert found is not None
    assert (found.tracking, found.total) == pytest.approx((3 / 0.5, 3 / 1.0))
    assert isinstance(found, Speed) and speed_of(tmp_path, ["c"]) is None
