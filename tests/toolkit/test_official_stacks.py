"""Every official stack, run through on small data of its kind.

It takes the toolkit's runtime, our server and a tracker that follows colors (tests/colored),
without a process except where that is the point.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vot.tracker.trax
import yaml
from colored.local import LocalProcess
from colored.world import Data
from oracles.tiers import quick
from vot.region import calculate_overlaps, is_special
from vot.stack import list_integrated_stacks, resolve_stack
from vot.tracker import Trajectory

from samurai import Box, Tracker
from samurai.errors import ConfigurationError
from vot_wrapper.toolkit import scoring, workspaces
from vot_wrapper.toolkit.running import Failure, run_missing
from vot_wrapper.toolkit.runs import runs_of
from vot_wrapper.toolkit.scoring import Scores, score
from vot_wrapper.toolkit.workspaces import EvaluationContext, open_workspace

ROOT = Path(__file__).parents[2]
REGISTRY = (
    "[colored]\nprotocol = traxpython\ncommand = colored\n"
    f"paths = {ROOT / 'tests'}:{ROOT}:{ROOT / 'sam2'}\n"
)

# Longer than the shortest run that EAO counts: 115 frames, supervised 108 after a failure.
POLYGONS = Data("polygon", length=130)
BOXES = Data("rectangle", length=130)
SEVERAL = Data("mask", starts=(0, 0, 15), length=45, absence=True)

# Of stacks with the same experiments the one that is newest; a second one where the data differ.
DATA = {
    "davis2017val": Data("mask", starts=(0, 0), length=20),
    "otb100": Data("rectangle", length=20),
    "tests/basic": Data("rectangle", length=20),
    "tests/multiobject": SEVERAL,
    "vot2014": POLYGONS,
    "vot2015/rgb": POLYGONS,
    "vot2016/rgb": POLYGONS,
    "vot2016/tir": BOXES,
    "vot2017": POLYGONS,
    "vot2018/shortterm": POLYGONS,
    "vot2019/shortterm": POLYGONS,
    "vot2020/rgbtir": Data("mask", length=120, anchors=True, channels=("color", "ir")),
    "vot2021/rgbd": Data("rectangle", length=40, absence=True, channels=("color", "depth")),
    "vot2022/longterm": Data("rectangle", length=40, absence=True),
    "vot2022/rgbd": Data("rectangle", length=120, anchors=True, channels=("color", "depth")),
    "vot2022/shortterm": Data("mask", length=120, anchors=True),
    "vot2022/shorttermbox": Data("rectangle", length=120, anchors=True),
    "vots2025/realtime": SEVERAL,
    "vots2025/votstval": Data("mask", starts=(0, 0, 15), length=45, absence=True, ignored=True),
    "vots2026/main": SEVERAL,
    "vots2026/point": Data("point", starts=(0, 0, 15), length=45, absence=True),
}
REFUSED = {
    "tests/segmentation": "no version of the toolkit runs it",
    "vots2026/referral": "this tracker reads no text",
}
MEASURES = {  # of the columns of the table, apart from fps
    "vot2018/shortterm": ["A", "R", "EAO"] * 2 + ["Accurarcy"],
    "vot2022/longterm": ["Pr", "Re", "F"],
    "vot2022/shortterm": ["EAO", "A", "R"] * 2 + ["accuracy"],
    "tests/multiobject": ["Q", "A", "R", "NRE", "DRE", "ADQ"],
    "vots2025/realtime": [],
    "vots2026/point": ["d_avg", "d_1", "d_2", "d_4", "d_8", "d_16"],
}

FAILURES = "Number of failures"  # the only measure that is a count

Open = Callable[..., EvaluationContext]


class Silent:
    """An observer that nobody watches."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


@pytest.fixture
def open_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a stack on data; what runs in it runs in this process."""
    monkeypatch.setattr(vot.tracker.trax, "TrackerProcess", LocalProcess)
    monkeypatch.setattr(LocalProcess, "started", 0)

    def call(stack: str, data: Data, place: str = "workspace", names: tuple[str, ...] = ()) -> Any:
        folder = tmp_path / place
        data.write(folder / "sequences", names or ("first", "second"))
        registry = tmp_path / "trackers.ini"
        registry.write_text(REGISTRY)
        return open_workspace(folder, ("colored",), stack, (), registry, lambda line: None)

    return call


def run(context: EvaluationContext) -> Failure | None:
    """Runs everything; the first failure, if there is any."""
    return next(iter(run_missing(context, context.trackers[0], Silent(), force=False)), None)


def measured(context: EvaluationContext, monkeypatch: pytest.MonkeyPatch) -> Scores:
    """The scores, without the page, which takes longer than all the rest."""
    monkeypatch.setattr(scoring, "write_report", lambda *_: None)
    return score(context, "latest")


def numbers(value: Any) -> Iterator[float | None]:
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from numbers(part)
    else:
        yield value


def result_files(context: EvaluationContext) -> dict[str, bytes]:
    """All that was written about the tracker but the times."""
    root = context.folder / "results" / "colored"
    files = [file for file in root.rglob("*.*") if not file.name.endswith("_time.value")]
    return {str(file.relative_to(root)): file.read_bytes() for file in sorted(files)}


def test_the_experiments_of_every_official_stack_are_here() -> None:
    def experiments(name: str) -> Any:
        return yaml.safe_load(Path(resolve_stack(name)).read_text())["experiments"]

    here = [experiments(name) for name in (*DATA, *REFUSED)]
    assert [name for name in list_integrated_stacks() if experiments(name) not in here] == []


@pytest.mark.parametrize("name", quick(DATA, "tests/multiobject", "vot2022/shortterm"))
def test_a_stack_is_run_to_the_end_and_all_its_measures_are_numbers(
    open_stack: Open, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    data = DATA[name]
    context = open_stack(name, data, names=("only",) if data.length > 100 else ())
    assert run(context) is None
    for experiment in context.workspace.stack:
        for sequence in experiment.transform(context.sequences):
            complete, files, _ = experiment.scan(context.trackers[0], sequence)
            assert complete and any(file.endswith(".bin") for file in files)

    scores = measured(context, monkeypatch)
    (row,) = scores.rows
    if name in MEASURES:
        assert [column.measure for column in scores.columns[:-1]] == MEASURES[name]
    *values, speed = row.values
    assert all(value is not None and math.isfinite(value) for value in values)
    timed = all(experiment.realtime is not None for experiment in context.workspace.stack)
    assert (speed is None) is timed  # there the tracker isn't given the time that it takes
    assert scores.document is not None
    document = json.loads(scores.document.read_text())
    for experiment in context.workspace.stack:
        found = document["results"][experiment.identifier]["results"]
        for analysis, (results,) in zip(experiment.analyses, found, strict=True):
            described = zip(results, analysis.describe(), strict=True)
            parts = [v for result, what in described if what is not None for v in numbers(result)]
            known = [part for part in parts if part is not None and math.isfinite(part)]
            assert known == parts
            assert any(0 < part < 1 for part in known) or analysis.title == FAILURES


@pytest.mark.parametrize("name", REFUSED)
def test_a_stack_that_nobody_can_run_is_refused_before_anything_is_made(
    open_stack: Open, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ConfigurationError, match=REFUSED[name]) as caught:
        open_workspace(tmp_path / "new", ("colored",), name, (), tmp_path / "none.ini", print)
    assert "Remedy: " in str(caught.value)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["vot2018/shortterm", "vots2025/realtime"])
def test_another_run_gives_the_same_bytes(open_stack: Open, name: str) -> None:
    data, only = DATA[name], ("only",)
    first, second = (open_stack(name, data, place, only) for place in ("one", "other"))
    assert run(first) is None and run(second) is None
    assert result_files(first) == result_files(second) != {}


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("vot2022/shortterm", "ObjectQuery.state must be a Region"),
        ("vot2022/longterm", "Local cache is required for redetection transformer"),
        ("vot2018/shortterm", "'list' object has no attribute 'properties'"),
        ("vots2025/realtime", "TrackerRuntime.run() is not implemented"),
        ("vots2026/point", "Unknown region type <class 'vot.region.Point'>"),
    ],
)
def test_the_toolkits_own_stack_fails(
    open_stack: Open, monkeypatch: pytest.MonkeyPatch, name: str, complaint: str
) -> None:
    """When this fails, the toolkit can do without our repair: see whether to drop it."""
    monkeypatch.setattr(workspaces, "reason_against_the_toolkits", lambda experiment: None)
    failure = run(open_stack(resolve_stack(name), DATA[name]))
    assert failure is not None and complaint in failure.reason


def test_confidence_arrives_in_precision_recall_and_f(
    open_stack: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The toolkit's numbers are those of the best threshold on the confidences that were sent."""
    context = open_stack("vot2022/longterm", DATA["vot2022/longterm"], names=("only",))
    assert run(context) is None
    (sequence,) = context.sequences
    results = context.workspace.stack["longterm"].results(context.trackers[0], sequence)
    trajectory = Trajectory.read(results, "only_001")
    truth = sequence.groundtruth()
    overlaps = np.array(calculate_overlaps(trajectory.regions(), truth, sequence.size))
    visible = sum(not is_special(region) for region in truth)

    def best(confidences: Any) -> tuple[float, float, float]:
        taken = [overlaps[confidences >= threshold] for threshold in set(confidences)]
        pairs = [(part.mean(), part.sum() / visible) for part in taken]
        return max((2 * p * r / (p + r), p, r) for p, r in pairs)

    def found() -> tuple[float, float, float]:
        precision, recall, f_score, _ = measured(context, monkeypatch).rows[0].values
        assert precision is not None and recall is not None and f_score is not None
        return f_score, precision, recall

    sent = np.array([trajectory.properties(i)["confidence"] for i in range(len(trajectory))])
    assert set(sent) == {0.9, 0.7, 0.1, 0.0}
    before = found()
    assert before == pytest.approx(best(sent))

    perfect = np.array([float(f"{overlap:.6f}") for overlap in overlaps])
    file = (
        context.folder / "results" / "colored" / "longterm" / "only" / "only_001_confidence.value"
    )
    file.write_text("".join(f"{overlap}\n" for overlap in perfect))
    assert found() == pytest.approx(best(perfect))
    assert found()[0] > before[0] + 0.02


def test_points_are_followed_and_answered_as_points(open_stack: Open) -> None:
    context = open_stack("vots2026/point", DATA["vots2026/point"], names=("only",))
    assert run(context) is None
    (sequence,) = context.sequences
    (experiment,) = context.workspace.stack
    for name in sequence.objects():
        (trajectory,) = experiment.gather(context.trackers[0], sequence, objects=[name])
        pairs = list(zip(trajectory.regions(), sequence.object(name), strict=True))[32:]
        distances = [math.hypot(a.x - b.x, a.y - b.y) for a, b in pairs]
        assert max(distances) <= 1.5 and min(distances) < 0.3


def test_a_sequence_without_a_color_channel_says_so(open_stack: Open) -> None:
    depth = Data("rectangle", length=20, anchors=True, channels=("depth",))
    failure = run(open_stack("vot2022/rgbd", depth))
    assert failure is not None
    assert "does not have information for channel: color" in failure.reason


def test_the_page_of_a_stack_is_written(open_stack: Open) -> None:
    context = open_stack("vot2018/shortterm", POLYGONS, names=("only",))
    assert run(context) is None
    report = score(context, "latest").report
    assert report is not None
    assert "Repaired experiments" in report.read_text()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("vots2025/realtime", Data("mask", starts=(0, 0, 4), length=12, fps=1)),
        ("vots2026/point", Data("point", starts=(0, 0, 4), length=12)),
    ],
)
def test_a_real_process_gives_what_the_one_without_a_process_gives(
    open_stack: Open,
    tmp_path: Path,
    evaluate: Callable[..., tuple[int, str]],
    name: str,
    data: Data,
) -> None:
    local = open_stack(name, data, names=("only",))
    assert run(local) is None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vot.tracker.trax, "TrackerProcess", LocalProcess.__base__)
        remote = open_stack(name, data, "remote", ("only",))
        code, printed = evaluate("colored", "--stack", name, "--workspace", remote.folder)
    assert code == 0, printed
    assert result_files(remote) == result_files(local)


def test_objects_one_by_one_give_what_objects_at_once_give(
    open_stack: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The toolkit's sequential mode: late objects start in their own frames there too.

    Only what the toolkit itself notes for frames before and at an object's start differs.
    """
    together = open_stack("vots2026/main", SEVERAL, place="together")
    assert run(together) is None
    conversations = LocalProcess.started
    monkeypatch.setattr(LocalProcess, "several", False)
    apart = open_stack("vots2026/main", SEVERAL, place="apart")
    assert run(apart) is None
    assert LocalProcess.started > conversations
    assert result_files(apart).keys() == result_files(together).keys()
    compared = 0
    for ours, theirs in zip(answers_of(apart), answers_of(together), strict=True):
        assert ours == theirs[-len(ours) :] and len(theirs) - len(ours) <= 1
        compared += len(ours)
    assert compared > 100


def answers_of(context: EvaluationContext) -> list[list[str]]:
    """All answers of all trajectories, as text, without the special codes."""
    (experiment,) = context.workspace.stack
    found = []
    for sequence in context.sequences:
        results = experiment.results(context.trackers[0], sequence)
        for run_ in runs_of(experiment, context.trackers[0], sequence):
            for name in run_.files.values():
                regions = Trajectory.read(results, name).regions()
                found.append([str(region) for region in regions if not is_special(region)])
    return found


def test_confidence_and_answers_survive_a_gap(one_thread: None) -> None:
    """With nano: eight frames are missing, and the object is where it moved to meanwhile."""
    random = np.random.default_rng(3)
    texture = random.integers(0, 255, (12, 12, 3), dtype=np.uint8).repeat(5, 0).repeat(5, 1)
    ground = np.full((240, 320, 3), 90, np.uint8)
    frames = []
    for time in range(24):
        frame = ground.copy()
        frame[80:140, 60 + 4 * time : 120 + 4 * time] = texture
        frames.append(frame)
    with Tracker.load("nano", policy="samurai", device="cpu").session() as session:
        session.start(frames[0], [Box(60, 80, 60, 60)])
        before = [session.step(frames[time])[0] for time in range(1, 10)][-1]
        after = session.step(frames[18])[0]
        last = [session.step(frames[time])[0] for time in range(19, 24)][-1]
    truth = np.zeros((240, 320), bool)
    truth[80:140, 60 + 4 * 23 : 120 + 4 * 23] = True
    assert (last.mask & truth).sum() > 0.6 * (last.mask | truth).sum()
    assert 0 < after.confidence <= 1 and abs(last.confidence - before.confidence) < 0.3
