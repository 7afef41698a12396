"""What the repaired experiments ask of a tracker's runtime."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import vot.tracker
from vot.dataset import Sequence, load_dataset
from vot.experiment import Experiment, experiment_registry
from vot.region import Rectangle, Special
from vot.tracker import ObjectStatus, OnlineTrackerRuntime, Tracker, Trajectory
from vot.workspace import LocalStorage

Run = Callable[..., tuple[Experiment, "Recorder"]]


class Recorder(OnlineTrackerRuntime):  # type: ignore[misc]
    """Answers every object with its first region, in no time, and notes what it was asked.

    In the `lost` frames the answer is a corner where no object ever is.
    """

    seconds = 0.0  # that every reply takes

    def __init__(self, tracker: Tracker, multiobject: bool, lost: frozenset[int]) -> None:
        super().__init__(tracker)
        self.asked: list[tuple[str, int, int]] = []
        self._multiobject = multiobject
        self._lost = lost
        self._objects: list[ObjectStatus] = []

    @property
    def multiobject(self) -> bool:
        return self._multiobject

    def initialize(self, frame: Any, new: Any = None) -> Any:
        self._objects = []
        return self._reply("initialize", frame, new)

    def update(self, frame: Any, new: Any = None) -> Any:
        return self._reply("update", frame, new)

    def _reply(self, request: str, frame: Any, new: list[ObjectStatus]) -> Any:
        index = int(Path(frame.filename("color")).stem) - 1
        self.asked.append((request, index, len(new)))
        self._objects = [*self._objects, *new]
        if index in self._lost:
            return [ObjectStatus(Rectangle(150, 110, 4, 4), {}) for _ in self._objects], 0.0
        return list(self._objects), self.seconds

    def restart(self) -> None:
        raise AssertionError("a tracker is never restarted")

    def stop(self) -> None:
        self.asked.append(("stop", -1, 0))


@pytest.fixture
def sequence(tmp_path: Path, scenario: ModuleType) -> Sequence:
    scenario.write_sequences(tmp_path / "sequences", "rectangle", {"drift": 8})
    return load_dataset(str(tmp_path / "sequences"))["drift"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs an experiment by its registered name on a recorded runtime."""

    def call(
        name: str,
        sequence: Sequence,
        *,
        several: bool = False,
        lost: frozenset[int] = frozenset(),
        **options: Any,
    ) -> tuple[Experiment, Recorder]:
        tracker = Tracker("recorder", str(tmp_path / "trackers.ini"), "x", protocol="recorder")
        runtime = Recorder(tracker, several, lost)
        protocol = {"recorder": lambda *_, **__: runtime}
        monkeypatch.setattr(vot.tracker, "_runtime_protocols", protocol)
        storage = LocalStorage(str(tmp_path))
        experiment = experiment_registry.get(name, _identifier="e", _storage=storage, **options)
        experiment.execute(tracker, sequence)
        return experiment, runtime

    yield call


@pytest.mark.parametrize("realtime", [None, {"grace": 3}])
def test_multi_start_runs_to_both_ends_in_one_process(
    run: Run, sequence: Sequence, realtime: dict[str, int] | None
) -> None:
    options = {"realtime": realtime} if realtime else {}
    _, runtime = run("samurai-multistart", sequence, **options)
    frames = [[*range(8)], [4, 5, 6, 7], [7, 6, 5, 4, 3, 2, 1, 0]]
    expected = [
        ("initialize" if place == 0 else "update", frame, 1 if place == 0 else 0)
        for order in frames
        for place, frame in enumerate(order)
    ]
    assert runtime.asked == [*expected, ("stop", -1, 0)]


def test_multi_start_reports_progress_and_skips_what_is_there(run: Run, sequence: Sequence) -> None:
    experiment, runtime = run("samurai-multistart", sequence)
    results = experiment.results(runtime.tracker, sequence)
    kept = results.read("drift_00000004.bin").read()
    results._storage.delete("drift_00000007.bin")

    parts: list[float] = []
    runtime.asked.clear()
    experiment.execute(runtime.tracker, sequence, callback=parts.append)
    assert [frame for request, frame, _ in runtime.asked if request == "initialize"] == [7]
    assert parts == sorted(parts)
    assert parts == [count / 8 for count in range(1, 9)]  # of the run that was missing
    assert results.read("drift_00000004.bin").read() == kept


def test_supervised_starts_again_after_a_failure(run: Run, sequence: Sequence) -> None:
    experiment, runtime = run(
        "samurai-supervised", sequence, lost=frozenset({2, 7}), skip_initialize=3
    )
    assert runtime.asked == [
        ("initialize", 0, 1),
        ("update", 1, 0),
        ("update", 2, 0),  # fails; 3 and 4 are skipped
        ("initialize", 5, 1),
        ("update", 6, 0),
        ("update", 7, 0),  # fails, and nothing is left
        ("stop", -1, 0),
    ]
    results = experiment.results(runtime.tracker, sequence)
    written = Trajectory.read(results, "drift_001").regions()
    codes = [region.code if isinstance(region, Special) else None for region in written]
    initialized, failed, skipped = 1, 2, 0
    assert codes == [initialized, None, failed, skipped, skipped, initialized, None, failed]


def test_multi_start_refuses_anchors_without_annotation_before_the_first_run(
    run: Run, sequence: Sequence
) -> None:
    truth = sequence.object("object")
    truth[4] = truth[7] = Special(0)
    with pytest.raises(RuntimeError, match=r"sequence drift: .* frame 5, 8, .* anchor\.value"):
        run("samurai-multistart", sequence)


def test_supervised_starts_again_where_the_object_is_annotated(
    run: Run, sequence: Sequence
) -> None:
    truth = sequence.object("object")
    truth[3] = truth[4] = Special(0)
    _, runtime = run("samurai-supervised", sequence, lost=frozenset({2}), skip_initialize=1)
    assert runtime.asked == [
        ("initialize", 0, 1),
        ("update", 1, 0),
        ("update", 2, 0),  # fails; 3 and 4 aren't annotated
        ("initialize", 5, 1),
        ("update", 6, 0),
        ("update", 7, 0),
        ("stop", -1, 0),
    ]


def test_several_objects_run_against_the_clock(
    run: Run, tmp_path: Path, sequence: Sequence
) -> None:
    folder = tmp_path / "sequences" / "drift"
    text = (folder / "groundtruth.txt").read_text()
    (folder / "groundtruth.txt").unlink()
    for name in ("left", "right"):
        (folder / f"groundtruth_{name}.txt").write_text(text)
    pair = load_dataset(str(tmp_path / "sequences"))["drift"]
    experiment, runtime = run(
        "samurai-unsupervised", pair, several=True, multiobject=True, realtime={"grace": 3}
    )
    assert runtime.asked[0] == ("initialize", 0, 2)
    assert [request for request, *_ in runtime.asked[1:-1]] == ["update"] * 7
    assert experiment.scan(runtime.tracker, pair)[0]


@pytest.mark.parametrize(
    ("seconds", "asked"),
    [
        (0.5, [*range(8)]),  # in time: the clock of these sequences ticks once a second
        (2.6, [0, 2, 4, 6]),  # every reply costs a frame; less than a frame is forgiven
        # The first reply leaves it 3.6 s behind. It misses frame 1, not the late object's frame 2,
        # and then what is left of both delays, 2.6 + 3.6 s, is more than there are frames.
        (4.6, [0, 2]),
    ],
)
def test_an_object_that_starts_late_is_never_missed(
    run: Run,
    tmp_path: Path,
    sequence: Sequence,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    asked: list[int],
) -> None:
    folder = tmp_path / "sequences" / "drift"
    lines = (folder / "groundtruth.txt").read_text().splitlines(keepends=True)
    (folder / "groundtruth.txt").unlink()
    (folder / "groundtruth_early.txt").write_text("".join(lines))
    (folder / "groundtruth_late.txt").write_text("".join(["0\n", "0\n", *lines[2:]]))
    pair = load_dataset(str(tmp_path / "sequences"))["drift"]
    monkeypatch.setattr(Recorder, "seconds", seconds)
    experiment, runtime = run(
        "samurai-unsupervised", pair, several=True, multiobject=True, realtime={"grace": 0}
    )
    requests = runtime.asked[:-1]
    assert [frame for _, frame, _ in requests] == asked
    assert [(frame, new) for _, frame, new in requests if new] == [(0, 1), (2, 1)]
    (late,) = experiment.gather(runtime.tracker, pair, objects=["late"])
    assert [type(region).__name__ for region in late] == [
        *["Special"] * 2,  # not there yet
        *["Rectangle"] * 6,  # the old answer is repeated where the tracker misses a frame
    ]
