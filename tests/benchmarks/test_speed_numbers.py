"""The arithmetic of the speed benchmark, and its plan; nothing is measured here."""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.speed import plan
from benchmarks.speed.arithmetic import percentiles, ratio, slope
from benchmarks.speed.film import make_film, to_and_fro
from benchmarks.speed.lap import Lap
from benchmarks.speed.memory import growth
from benchmarks.speed.peers import catalogue
from benchmarks.speed.suite import _end_to_end, parts_of
from benchmarks.speed.svg import number, ticks
from benchmarks.speed.variant import Variant
from benchmarks.speed.work import Work, work_of


def test_percentiles_lie_between_neighbours() -> None:
    assert percentiles([float(n) for n in range(101)]) == {"p50": 50, "p95": 95, "p99": 99}
    assert percentiles([3.0]) == {"p50": 3, "p95": 3, "p99": 3}
    assert percentiles([0.0, 10.0])["p95"] == pytest.approx(9.5)


def test_a_ratio_is_taken_per_round() -> None:
    """A slow spell that meets both in one round doesn't show."""
    compared = ratio(theirs=[2.0, 20.0, 3.0], ours=[1.0, 10.0, 6.0])
    assert compared == {"rounds": [2.0, 2.0, 0.5], "median": 2.0, "least": 0.5, "most": 2.0}
    with pytest.raises(ValueError, match="shorter"):
        ratio([1.0, 2.0], [1.0])


@given(st.floats(-5, 5), st.floats(-100, 100))
def test_the_slope_of_a_line(rise: float, start: float) -> None:
    places = [0.0, 1.0, 4.0, 9.0]
    assert slope(places, [start + rise * place for place in places]) == pytest.approx(
        rise, abs=1e-9
    )


def test_growth_is_fitted_after_the_start() -> None:
    """A jump in the first frames is none; 1 MiB in 2,000 frames is 512 KiB per 1,000."""
    samples = [(n, 300.0 + (100 if n else 0) + n / 2000, 0.0) for n in range(0, 10_001, 50)]
    grown = growth(samples)
    assert grown["from"] == 500
    assert grown["host_slope"] == pytest.approx(512)
    assert grown["host_median_slope"] == pytest.approx(512)
    assert grown["device_slope"] == pytest.approx(0, abs=1e-9)


def test_a_step_is_no_leak() -> None:
    grown = growth([(n, 345.0 + (2 if n > 8000 else 0), 0.0) for n in range(0, 10_001, 50)])
    assert grown["host_slope"] > 100
    assert grown["host_median_slope"] == 0


def test_frames_per_second_hold_whole_laps_and_latencies_only_settled_frames() -> None:
    lap = Lap(total=6.0, loading=1.0, frames=[9.0] * 16 + [0.5] * 43)
    end = _end_to_end([lap, lap])
    assert end["fps"] == pytest.approx(120 / 12)
    assert end["skipped"] == 16
    assert end["latency"] == {"p50": 500, "p95": 500, "p99": 500}
    assert len(end["latencies"]) == 2 * 43


def test_parts_of_a_frame_add_up() -> None:
    frames = [{"decode": 0.001, "rest": 0.002}, {"decode": 0.003, "rest": 0.004}]
    parts = parts_of(frames)
    assert parts["decode"]["p50"] == pytest.approx(2)
    assert parts["all"]["p50"] == pytest.approx(5)
    assert parts["decoder"]["p99"] == 0


@given(st.integers(1, 9), st.integers(1, 60))
def test_a_film_runs_to_and_fro_without_a_cut(length: int, count: int) -> None:
    places = to_and_fro(length, count)
    assert len(places) == count and places[0] == 0
    assert set(places) <= set(range(length))
    steps = {abs(b - a) for a, b in itertools.pairwise(places)}
    assert steps <= ({1} if length > 1 else {0})


def test_a_film_is_files_in_order_with_boxes_in_the_frame(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film", (160, 90), 3)
    assert [path.name for path in film.paths] == ["00000.jpg", "00001.jpg", "00002.jpg"]
    boxes = film.boxes(16)
    assert len(boxes) == 16 and film.boxes(4) == boxes[:4]
    for x, y, width, height in boxes:
        assert 0 <= x <= 160 - width and 0 <= y <= 90 - height


def test_axis_values_are_round() -> None:
    assert ticks(98) == [0, 20, 40, 60, 80]
    assert ticks(1.3, 5) == [0, 0.5, 1.0]
    assert ticks(0) == [0]
    assert [number(value) for value in (0, 0.1234, 1.234, 43.21, 1234.5)] == [
        "0", "0.12", "1.23", "43.2", "1,234",
    ]  # fmt: skip


def test_the_work_of_a_frame() -> None:
    """tiny is what was published for it: 292 for the image encoder, 606 for memory attention."""
    work = work_of("tiny")
    assert work.encoder == pytest.approx(292, abs=1)
    assert work.attention == pytest.approx(606, abs=1)
    assert work.decoder == pytest.approx(3.6, abs=0.1)
    assert work.memory_encoder == pytest.approx(11.6, abs=0.1)
    assert work.frame(16) / work.frame(1) == pytest.approx(11.2, abs=0.05)
    assert work.frame(16, folded=True) / work.frame(1, folded=True) == pytest.approx(10, abs=0.05)


def test_windows_are_encoded_one_by_one() -> None:
    work = Work(encoder=5.0, attention=2.0, foldable=1.0, decoder=1.0, memory_encoder=1.0)
    assert work.frame(4, views=4) == 4 * work.frame(1)
    assert work.frame(4, views=1) == 5 + 4 * 4


@pytest.fixture(autouse=True)
def _only_nano_has_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "has_weights", lambda model: model == "nano")


def planned(*arguments: str, device: str = "cpu") -> plan.Plan:
    parser = argparse.ArgumentParser()
    plan.add_options(parser)
    return plan.plan_of(parser.parse_args(arguments), device)


def test_by_itself_a_cpu_runs_nano_with_1_4_and_16_objects_and_tiny_briefly() -> None:
    stages = {(stage.model, stage.objects): stage for stage in planned().stages}
    assert set(stages) == {("nano", 1), ("nano", 4), ("nano", 16), ("tiny", 1)}
    labels = [variant.label for variant in stages["nano", 1].variants]
    assert labels == ["nano", "nano, whole frame", "nano, whole frame, policy sam2"]
    assert [variant.label for variant in stages["nano", 1].inspected] == labels[:2]
    assert {variant.speed for variant in stages["nano", 4].variants} == {"exact"}
    assert [variant.label for variant in stages["tiny", 1].variants] == [
        "tiny, policy sam2", "tiny, policy sam2, fast",
    ]  # fmt: skip
    assert stages["tiny", 1].frames < 10


def test_by_itself_a_gpu_runs_tiny_and_large_at_1280_by_720() -> None:
    whole = planned(device="cuda")
    assert whole.size == (1280, 720)
    assert {(s.model, s.objects) for s in whole.stages} >= {
        (model, objects) for model in ("tiny", "large") for objects in (1, 16)
    }


def test_random_weights_run_the_policy_whose_memory_asks_no_score() -> None:
    stages = planned("--models", "nano", "--objects", "1", "--random").stages
    assert {variant.policy for variant in stages[0].variants} == {"sam2"}
    assert all(variant.random for variant in stages[0].variants)


def test_speed_modes_race_each_other() -> None:
    (stage,) = planned("--models", "nano", "--objects", "1", "--speed", "exact", "max").stages
    assert [variant.speed for variant in stage.variants if variant.whole][:2] == ["exact", "max"]


def test_a_size_is_written_with_an_x() -> None:
    assert planned("--size", "320x240").size == (320, 240)
    with pytest.raises(argparse.ArgumentTypeError, match="640x480"):
        plan.frame_size("320")


def test_the_label_says_what_differs() -> None:
    assert Variant("nano").label == "nano"
    assert Variant("nano", "sam2", whole=True, speed="fast").label == (
        "nano, whole frame, policy sam2, fast"
    )


@pytest.mark.parametrize(
    ("name", "model", "device", "reason"),
    [
        ("sam2", "nano", "cpu", None),
        ("sam2", "large", "cuda", None),
        ("sam2-one-thread", "nano", "cpu", None),
        ("sam2-one-thread", "tiny", "cpu", "small networks"),
        ("sam2-vos", "tiny", "cpu", "CUDA"),
        ("sam2-vos", "tiny", "cuda", None),
        ("transformers", "tiny", "cuda", "isn't installed"),
        ("samurai-reference", "tiny", "cuda", "SAMURAI_REFERENCE names no checkout"),
    ],
)
def test_why_a_peer_is_absent(
    monkeypatch: pytest.MonkeyPatch, name: str, model: str, device: str, reason: str | None
) -> None:
    monkeypatch.delenv(catalogue.REFERENCE, raising=False)
    monkeypatch.setattr(catalogue.importlib.util, "find_spec", lambda _: None)
    (peer,) = catalogue.peers([name])
    told = peer.absent(model, device)
    assert told is None if reason is None else reason in str(told)


def test_a_folder_that_is_no_checkout_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(catalogue.REFERENCE, str(tmp_path))
    (peer,) = catalogue.peers(["samurai-reference"])
    assert "is no checkout" in str(peer.absent("tiny", "cpu"))
    (tmp_path / "sam2" / "sam2").mkdir(parents=True)
    (tmp_path / "sam2" / "sam2" / "build_sam.py").touch()
    assert peer.absent("tiny", "cpu") is None
    assert "no configuration" in str(peer.absent("nano", "cpu"))
