"""The arithmetic of the speed benchmark, its plan and its peers; nothing is measured here."""

from __future__ import annotations

import argparse
import importlib.util
import itertools
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.speed import plan
from benchmarks.speed.arithmetic import percentiles, ratio
from benchmarks.speed.memory import growth
from benchmarks.speed.network_alone import gflop
from benchmarks.speed.peers import catalog
from benchmarks.speed.profiled import FRAME, PARTS, REST, profiler, read_frames
from benchmarks.speed.suite import end_to_end
from benchmarks.speed.timed_run import TimedRun
from benchmarks.speed.variant import Variant
from benchmarks.speed.video import back_and_forth, make_video


def test_percentiles_lie_between_neighbors() -> None:
    assert percentiles([0.0, 10.0]) == {"p50": 5, "p95": pytest.approx(9.5), "p99": 9.9}


def test_a_ratio_is_taken_per_round() -> None:
    """A slow spell that meets both in one round doesn't show."""
    compared = ratio(theirs=[2.0, 20.0, 3.0], ours=[1.0, 10.0, 6.0])
    assert compared == {"rounds": [2.0, 2.0, 0.5], "median": 2.0, "least": 0.5, "most": 2.0}


def test_growth_is_fitted_after_the_start() -> None:
    """100 MiB in the first frames are none; 1 MiB in 2,000 frames is 512 KiB per 1,000."""
    samples = [(n, 300.0 + (100 if n else 0) + n / 2000, 0.0) for n in range(0, 10_001, 50)]
    grown = growth(samples)
    assert grown["from"] == 500
    assert grown["host_median_slope"] == pytest.approx(512)
    assert grown["host_slope"] == pytest.approx(512)


def test_frames_per_second_hold_whole_runs_and_latencies_only_settled_frames() -> None:
    assert TimedRun.between(1.0, 2.0, [4.0, 5.0, 7.0]) == TimedRun(6.0, 1.0, [1.0, 2.0])
    run = TimedRun(total=6.0, loading=1.0, frames=[9.0] * 16 + [0.5] * 43)
    end = end_to_end([run, run])
    assert end["fps"] == pytest.approx(120 / 12)
    assert end["latency"] == {"p50": 500, "p95": 500, "p99": 500}
    assert len(end["latencies"]) == 2 * 43


def test_profiled_parts_and_the_rest_are_the_frame() -> None:
    """A span that comes twice counts twice; work between frames doesn't count."""
    values = torch.ones(4)
    profile = profiler("cpu")
    with profile:
        for _ in range(3):
            values.cumsum(0)
            with torch.profiler.record_function(FRAME):
                for part in (*PARTS, "decode"):
                    with torch.profiler.record_function(part):
                        values.sum()
                torch.nn.functional.linear(values, values[None])
    frames = read_frames(profile)
    assert len(frames) == 3
    for frame in frames:
        host, calls = frame["host"], frame["calls"]["operator calls"]
        assert all(host[part] > 0 for part in (*PARTS, REST))
        assert sum(host[part] for part in (*PARTS, REST)) == pytest.approx(host[FRAME])
        assert len(PARTS) + 3 <= calls <= len(PARTS) + 5  # sums, an index, linear: not their calls


@given(st.integers(1, 9), st.integers(1, 60))
def test_a_video_runs_back_and_forth_without_a_cut(length: int, count: int) -> None:
    places = back_and_forth(length, count)
    assert len(places) == count and places[0] == 0
    steps = {abs(b - a) for a, b in itertools.pairwise(places)}
    assert steps <= ({1} if length > 1 else {0})


def test_a_video_is_files_in_order_with_boxes_in_the_frame(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video", (160, 90), 3)
    assert [path.name for path in video.paths] == ["00000.jpg", "00001.jpg", "00002.jpg"]
    boxes = video.boxes(16)
    assert len(boxes) == 16 and video.boxes(4) == boxes[:4]
    for x, y, width, height in boxes:
        assert 0 <= x <= 160 - width and 0 <= y <= 90 - height


def test_the_operations_of_a_frame() -> None:
    """tiny is what was published for it: 292 for the image encoder, 606 for memory attention; 15
    for both heads."""
    assert gflop(Variant("tiny"), 2, 1) == pytest.approx(292 + 2 * (606 + 15), abs=3)


@pytest.fixture(autouse=True)
def _only_nano_has_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "has_weights", lambda model: model == "nano")


def planned(*arguments: str, device: str = "cpu") -> plan.Plan:
    parser = argparse.ArgumentParser()
    plan.add_options(parser)
    return plan.plan_of(parser.parse_args(arguments), device)


def test_what_suits_a_device_is_planned_by_itself() -> None:
    stages = {(stage.model, stage.objects): stage for stage in planned().stages}
    assert {("nano", 1), ("nano", 16), ("tiny", 1)} <= set(stages)
    nano, tiny = stages["nano", 1], stages["tiny", 1]
    assert set(nano.inspected) < set(nano.variants)
    assert not any(variant.random for variant in nano.variants)
    assert all(variant.random for variant in tiny.variants) and tiny.frames < 10
    variant = Variant("nano", whole=True, policy="sam2", speed="fast")
    assert variant.label == "nano, whole frame, policy sam2, fast"
    on_gpu = planned(device="cuda")
    assert on_gpu.size == (1280, 720)
    assert {("tiny", 1), ("large", 16)} <= {(s.model, s.objects) for s in on_gpu.stages}


def test_a_size_is_written_with_an_x() -> None:
    assert planned("--size", "320x240").size == (320, 240)
    with pytest.raises(argparse.ArgumentTypeError):
        plan.frame_size("320")


@pytest.mark.parametrize(
    ("name", "model", "device", "reason"),
    [
        ("sam2-one-thread", "tiny", "cpu", "small networks"),
        ("sam2-vos", "tiny", "cuda", None),
        ("transformers", "tiny", "cuda", "isn't installed"),
        ("samurai-reference", "tiny", "cuda", "SAMURAI_REFERENCE names no checkout"),
    ],
)
def test_why_a_peer_is_absent(
    monkeypatch: pytest.MonkeyPatch, name: str, model: str, device: str, reason: str | None
) -> None:
    monkeypatch.delenv(catalog.REFERENCE, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    (peer,) = [peer for peer in catalog.CATALOG if peer.name == name]
    found = peer.absent(model, device)
    assert found is None if reason is None else reason in str(found)
