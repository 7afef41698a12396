"""`samurai benchmark NAME`: what is chosen, refused and shown; once with a real network."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles.small_benchmark import box_sequence, dataset
from oracles.stub_tracker import load_stub

from samurai import Box, Tracker
from samurai.benchmark import run_report, workers
from samurai.cli.main import main
from samurai.datasets import DATASETS
from samurai.datasets.base import AnySequence, BoxSequence
from samurai.video.images import read_frame

pytestmark = pytest.mark.usefixtures("plain_environment")

BUNDLED = Path(__file__).parents[2] / "vot_workspace" / "sequences" / "scale" / "color"
Shown = list[tuple[str, list[str]]]
Benchmark = Callable[..., int]


@pytest.fixture
def sequences(tmp_path: Path) -> list[BoxSequence]:
    return [box_sequence(tmp_path / "data", name, frames=3) for name in ("cat-1", "cat-2", "dog")]


@pytest.fixture
def benchmark(
    tmp_path: Path, sequences: list[BoxSequence], monkeypatch: pytest.MonkeyPatch
) -> Benchmark:
    """The command on data sets `toy` and, where a sequence is missing, `holes`."""
    lost = {"eel": "no images", "emu": "no folder"}
    monkeypatch.setitem(DATASETS, "toy", dataset("toy", sequences))
    monkeypatch.setitem(DATASETS, "holes", dataset("holes", sequences, lost))
    monkeypatch.setattr(workers, "load_tracker", load_stub)
    monkeypatch.chdir(tmp_path)
    return lambda *words: main(["benchmark", *words, "--root", "data"])


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Data sets and folders that the report is called with."""
    calls: Shown = []

    def show(found: Any, reading: Any, chosen: Any, folders: Sequence[Path], *_: Any) -> None:
        calls.append((found.name, [str(folder) for folder in folders]))

    monkeypatch.setattr(run_report, "report_runs", show)
    return calls


def done(folder: str = "benchmark_results/toy/samurai-nano") -> set[str]:
    return {file.stem for file in Path(folder).glob("*.txt") if "_" not in file.stem}


def test_a_name_runs_and_shows(
    benchmark: Benchmark, shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark("toy") == 0
    assert done() == {"cat-1", "cat-2", "dog"}
    assert shown == [("toy", ["benchmark_results/toy/samurai-nano"])]
    printed = capsys.readouterr()
    assert "TOY, samurai-nano: 3 of 3 sequences in benchmark_results/toy/" in printed.out
    assert "3 sequences to run" in printed.err


def test_several_data_sets_and_the_word_run(benchmark: Benchmark, shown: Shown) -> None:
    assert benchmark("run", "toy", "holes", "--partial", "--policy", "dam") == 0
    assert [name for name, _ in shown] == ["toy", "holes"]
    assert done("benchmark_results/holes/dam-nano") == {"cat-1", "cat-2", "dog"}


def test_missing_sequences_are_refused_by_name(
    benchmark: Benchmark, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark("holes") == 2
    printed = capsys.readouterr().err
    assert "5 sequences are expected, 3 are below data" in printed
    assert "missing: eel (no images), emu (no folder). Remedy:" in printed
    assert "--partial" in printed
    assert not Path("benchmark_results").exists()
    assert benchmark("holes", "--sequences", "cat-*") == 0


def test_what_is_chosen(benchmark: Benchmark, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark("toy", "--sequences", "cat-*", "--name", "cats", "--first", "2") == 0
    assert done("benchmark_results/toy/cats-first-2") == {"cat-1", "cat-2"}
    assert benchmark("toy", "--prompt", "samurai") == 0
    assert done("benchmark_results/toy/samurai-nano-samurai-prompt") == {"cat-1", "cat-2", "dog"}
    assert benchmark("toy", "--sequences", "horse") == 2
    assert "no sequence below data fits 'horse'" in capsys.readouterr().err


def test_sections_of_a_trackers_ini(
    benchmark: Benchmark, shown: Shown, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "trackers.ini").write_text(
        "[DEFAULT]\nprotocol = traxpython\ncommand = vot_wrapper\n"
        "[mine]\nenv_SAMURAI_POLICY = dam\nenv_SAMURAI_OUTPUT = mask\n"
        "[plain]\n[foreign]\ncommand = other\n[wrong]\nenv_SAMURAI_POLICY = damm\n"
    )
    assert benchmark("toy", "--tracker", "mine", "plain") == 0
    record = json.loads(Path("benchmark_results/toy/mine/run.json").read_text())
    assert record["policy"] == "dam" and "output" not in record["settings"]
    assert shown == [("toy", ["benchmark_results/toy/mine", "benchmark_results/toy/plain"])]
    for words, expected in {
        ("absent",): "no section [absent]",
        ("foreign",): "runs `other`",
        ("wrong",): "did you mean dam?",
        ("mine", "--policy", "dam"): "--policy is for a tracker that is given by flags",
        ("mine", "--name", "x"): "--name is for a tracker that is given by flags",
    }.items():
        assert benchmark("toy", "--tracker", *words) == 2
        assert expected in capsys.readouterr().err


def test_the_bundled_sections_are_found_elsewhere(benchmark: Benchmark) -> None:
    assert benchmark("toy", "--tracker", "samurai", "--device", "cpu") == 2
    assert benchmark("toy", "--tracker", "samurai") == 0
    assert done("benchmark_results/toy/samurai") == {"cat-1", "cat-2", "dog"}


def test_scores_alone(
    benchmark: Benchmark,
    shown: Shown,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert benchmark("toy", "--score-only") == 2
    assert "no results of any tracker; there: none" in capsys.readouterr().err
    for name in ("a", "b"):
        assert benchmark("toy", "--name", name) == 0
    shown.clear()
    monkeypatch.setattr(workers, "load_tracker", None)
    assert benchmark("toy", "--score-only") == 0
    assert benchmark("toy", "--score-only", "--name", "b") == 0
    folders = ["benchmark_results/toy/a", "benchmark_results/toy/b"]
    assert shown == [("toy", folders), ("toy", folders[1:])]
    assert benchmark("toy", "--score-only", "--model", "large") == 2
    assert "no results of samurai-large; there: a, b" in capsys.readouterr().err
    assert benchmark("toy", "--score-only", "--first", "9") == 2
    assert "no results of any tracker; there: a, b. Remedy: " in capsys.readouterr().err


def test_the_table_and_files(
    benchmark: Benchmark, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert benchmark("toy", "--json", "out.json") == 0
    printed = capsys.readouterr()
    assert "AUC" in printed.out and "samurai-nano" in printed.out
    (tracker,) = json.loads((tmp_path / "out.json").read_text())["trackers"].values()
    assert tracker["auc"] == pytest.approx(100 * 20 / 21) and tracker["fps"]["tracking"] > 0
    assert benchmark("toy", "holes", "--partial", "--page", "page.html", "--first", "2") == 0
    assert (tmp_path / "page-toy.html").is_file() and (tmp_path / "page-holes.html").is_file()
    assert "only the first 2 frames" in capsys.readouterr().out
    assert benchmark("toy", "--score-only", "--json", "again.json") == 0
    again = json.loads((tmp_path / "again.json").read_text())["trackers"]
    assert list(again) == ["samurai-nano"], "smoke runs aren't mixed with whole ones"


def test_wrong_words_are_named(benchmark: Benchmark, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark("toy", "hole") == 2
    assert "unknown data set 'hole'" in capsys.readouterr().err
    assert benchmark("run") == 2
    assert "which data set?" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        benchmark("toy", "--first", "0")


def test_a_real_network_answers_as_its_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None
) -> None:
    images = tuple(sorted(BUNDLED.glob("*.jpg")))[:4]
    first = Box(109, 98, 26, 21)
    real: list[AnySequence] = [BoxSequence("scale", images, np.array([[110.0, 99, 26, 21]]), 1)]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(DATASETS, "real", dataset("real", real))
    assert main(["benchmark", "real", "--root", ".", "--device", "cpu"]) == 0
    found = np.loadtxt("benchmark_results/real/samurai-nano/scale.txt", delimiter=",")
    session = Tracker.load("nano", device="cpu").session()
    boxes = [session.start(read_frame(str(images[0])), first)[0].box]
    boxes += [session.step(read_frame(str(image)))[0].box for image in images[1:]]
    expected = [[b.x + 1, b.y + 1, b.width, b.height] for b in boxes if b is not None]
    assert np.array_equal(found, expected)
