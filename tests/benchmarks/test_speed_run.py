"""A small run of the speed benchmark: real processes, a valid result, tables and a page."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from benchmarks.speed import memory, suite
from benchmarks.speed.__main__ import main
from benchmarks.speed.components import PARTS
from benchmarks.speed.errors import BenchmarkError
from benchmarks.speed.page import page
from benchmarks.speed.peers import catalogue
from benchmarks.speed.plan import Plan, Stage
from benchmarks.speed.table import memory_tables, scaling, speed_tables
from benchmarks.speed.variant import Variant
from benchmarks.speed.wire import TrackerProcess

VARIANT = Variant(model="nano", policy="sam2", whole=True, random=True, device="cpu")
STAGE = Stage(
    model="nano",
    objects=2,
    variants=(VARIANT,),
    inspected=(VARIANT,),
    frames=6,
    rounds=2,
    inspect_frames=6,
    count_frames=2,
)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A run with random weights, beside the installed predictor; other peers are not here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(catalogue.REFERENCE, raising=False)
        patch.setenv("OMP_NUM_THREADS", "1")
        plan = Plan(
            device="cpu",
            size=(96, 64),
            peers=("sam2", "sam2-vos", "samurai-reference"),
            stages=(STAGE,),
            seconds=0.1,
        )
        kept: list[dict[str, Any]] = []
        run = suite.run(plan, tmp_path_factory.mktemp("run"), lambda _: None, kept.append)
    assert kept == [run]
    return dict(json.loads(json.dumps(run)))


def test_the_result_says_where_and_with_what(result: dict[str, Any]) -> None:
    assert result["kind"] == "speed"
    assert result["where"]["versions"]["sam2"]
    assert {"commit", "date", "machine", "python"} <= set(result["where"])
    (run,) = result["runs"]
    assert run["weights"] == "random: timing only"
    assert (run["device"], run["dtype"], run["threads"]) == ("cpu", "float32", 1)


def test_a_run_has_latencies_parts_counts_and_memory(result: dict[str, Any]) -> None:
    (run,) = result["runs"]
    assert run["fps"] > 0
    assert 0 < run["latency"]["p50"] <= run["latency"]["p95"] <= run["latency"]["p99"]
    assert len(run["latencies"]) == 2 * (6 - 1 - 2)  # rounds, frames without the first two
    idle = [part for part in PARTS if run["parts"][part]["p50"] <= 0]
    assert idle == []
    assert 0 < run["to_reply"]["p50"] < run["parts"]["all"]["p99"]
    assert run["counts"]["host syncs"] >= 1
    assert run["counts"]["operator calls"] > 100
    assert run["maps"] > 1  # the memory fills, whatever random weights say
    assert 50 < run["startup"]["import"] <= run["startup"]["warm-up"] <= run["peak"]["host"]
    assert run["network"]["median"] > 0 and run["network"]["matrix_rate"] > 0


def test_the_peer_ran_in_the_same_rounds(result: dict[str, Any]) -> None:
    (peer,) = result["peers"]
    assert peer["label"] == "sam2 predictor"
    assert peer["loading"] > 0 and peer["fps"] > 0
    (race,) = result["races"]
    expected = [
        theirs / ours for theirs, ours in zip(peer["laps"], result["runs"][0]["laps"], strict=True)
    ]
    assert race["rounds"] == pytest.approx(expected)


def test_who_is_absent_is_told_with_the_reason(result: dict[str, Any]) -> None:
    text = speed_tables(result)
    assert "not run: sam2 predictor, vos_optimized: " in text
    assert "not run: original SAMURAI: SAMURAI_REFERENCE names no checkout" in text


def test_the_tables_have_every_run_and_say_that_weights_are_random(result: dict[str, Any]) -> None:
    text = speed_tables(result)
    assert text.count("nano, whole frame, policy sam2, 2 objects") == 3
    assert "random weights (nano): timing only" in text
    assert "device" not in text  # no GPU, no column for its memory
    assert all(len(line) < 160 for line in text.splitlines())


def test_a_result_from_a_gpu_shows_its_memory_and_launches(result: dict[str, Any]) -> None:
    (run,) = result["runs"]
    counts = {"host syncs": 3, "kernel launches": 610, "graph launches": 4, "sync warnings": 2}
    on_gpu = {**run, "counts": counts, "peak": {"host": 900.0, "device": 1234.0}}
    where = {**result["where"], "gpu": "some GPU"}
    made = {**result, "device": "cuda", "where": where, "runs": [on_gpu]}
    assert speed_tables(made).startswith("some GPU; ")
    for text in (speed_tables(made), read(page([made])).words):
        assert "614" in text and "device" in text and "launches" in text


def test_several_objects_stand_beside_as_many_runs_of_one(result: dict[str, Any]) -> None:
    (run,) = result["runs"]
    single = {
        **run,
        "objects": 1,
        "latency": {**run["latency"], "p50": run["latency"]["p50"] / 1.5},
    }
    (row,) = scaling({**result, "runs": [single, run]})
    assert row["end_to_end"] == pytest.approx(1.5)
    assert 1 < row["floor"] < 2


class Checker(HTMLParser):
    """Reads a page and notes tags that don't match, its text, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words = ""
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [str(value) for key, value in attrs if key in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def read(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    return checker


def test_the_page_is_whole_and_loads_nothing(result: dict[str, Any]) -> None:
    checker = read(page([result]))
    assert checker.loads == []
    for words in ("Beside the peers", "random weights", "memory write", "SAMURAI_REFERENCE"):
        assert words in checker.words


def test_a_loss_is_shown_as_one(result: dict[str, Any]) -> None:
    (race,) = result["races"]
    lost = {**race, "rounds": [0.5, 0.7], "median": 0.6, "least": 0.5, "most": 0.7}
    text = page([{**result, "races": [lost]}])
    assert '<td class="lost">0.60</td>' in text
    assert "0.50 to 0.70" in text


def test_the_page_command(result: dict[str, Any], tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(result))
    assert main(["page", str(path), str(path), "--output", str(tmp_path / "x.html")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "x.html")
    read((tmp_path / "x.html").read_text())
    path.write_text("{}")
    assert main(["page", str(path)]) == 2
    assert "is no result of this benchmark" in capsys.readouterr().err


def test_memory_along_the_way_and_at_the_start(tmp_path: Path) -> None:
    held = memory.run([VARIANT], [VARIANT], 1, 60, "cpu", tmp_path, lambda _: None)
    held = json.loads(json.dumps(held))
    (curve,) = held["curves"]
    assert [sample[0] for sample in curve["samples"]] == list(range(60))
    assert all(sample[1] > 50 for sample in curve["samples"])
    (start,) = held["startup"]
    assert start["import"] <= start["load"] <= start["warm-up"] <= start["peak"]["host"]
    assert "KiB per 1,000 frames" in memory_tables(held)
    assert "KiB per 1,000 frames" in read(page([held])).words


def test_a_tracker_that_fails_is_told_with_its_log(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="SAMURAI_DTYPE=float3"):
        TrackerProcess(Variant(dtype="float3", device="cpu"), tmp_path).run(
            suite.make_film(tmp_path / "film", (96, 64), 2), 1
        )
