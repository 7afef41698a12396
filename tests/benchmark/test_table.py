"""The table on a terminal: exact texts, published scores beside ours, partial results."""

from __future__ import annotations

import math
from typing import Any

import pytest
from oracles.made_scores import make_dataset, make_score

from samurai.benchmark.captions import (
    BOXES,
    SOURCES,
    box_caption,
    measures_caption,
    protocol_caption,
)
from samurai.benchmark.published import published_of, words_of
from samurai.benchmark.report import show
from samurai.benchmark.scores import COLUMNS, MEASURES, Speed
from samurai.benchmark.table import WIDTH, signed, tables, text

VALUES = {
    "auc": 74.375,
    "op50": 84.0,
    "op75": 70.0,
    "precision": 80.0,
    "normalized_precision": math.nan,
}


def test_both_conventions_stand_beside_the_published_score() -> None:
    printed: list[str] = []
    speed = Speed(38.24, 31.0)
    ours = make_score(values=VALUES, speed=speed, notes=("a has 2 more images than rows.",))
    theirs = make_score(values={**VALUES, "auc": 74.23}, speed=speed, box="samurai")
    show(make_dataset(), [ours, theirs], out=printed.append)
    assert "\n".join(printed) == (
        """\
LaSOT: 2 sequences, protocol lasot
Protocol lasot: the rules of LaSOT's toolkit. Values are means over sequences, each counting once.
Frames in which the object is absent are misses of success, precision and normalized precision.
Frames in which it is in view without a usable true box are misses of success, and hits of precision
and normalized precision.
Box convention pixels: a mask's box covers its pixels (max - min + 1). Box convention samurai: as
SAMURAI's scripts write them (max - min, whole numbers, the first pixel is 0).

tracker                 boxes      AUC   OP50   OP75      P  Pnorm          fps  sequences
samurai-l               pixels   74.38  84.00  70.00  80.00      -  38.2 / 31.0          2
                        samurai  74.23  84.00  70.00  80.00      -  38.2 / 31.0          2
  SAMURAI-L, published           74.23      -      -  80.21      -
  difference            pixels   +0.14      -      -  -0.21      -
  difference            samurai  +0.00      -      -  -0.21      -

samurai-l: a has 2 more images than rows.
SAMURAI-L, published: a paper, table 1.
fps: tracking alone / with reading images, without first frames.
All values in percent. AUC: area under the success curve; OP50: frames with an overlap above 0.5;
OP75: frames with an overlap above 0.75; P: frames whose center is off by at most 20 pixels; Pnorm:
frames whose center is off by at most 0.2 sizes of the true box."""
    )


def test_partial_results_are_marked_and_have_no_difference() -> None:
    missing = tuple(f"cat-{number}" for number in range(42))
    scored = {f"dog-{number}": 50.0 for number in range(238)}
    (table,) = tables(make_dataset(), [make_score(sequences=scored, missing=missing)])
    assert table.heading == "LaSOT: 280 sequences, protocol lasot"
    assert [row.kind for row in table.rows] == ["score", "published"]
    assert table.rows[0].sequences == "238 of 280"
    assert table.notes[0] == (
        "samurai-l: 238 of 280 sequences: not comparable; missing: cat-0, cat-1, cat-2, cat-3, "
        "cat-4 and 37 others."
    )


def test_trackers_are_compared_with_the_first() -> None:
    base = {name: 50.0 for name in "abcdef"}
    better = {name: 53.0 for name in "abcdef"}
    few = {"a": 49.0}
    found = [make_score("x", base), make_score("y", better), make_score("z", few)]
    (table,) = tables(make_dataset(), found)
    interval = "95% bootstrap interval +3.00 to +3.00"
    assert table.differences == (
        f"y - x: AUC +3.00 over 6 common sequences, {interval}.",
        "z - x: AUC -1.00 over 1 common sequences, no interval from so few.",
    )


def test_a_table_per_protocol() -> None:
    scores = [make_score(), make_score(protocol="got10k", measure="ao"), make_score("other")]
    first, second = tables(make_dataset(), scores)
    assert [row.name for row in first.rows if row.kind == "score"] == ["samurai-l", "other"]
    assert second.heading == "LaSOT: 2 sequences, protocol got10k"
    assert second.measures == ("AO", "SR50", "SR75")
    assert [row.values for row in second.rows] == [("70.00", "-", "-")], "nothing is published"
    printed: list[str] = []
    show(make_dataset(), scores, out=printed.append)
    assert printed == [text(first), "", text(second)]


def test_scores_of_a_tracker_come_together() -> None:
    scores = [make_score("x"), make_score("y"), make_score("x", box="samurai")]
    (table,) = tables(make_dataset(), scores)
    assert [(row.name, row.box) for row in table.rows] == [
        ("x", "pixels"),
        ("", "samurai"),
        ("y", "pixels"),
    ]


@pytest.mark.parametrize("protocol", list(COLUMNS))
@pytest.mark.parametrize("length", [5, 30, 99, 140])
def test_text_fits_the_width(protocol: str, length: int) -> None:
    values = dict.fromkeys(COLUMNS[protocol], 100.0)
    more: dict[str, Any] = {
        "protocol": protocol,
        "speed": Speed(1234.5, 1234.5),
        "missing": ("c",) * 123,
    }
    names = ["x" * length, "y"]
    both = [
        make_score(name, values=values, box=box, **more)
        for name in names
        for box in ("pixels", "samurai")
    ]
    kind = "mask" if protocol in ("davis", "sav") else "box"
    (table,) = tables(make_dataset(kind=kind), both)
    lines = text(table).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert "".join(line.strip() for line in lines).count("x" * length) >= 1
    assert text(table).isascii()


def test_masks_have_no_convention_of_boxes() -> None:
    dataset = make_dataset(kind="mask", protocols=("davis",), published=())
    more: dict[str, Any] = {"protocol": "davis", "measure": "jf"}
    (table,) = tables(dataset, [make_score("x", **more), make_score("y", box="as given", **more)])
    assert not any("Box" in sentence for sentence in table.caption)
    assert not table.has_boxes


@pytest.mark.parametrize(
    ("section", "published"),
    [
        ("samurai-l", "SAMURAI-L"),
        ("samurai-large", "SAMURAI-L"),
        ("SAMURAI_Large", "SAMURAI-L"),
        ("samurai-b", "SAMURAI-B+"),
        ("samurai-base-plus", "SAMURAI-B+"),
        ("samurai-base+", "SAMURAI-B+"),
        ("samurai-t", "SAMURAI-T"),
        ("samurai-tiny", "SAMURAI-T"),
        ("samurai-small", "SAMURAI-S"),
        ("sam2-l", "SAM2.1-L"),
        ("sam2.1-base_plus", "SAM2.1-B+"),
        ("sam2-l", "SAM 2.1 Large"),
        ("dam-l", "DAM4SAM-L"),
        ("him2sam-l", "HiM2SAM-L"),
    ],
)
def test_names_of_the_same_tracker(section: str, published: str) -> None:
    assert words_of(section) == words_of(published)


@pytest.mark.parametrize(
    "section",
    ["samurai", "samurai-nano", "sam2-nano", "samurai-dam-l", "samurai-folder-l", "l", "dam-nano"],
)
def test_names_of_nobody(section: str) -> None:
    assert published_of(make_dataset(), make_score(section)) == ()


def test_only_the_protocol_of_papers_has_published_scores() -> None:
    dataset = make_dataset()
    assert published_of(dataset, make_score()) == (dataset.published[0],)
    prompted = make_score("samurai-large-samurai-prompt")
    assert published_of(dataset, prompted) == (dataset.published[0],)
    assert published_of(dataset, make_score(protocol="pytracking")) == ()


HITS = {
    "lasot": "Frames in which the object is absent are misses of success, precision and normalized "
    "precision. Frames in which it is in view without a usable true box are misses of success, and "
    "hits of precision and normalized precision.",
    "pytracking": "Frames in which the object is absent are misses of success, precision and "
    "normalized precision. Frames in which it is in view without a usable true box are misses of "
    "success and precision, and hits of normalized precision.",
    "samurai": "Frames in which the object is absent or has no usable box are misses of success "
    "and precision, and hits of normalized precision.",
    "otb": "Frames in which the object is absent or has no usable box are misses of success, and "
    "hits of precision and normalized precision.",
    "uav": "Frames in which the object is absent or has no usable box are misses of success, and "
    "hits of precision and normalized precision.",
    "pytracking-uav": "Frames in which the object is absent or has no usable box are misses of "
    "success, and hits of precision and normalized precision.",
    "got10k": "The first frame of a sequence and frames in which nothing of the object is visible "
    "don't count.",
    "trackingnet": "No frame is marked as absent: every frame counts.",
    "davis": "In a frame in which the object is absent, an empty mask counts 100 and any other one "
    "0.",
    "sav": "In a frame in which the object is absent, an empty mask counts 100 and any other one "
    "0.",
}


@pytest.mark.parametrize("protocol", list(COLUMNS))
def test_captions_say_what_absent_frames_count(protocol: str) -> None:
    caption = protocol_caption(protocol)
    assert caption.startswith(f"Protocol {protocol}: {SOURCES[protocol]}. Values are means over ")
    assert caption.endswith(HITS[protocol])
    assert set(HITS) == set(COLUMNS) == set(SOURCES)


@pytest.mark.parametrize("protocol", list(COLUMNS))
def test_every_measure_has_a_caption(protocol: str) -> None:
    caption = measures_caption(protocol)
    assert caption.startswith("All values in percent. ")
    for name in COLUMNS[protocol]:
        assert f"{MEASURES[name].title}: " in caption
        own_area = protocol == "trackingnet"
        assert (MEASURES[name].meaning in caption) != own_area or name == "auc"


def test_conventions_are_named() -> None:
    for name, words in BOXES.items():
        assert box_caption([name]) == f"Box convention {name}: {words}."


def test_differences_have_signs() -> None:
    assert [signed(value) for value in (0.0, -0.001, 0.004, 1.236, -2.0, math.nan)] == [
        *("+0.00", "+0.00", "+0.00", "+1.24", "-2.00", "-"),
    ]
