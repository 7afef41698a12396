"""`samurai visualize` on result files that the toolkit's own classes wrote; no tracker runs."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from vot.dataset import Sequence
from vot.region import Mask, Rectangle, Region, Special, calculate_overlap
from vot.tracker import Results, Trajectory
from vot.workspace import LocalStorage

from samurai.evaluation.pictures.recording import MaskShape, PolygonShape, Recording, State
from vot_wrapper.toolkit.recordings import ResultError, read_recording, trackers_to_show
from vot_wrapper.toolkit.runs import Run, runs_of
from vot_wrapper.toolkit.workspaces import EvaluationContext, open_workspace

WIDTH, HEIGHT, LENGTH = 64, 48, 10
STACK = """
title: Recorded
experiments:
  baseline:
    type: samurai-multistart
  supervised:
    type: samurai-supervised
    repetitions: 2
    skip_initialize: 2
  unsupervised:
    type: unsupervised
    multiobject: true
"""
LATE = 3  # frame in which the second object of "pair" begins
HIDDEN = range(6, 8)  # frames of "blob" without the object
INIT, FAILURE = Special(Trajectory.INITIALIZATION), Special(Trajectory.FAILURE)
UNKNOWN = Special(Trajectory.UNKNOWN)

Call = Callable[..., tuple[int, str]]
Evaluate = Callable[..., tuple[int, str]]
MakeWorkspace = Callable[..., Path]


def box(frame: int) -> Rectangle:
    """Where the object of "box" is."""
    return Rectangle(5 + 3 * frame, 10, 20, 16)


def blob(frame: int) -> Mask:
    """Where the object of "blob" is: a disc with a hole, or nothing."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    distance = np.hypot(columns - 15 - 3 * frame, rows - 24)
    inside = (distance < 12) & (distance > 4) & (frame not in HIDDEN)
    return Mask(inside.astype(np.uint8), optimize=True)


def write_sequence(folder: Path, name: str, truths: dict[str, list[Region]]) -> None:
    root = folder / name
    (root / "color").mkdir(parents=True)
    for frame in range(LENGTH):
        cv2.imwrite(str(root / "color" / f"{frame + 1:08d}.png"), np.full((HEIGHT, WIDTH, 3), 90))
    for suffix, regions in truths.items():
        lines = "".join(f"{region}\n" for region in regions)
        (root / f"groundtruth{suffix}.txt").write_text(lines)
    anchors = {0: 1, 4: 1, LENGTH - 1: -1}
    (root / "anchor.value").write_text("".join(f"{anchors.get(n, 0)}\n" for n in range(LENGTH)))
    (root / "sequence").write_text(
        f"channels.color=color/%08d.png\nfps=20\nformat=default\nname={name}\n"
        f"width={WIDTH}\nheight={HEIGHT}\nlength={LENGTH}\n"
    )


def record(
    workspace: Path,
    place: str,
    name: str,
    regions: list[Region],
    confidences: list[float | None] | None = None,
) -> None:
    """Writes a trajectory as an experiment does; `place` is tracker/experiment/sequence."""
    folder = workspace / "results" / place
    folder.mkdir(parents=True, exist_ok=True)
    trajectory = Trajectory(len(regions))
    for index, region in enumerate(regions):
        properties: dict[str, float | None] = {"time": 0.1}
        if confidences is not None:
            properties["confidence"] = confidences[index]
        trajectory.set(index, region, properties)
    trajectory.write(Results(LocalStorage(str(folder))), name)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Three sequences without any results, and a registry without any tracker."""
    folder = tmp_path / "workspace"
    write_sequence(folder / "sequences", "box", {"": [box(n) for n in range(LENGTH)]})
    write_sequence(folder / "sequences", "blob", {"": [blob(n) for n in range(LENGTH)]})
    late = [Special(0) if n < LATE else Rectangle(50 - 3 * n, 30, 8, 8) for n in range(LENGTH)]
    pair: dict[str, list[Region]] = {"_a": [box(n) for n in range(LENGTH)], "_b": late}
    write_sequence(folder / "sequences", "pair", pair)
    (folder / "sequences" / "list.txt").write_text("box\nblob\npair\n")
    (folder / "config.yaml").write_text("registry: [./trackers.ini]\nstack: ./stack.yaml\n")
    (folder / "stack.yaml").write_text(STACK)
    (folder / "trackers.ini").write_text("")
    return folder


def opened_at(workspace: Path) -> EvaluationContext:
    nowhere = Path("trackers.ini")
    return open_workspace(workspace, (), None, (), nowhere, lambda _: None, to_run=False)


def runs(workspace: Path, experiment: str, sequence: str) -> list[Run]:
    context = opened_at(workspace)
    (tracker,) = trackers_to_show(context, ())
    chosen = context.workspace.stack[experiment]
    transformed = {s.name: s for s in chosen.transform(context.sequences)}
    return runs_of(chosen, tracker, transformed[sequence])


def only_run(workspace: Path, experiment: str, sequence: str) -> Recording:
    (run,) = (run for run in runs(workspace, experiment, sequence) if run.exists)
    return read_recording(run)


def written(workspace: Path) -> set[str]:
    root = workspace / "reports" / "pictures"
    return {str(file.relative_to(root)) for file in root.rglob("*.*") if file.suffix != ".jpg"}


def test_overlap_and_confidence_are_those_of_the_files(workspace: Path) -> None:
    answers: list[Region] = [INIT, *(Rectangle(7 + 2 * n, 12, 18, 18) for n in range(1, LENGTH))]
    answers[4] = Rectangle(0, 0, 0, 0)
    confidences: list[float | None] = [None, *(n / 10 for n in range(1, LENGTH))]
    confidences[5] = None
    record(workspace, "old/unsupervised/box", "box_001", answers, confidences)

    run = only_run(workspace, "unsupervised", "box")
    (track,) = run.tracks
    size = (WIDTH, HEIGHT)
    expected = [calculate_overlap(answers[n], box(n), size) for n in range(1, LENGTH)]
    assert math.isnan(track.overlaps[0])
    assert track.overlaps[1:].tolist() == expected
    assert 0.3 < np.mean(expected) < 0.9  # something to get wrong
    assert run.mean_overlap == pytest.approx(np.mean(expected))
    gaps = np.flatnonzero(np.isnan(track.confidences)).tolist()
    assert gaps == [0, 5]
    assert track.confidences[9] == 0.9
    assert track.states[:5] == [State.INIT, *[State.TRACKED] * 3, State.ABSENT]
    assert track.answers[4] is None
    shape = track.answers[1]
    assert isinstance(shape, PolygonShape)
    assert shape.points.tolist() == [[9, 12], [27, 12], [27, 30], [9, 30]]
    assert (run.fps, run.length, run.name, run.title) == (20.0, LENGTH, "run_001", "")
    assert run.image(3).shape == (HEIGHT, WIDTH, 3)


def test_an_object_out_of_view_that_is_answered_absent_is_right(workspace: Path) -> None:
    answers: list[Region] = [INIT, *(blob(n) for n in range(1, LENGTH))]
    record(workspace, "old/unsupervised/blob", "blob_001", answers)
    (track,) = only_run(workspace, "unsupervised", "blob").tracks
    assert np.flatnonzero(track.hidden).tolist() == list(HIDDEN)
    assert track.states[6] is State.ABSENT and track.overlaps[6] == 1.0
    assert np.isnan(track.confidences).all()
    shape = track.answers[2]
    assert isinstance(shape, MaskShape)
    assert shape.pixels.sum() == blob(2).mask.sum() and (shape.x, shape.y) == blob(2).offset


def test_a_run_from_an_anchor_backward_is_compared_backward(workspace: Path) -> None:
    backward: list[Region] = [INIT, *(box(n) for n in range(LENGTH - 2, -1, -1))]
    record(workspace, "old/baseline/box", f"box_{LENGTH - 1:08d}", backward)
    run = only_run(workspace, "baseline", "box")
    assert run.frames == list(range(LENGTH - 1, -1, -1))
    assert run.tracks[0].overlaps[1:].tolist() == [1.0] * (LENGTH - 1)
    assert run.title == f"backward from frame {LENGTH - 1}"


def test_failures_and_new_starts_of_a_supervised_run(workspace: Path) -> None:
    answers: list[Region] = [INIT, box(1), box(2), FAILURE, UNKNOWN, INIT]
    answers += [box(n) for n in range(6, LENGTH)]
    record(workspace, "old/supervised/box", "box_002", answers)
    run = only_run(workspace, "supervised", "box")
    expected = [State.INIT, *[State.TRACKED] * 2, State.FAILED, State.NONE, State.INIT]
    assert run.tracks[0].states[:6] == expected
    assert run.failures == [3]
    assert np.isnan(run.tracks[0].overlaps[[0, 3, 4, 5]]).all()
    assert run.title == "repetition 2"


def test_an_object_that_comes_later_starts_there(workspace: Path) -> None:
    """The toolkit marks the start of every object in frame 0 when one process tracks them all."""
    first: list[Region] = [INIT, *(box(n) for n in range(1, LENGTH))]
    later = [INIT, UNKNOWN, UNKNOWN, *(Rectangle(50 - 3 * n, 30, 8, 8) for n in range(3, LENGTH))]
    record(workspace, "old/unsupervised/pair", "pair_a_001", first)
    record(workspace, "old/unsupervised/pair", "pair_b_001", later)
    run = only_run(workspace, "unsupervised", "pair")
    assert {track.name for track in run.tracks} == {"a", "b"}
    (track,) = (track for track in run.tracks if track.name == "b")
    assert track.states[: LATE + 2] == [*[State.NONE] * LATE, State.INIT, State.TRACKED]
    assert np.isnan(track.overlaps[: LATE + 1]).all() and track.overlaps[LATE + 1] == 1.0


def test_sheets_of_all_that_is_there(workspace: Path, visualize: Call) -> None:
    full: list[Region] = [INIT, *(box(n) for n in range(1, LENGTH))]
    record(workspace, "old/unsupervised/box", "box_001", full)
    record(workspace, "new/baseline/box", "box_00000004", [INIT, *map(box, range(5, LENGTH))])
    record(workspace, "new/baseline/box", "box_00000000", full)
    code, printed = visualize("--workspace", workspace)
    assert code == 0, printed
    pictures = {"new/baseline/box/anchor_00000000.png", "old/unsupervised/box/run_001.png"}
    assert written(workspace) == {*pictures, "index.html", "pictures.json"}
    assert "SKIPPED: new, baseline, blob, pair_a, pair_b: no results" in printed
    assert "SKIPPED: old, supervised, all sequences: no results" in printed
    root = workspace / "reports" / "pictures"
    assert f"pictures     {root / 'index.html'}" in printed
    page = (root / "index.html").read_text()
    for picture in pictures:
        assert f'href="{picture}"' in page and f'src="{picture[:-4]}.jpg"' in page
        assert (root / f"{picture[:-4]}.jpg").exists()

    assert visualize("new", "--workspace", workspace, "--every-run")[0] == 0
    assert written(workspace) - {"index.html", "pictures.json"} == {
        *pictures,
        "new/baseline/box/anchor_00000004.png",
    }
    page = (root / "index.html").read_text()
    assert page.count("<figure>") == 3  # those of the first call are still there
    assert "forward from frame 4" in page


def test_a_video_can_be_played(workspace: Path, visualize: Call) -> None:
    answers: list[Region] = [INIT, *(box(n) for n in range(1, LENGTH))]
    record(workspace, "old/unsupervised/box", "box_001", answers, [0.5] * LENGTH)
    arguments = ("--workspace", workspace, "--experiment", "unsupervised", "--sequences", "box")
    code, printed = visualize(*arguments, "--format", "mp4", "--codec", "vp9")
    assert code == 0, printed
    assert written(workspace) == {"old/unsupervised/box/run_001.mp4", "index.html", "pictures.json"}
    reader = cv2.VideoCapture(str(workspace / "reports/pictures/old/unsupervised/box/run_001.mp4"))
    frames = []
    while (read := reader.read())[0]:
        frames.append(read[1])
    assert len(frames) == LENGTH and frames[0].shape[1] == 640
    assert reader.get(cv2.CAP_PROP_FPS) == 20


def test_damaged_results_are_told_and_the_others_drawn(workspace: Path, visualize: Call) -> None:
    answers: list[Region] = [INIT, *(box(n) for n in range(1, LENGTH))]
    for name in ("box", "blob"):
        record(workspace, f"old/unsupervised/{name}", f"{name}_001", answers, [0.5] * LENGTH)
    file = workspace / "results/old/unsupervised/blob/blob_001.bin"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    arguments = ("--workspace", workspace, "--experiment", "unsupervised")
    code, printed = visualize(*arguments)
    assert code == 0
    assert "SKIPPED: old, unsupervised, blob: the result blob_001 is damaged or cut" in printed
    assert "old/unsupervised/box/run_001.png" in written(workspace)

    values = workspace / "results/old/unsupervised/blob/blob_001_confidence.value"
    file.write_bytes(whole)
    values.write_text("0.5\n" * 3)
    code, printed = visualize(*arguments, "--sequences", "blob")
    assert code == 1
    assert "SKIPPED: old, unsupervised, blob: a file of values" in printed
    assert "nothing was drawn" in printed


def test_a_missing_image_is_told(workspace: Path, visualize: Call) -> None:
    answers: list[Region] = [INIT, *(box(n) for n in range(1, LENGTH))]
    record(workspace, "old/unsupervised/box", "box_001", answers)
    (workspace / "sequences" / "box" / "color" / "00000006.png").write_bytes(b"no image")
    code, printed = visualize("--workspace", workspace, "--experiment", "unsupervised")
    assert code == 1
    assert "SKIPPED: old, unsupervised, box: can't decode the image" in printed
    assert not list((workspace / "reports").rglob("*.png"))


def test_wrong_usage_is_one_line_with_the_remedy(workspace: Path, visualize: Call) -> None:
    code, printed = visualize("--workspace", workspace)
    assert code == 2 and "samurai evaluate" in printed
    record(workspace, "old/unsupervised/box", "box_001", [INIT])
    with pytest.raises(ResultError, match=f"box_001 has 1 frames instead of {LENGTH}"):
        only_run(workspace, "unsupervised", "box")
    for arguments, message in (
        (["nobody"], "tracker 'nobody'"),
        (["--experiment", "baseline,final"], "no experiment final"),
        (["--sequences", "moon"], "no sequence moon"),
    ):
        code, printed = visualize(*arguments, "--workspace", workspace)
        assert code == 2
        assert message in printed and "Traceback" not in printed


def test_the_report_and_the_pictures_find_each_other(
    make_workspace: MakeWorkspace, evaluate: Evaluate, visualize: Call
) -> None:
    workspace = make_workspace()
    assert "pictures  " not in evaluate("scripted", "--workspace", workspace)[1]
    report = workspace / "reports" / "latest" / "report.html"
    link = '<a href="../pictures/index.html">'
    assert link not in report.read_text()

    assert visualize("--workspace", workspace, "--frames", 2)[0] == 0
    assert report.read_text().count(link) == 1
    index = workspace / "reports" / "pictures" / "index.html"
    assert '<a href="../latest/report.html">latest</a>' in index.read_text()

    printed = evaluate("scripted", "--workspace", workspace)[1]  # the toolkit makes its page anew
    assert report.read_text().count(link) == 1
    assert f"pictures     {index}\n" in printed
    os.utime(index, (0, 0))
    assert "older than some results" in evaluate("scripted", "--workspace", workspace)[1]


def test_annotations_know_the_frames_that_nobody_annotated(workspace: Path) -> None:
    file = workspace / "sequences" / "box" / "groundtruth.txt"
    lines = file.read_text().splitlines()
    lines[2], lines[3] = str(Sequence.UNKNOWN), str(Sequence.INVISIBLE)
    file.write_text("\n".join(lines) + "\n")
    answers: list[Region] = [INIT, *(box(n) for n in range(1, LENGTH))]
    record(workspace, "old/unsupervised/box", "box_001", answers)
    (track,) = only_run(workspace, "unsupervised", "box").tracks
    assert math.isnan(track.overlaps[2]) and track.overlaps[3] == 0
    assert np.flatnonzero(track.hidden).tolist() == [3]
    assert track.truths[2] is None and track.truths[3] is None
