"""A small run of the speed benchmark: real processes on the bundled sequence, a result, tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.speed import memory
from benchmarks.speed.__main__ import RESULTS, main
from benchmarks.speed.errors import BenchmarkError
from benchmarks.speed.peers import catalog
from benchmarks.speed.plan import Plan, Stage
from benchmarks.speed.profiled import PARTS, REST
from benchmarks.speed.suite import Suite
from benchmarks.speed.tables import tables
from benchmarks.speed.trax_client import TrackerProcess
from benchmarks.speed.variant import Variant
from benchmarks.speed.video import make_video
from samurai import Box, Tracker
from samurai.video.images import read_frame

pytestmark = pytest.mark.slow

VARIANT = Variant(model="nano", device="cpu")
STAGE = Stage("nano", 2, (VARIANT,), (VARIANT,), frames=6, rounds=2, profiled_frames=6)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """nano with two objects beside the installed predictor; other peers are not here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(catalog.REFERENCE, raising=False)
        patch.setenv("OMP_NUM_THREADS", "1")
        names = ("sam2", "sam2-vos", "samurai-reference")
        plan = Plan("cpu", (96, 64), names, (STAGE,), seconds=0.1)
        kept: list[dict[str, Any]] = []
        suite = Suite(plan, tmp_path_factory.mktemp("run"), lambda _: None, kept.append)
        run = suite.run()
    assert kept == [run]
    return dict(json.loads(json.dumps(run)))


def test_the_result_says_where_and_what_was_measured(result: dict[str, Any]) -> None:
    assert {"commit", "date", "machine", "python"} <= set(result["where"])
    assert result["where"]["versions"]["sam2"] and result["where"]["memory_gib"] > 0
    (run,) = result["runs"]
    assert (run["device"], run["dtype"], run["threads"]) == ("cpu", "float32", 1)
    assert run["weights"] == "loaded"
    assert run["fps"] > 0 and run["hello"] > 0
    assert 0 < run["latency"]["p50"] <= run["latency"]["p95"] <= run["latency"]["p99"]
    assert len(run["latencies"]) == 2 * (6 - 1 - 2)  # rounds, frames without the first two
    assert 50 < run["startup"]["import"] < run["startup"]["warm-up"]
    assert run["peak"]["host"] > run["startup"]["load"]
    assert 0 < run["network"]["least"] <= run["network"]["median"] <= run["network"]["most"]
    assert run["network"]["gflop"] > 0 and run["network"]["matrix_rate"] > 0


def test_every_part_takes_time_and_the_parts_are_the_frame(result: dict[str, Any]) -> None:
    (run,) = result["runs"]
    assert set(run["parts"]) == {*PARTS, REST, "all"}
    assert [part for part, times in run["parts"].items() if times["p50"] <= 0] == []
    assert run["to_reply"]["p50"] < run["parts"]["all"]["p99"]
    assert run["inspected"] == 4
    assert run["counts"]["operator calls"] > 100


def test_the_peer_ran_in_the_same_rounds(result: dict[str, Any]) -> None:
    (peer,), (run,), (race,) = result["peers"], result["runs"], result["races"]
    assert peer["label"] == "sam2 predictor"
    assert peer["loading"] > 0 and peer["fps"] > 0 and peer["peak"]["host"] > 50
    pairs = zip(peer["laps"], run["laps"], strict=True)
    assert race["rounds"] == pytest.approx([theirs / ours for theirs, ours in pairs])


def test_show_prints_runs_ratios_parts_and_absent_peers(
    result: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(result))
    assert main(["show", str(path)]) == 0
    text = capsys.readouterr().out
    assert text.count("nano, 2 objects") == 4  # end to end, ratio, parts, calls
    assert "nano, 2 objects : sam2 predictor" in text
    assert "not run: sam2 predictor, vos_optimized: " in text
    assert "not run: original SAMURAI: SAMURAI_REFERENCE names no checkout" in text
    assert "device" not in text.split("Times")[0]  # no GPU, no column for its memory


def test_a_result_from_a_gpu_shows_its_memory_kernels_and_launches(result: dict[str, Any]) -> None:
    (run,) = result["runs"]
    counts = {"host syncs": 3.0, "kernel launches": 610.0, "graph launches": 4.0}
    on_gpu = {**run, "counts": counts, "peak": {"host": 900.0, "device": 1234.0}}
    on_gpu["device_parts"] = {"encode": {"p50": 76.5}}
    where = {**result["where"], "gpu": "some GPU"}
    text = tables({**result, "device": "cuda", "where": where, "runs": [on_gpu]})
    assert text.startswith("some GPU; ")
    for words in ("1234", "kernel launches", "610.0", "kernels on the device", "76.5"):
        assert words in text


def test_committed_results_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    files = [path for kind in ("speed-c", "memory-c") for path in RESULTS.glob(f"*-{kind}pu*.json")]
    assert len(files) >= 4
    assert main(["show", *map(str, files)]) == 0
    assert "Parts of a frame" in capsys.readouterr().out


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}")
    assert main(["show", str(path)]) == 2


def test_memory_along_the_way_and_at_the_start(tmp_path: Path) -> None:
    held = memory.run([VARIANT], [VARIANT], 1, 60, "cpu", tmp_path, lambda _: None)
    held = json.loads(json.dumps(held))
    (curve,), (start,) = held["curves"], held["startup"]
    assert [sample[0] for sample in curve["samples"]] == list(range(60))
    assert all(sample[1] > 50 for sample in curve["samples"])
    assert start["import"] <= start["load"] <= start["warm-up"]
    assert "KiB per 1,000 frames" in tables(held)


def test_a_tracker_that_fails_is_an_error_with_its_log(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video", (96, 64), 2)
    with pytest.raises(BenchmarkError, match="SAMURAI_DTYPE=float3"):
        TrackerProcess(Variant(dtype="float3", device="cpu"), tmp_path).run(video, 1)


def test_no_span_is_recorded_unless_asked_for(tmp_path: Path) -> None:
    """A profiler that a user starts sees torch's operators only."""
    video = make_video(tmp_path / "video", (96, 64), 2)
    session = Tracker.load("nano", device="cpu").session()
    session.start(read_frame(str(video.paths[0])), [Box(*video.boxes(1)[0])])
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        session.step(read_frame(str(video.paths[1])), [])
        session.update_memory()
    names = {event.key for event in profile.key_averages()}
    assert any(name.startswith("aten::") for name in names)
    assert not names & set(PARTS)
