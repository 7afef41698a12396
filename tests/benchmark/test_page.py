"""The HTML page: one well-formed file that loads nothing, with curves, lists and pictures."""

from __future__ import annotations

import base64
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from oracles.made_scores import CURVES, make_dataset, make_score
from oracles.web_pages import check_page

from samurai.benchmark.comparison import mean_difference
from samurai.benchmark.curves import COLORS, DASHES, HEIGHT, WIDTH, plots, styles
from samurai.benchmark.moments import (
    APART,
    FRAMES,
    Moments,
    SequenceBoxes,
    draw,
    pictures_of,
    worst_frames,
)
from samurai.benchmark.page import ENDS, page_text, sequence_rows
from samurai.benchmark.report import ReportFiles, show
from samurai.benchmark.scores import COLUMNS, MEASURES, Curve, TrackerScore
from samurai.evaluation.pictures.recording import Frame

DATE = "2026-11-28T08:00:00+00:00"
VOID = {"meta", "link", "img", "br", "hr", "input", "line", "polyline"}
LOADING = {"src", "srcset", "href", "xlink:href", "data", "poster", "action", "background"}


class Reader(HTMLParser):
    """Checks that elements close in order, and collects what the page has."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.loads: list[tuple[str, str]] = []
        self.tags: list[str] = []
        self.rows: list[list[str]] = []
        self.headings: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert value is not None, f"{tag} {name}"
            if name == "id":
                self.ids.append(value)
            if name in LOADING:
                self.loads.append((tag, value))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")
        raw = self.get_starttag_text() or ""
        if tag not in VOID or (tag == "polyline" and not raw.endswith("/>")):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID, tag
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings[-1] += data


def read(text: str) -> Reader:
    """The page as a browser reads it."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    assert len(set(reader.ids)) == len(reader.ids)
    return reader


def gray(sequence: str, index: int) -> Frame:
    """Every frame's image."""
    return np.full((60, 80, 3), 100, np.uint8)


def boxes_where_second_is_lost(sequence: str) -> SequenceBoxes:
    """The first tracker is right; the second one is lost in frames 5 to 9."""
    truth = np.tile([10.0, 10.0, 20.0, 20.0], (12, 1))
    lost = truth.copy()
    lost[5:10] = [50.0, 30.0, 20.0, 20.0]
    return SequenceBoxes(truth, {"samurai-l": truth, "<b>sam2-l": lost})


def two_trackers() -> list[TrackerScore]:
    tags = {"a": ("OV",), "b": ("OV", "FM")}
    values = {f"s{number}": 50.0 for number in range(6)}
    first = make_score("samurai-l", {"a": 80, "b": 60, **values}, attributes=tags, curves=CURVES)
    second = make_score("<b>sam2-l", {"a": 30, "b": 70, **values}, attributes=tags, curves=CURVES)
    return [first, second, replace(first, box="samurai", curves={})]


def test_the_page_is_well_formed_and_loads_nothing(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    moments = Moments(boxes_where_second_is_lost, gray)
    show(
        make_dataset(),
        two_trackers(),
        files=ReportFiles(page=file),
        moments=moments,
        out=lambda text: None,
    )
    text = file.read_text(encoding="utf-8")
    page = read(text)
    check_page(text)
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    outside = [(tag, link) for tag, link in page.loads if not link.startswith("data:")]
    assert outside == [("a", "https://example.org/lasot")], "a link, which is followed on a click"
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "<b>" not in text and "&lt;b&gt;sam2-l" in text, "names are escaped"
    assert page.headings == [
        "LaSOT: 8 sequences, protocol lasot",
        *("Curves", "Differences from samurai-l", "Attributes", "Sequences", "Worst moments"),
        *("samurai-l is better", "About this page"),
    ]
    assert page.tags.count("img") == FRAMES


def test_the_caption_names_protocol_and_conventions() -> None:
    text = "".join(read(page_text(make_dataset(), two_trackers(), None, DATE)).text)
    assert "Protocol lasot: the rules of LaSOT's toolkit." in text
    assert "Frames in which the object is absent are misses of success" in text
    assert "Box convention pixels: a mask's box covers its pixels (max - min + 1)." in text
    assert "Box convention samurai: as SAMURAI's scripts write them" in text
    assert re.search(rf"samurai \S+, numpy \S+, python \S+; {re.escape(DATE)}", text)
    assert "Data set: LaSOT; the images are under its license." in text
    assert "There are no pictures: they need the images of the data set" in text
    for name in COLUMNS["lasot"]:
        assert f"{MEASURES[name].title}: " in text and MEASURES[name].meaning in text


@pytest.mark.parametrize("protocol", list(COLUMNS))
def test_every_protocol_has_a_page(protocol: str) -> None:
    measure = COLUMNS[protocol][0]
    kind = "mask" if protocol in ("davis", "sav") else "box"
    score = make_score("x", protocol=protocol, measure=measure)
    page = read(page_text(make_dataset(kind=kind, published=()), [score], None, DATE))
    assert page.rows[0][1:-1] == [MEASURES[name].title for name in COLUMNS[protocol]]
    assert page.rows[1][:2] == ["x", "70.00"]
    assert page.headings == [
        *(f"LaSOT: 2 sequences, protocol {protocol}", "Sequences"),
        *("Worst moments", "About this page"),
    ]


def test_tables_of_the_page() -> None:
    rows = read(page_text(make_dataset(), two_trackers(), None, DATE)).rows
    gap = mean_difference(two_trackers()[1], two_trackers()[0], "auc")
    assert gap is not None and gap.low is not None and gap.high is not None
    assert ["<b>sam2-l", "-5.00", f"{gap.low:+.2f} to {gap.high:+.2f}", "8"] in rows
    assert ["OV", "2", "70.00", "50.00"] in rows
    assert ["FM", "1", "60.00", "70.00"] in rows
    start = rows.index(["Sequence", "Frames", "Difference", "samurai-l", "<b>sam2-l", "Attributes"])
    assert rows[start + 1] == ["a", "100", "+50.00", "80.00", "30.00", "OV"]
    assert rows[start + 2] == ["s0", "100", "+0.00", "50.00", "50.00", ""]
    assert rows[-1] == ["b", "100", "-10.00", "60.00", "70.00", "OV FM"]


def test_sequences_that_one_tracker_lacks_come_last() -> None:
    first = make_score("x", {"a": 1, "b": 2, "c": 3})
    second = make_score("y", {"c": 1, "d": 5, "b": 4})
    rows = sequence_rows([first, second], "auc")
    found = [(row.name, row.values, row.difference, row.sign) for row in rows]
    assert found == [
        ("c", ("3.00", "1.00"), "+2.00", "more"),
        ("b", ("2.00", "4.00"), "-2.00", "less"),
        ("d", ("-", "5.00"), "-", ""),
        ("a", ("1.00", "-"), "-", ""),
    ]


def test_a_single_tracker_has_its_worst_sequences_first() -> None:
    score = make_score("x", {"a": 30, "b": math.nan, "c": 10}, curves=CURVES)
    found = sequence_rows([score], "auc")
    assert [(row.name, row.values, row.difference) for row in found] == [
        *(("c", ("10.00",), ""), ("a", ("30.00",), ""), ("b", ("-",), "")),
    ]
    page = read(page_text(make_dataset(), [score], None, DATE))
    assert "Differences from x" not in page.headings
    assert "the worst first" in "".join(page.text)


def test_legends_are_ordered_by_score() -> None:
    names = ["low", "none", "high"]
    values = [{"auc": 40.0, "precision": 9.0}, {"auc": math.nan}, {"auc": 60.0, "precision": 1.0}]
    scores = [
        make_score(name, values=value, curves=CURVES)
        for name, value in zip(names, values, strict=True)
    ]
    success, precision, normalized = plots(scores, styles(names))
    assert [(line.tracker, line.value) for line in success.lines] == [
        *(("high", "60.00"), ("low", "40.00"), ("none", "-")),
    ]
    assert [line.tracker for line in precision.lines] == ["low", "high", "none"]
    titles = [(each.title, each.measure) for each in (success, precision, normalized)]
    assert titles == [("success", "AUC"), ("precision", "P"), ("normalized precision", "Pnorm")]
    assert [tick.text for tick in precision.x_ticks] == ["0", "10", "20", "30", "40", "50"]
    assert [tick.text for tick in success.y_ticks] == ["0", "20", "40", "60", "80", "100"]
    page = "".join(read(page_text(make_dataset(), scores, None, DATE)).text)
    legend = page[page.index("Success (AUC)") : page.index("Precision (P)")].split("\n")
    shown = [line for line in legend if line.split(" ")[0] in names]
    assert shown == ["high 60.00", "low 40.00", "none -"]


def test_curves_end_where_their_values_are() -> None:
    """From the corners of the plot, with y downwards; without a share there is no point."""
    curve = Curve(np.array([0.0, 0.5, 0.75, 1.0]), np.array([1.0, 0.5, math.nan, 0.0]))
    (plot,) = plots([make_score("x", curves={"success": curve})], styles(["x"]))
    points = [tuple(map(float, pair.split(","))) for pair in plot.lines[0].points.split()]
    left, right = plot.x_ticks[0].place, plot.x_ticks[-1].place
    bottom, top = plot.y_ticks[0].place, plot.y_ticks[-1].place
    assert 0 < left < right < WIDTH and 0 < top < bottom < HEIGHT
    middle = ((left + right) / 2, (top + bottom) / 2)
    assert points == [(left, top), pytest.approx(middle, abs=0.06), (right, bottom)]


def test_many_trackers_look_different() -> None:
    found = styles([str(number) for number in range(len(COLORS) * len(DASHES))])
    assert len(set(found.values())) == len(found)


def test_pictures_show_where_a_tracker_is_behind() -> None:
    colors = {"samurai-l": COLORS[0], "<b>sam2-l": COLORS[1]}
    moments = Moments(boxes_where_second_is_lost, gray)
    found = pictures_of(moments, "a", "samurai-l", "<b>sam2-l", colors)
    assert [picture.index for picture in found] == [5, 6, 7]
    assert found[0].overlaps == {"samurai-l": 1.0, "<b>sam2-l": 0.0}
    kind, data = found[0].source.split(",")
    assert kind == "data:image/jpeg;base64"
    image = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None and image.shape == (found[0].height, found[0].width, 3)
    assert pictures_of(moments, "a", "<b>sam2-l", "samurai-l", colors) == [], "never behind"


@pytest.mark.parametrize(
    "moments",
    [
        Moments(lambda sequence: None, gray),
        Moments(boxes_where_second_is_lost, lambda sequence, index: None),
        Moments(lambda sequence: SequenceBoxes(np.ones((3, 4)), {}), gray),
    ],
)
def test_without_images_or_boxes_there_is_a_sentence(moments: Moments) -> None:
    page = read(page_text(make_dataset(), two_trackers(), moments, DATE))
    assert "img" not in page.tags
    assert "There are no pictures" in "".join(page.text)


def test_pictures_come_from_both_ends_of_the_list() -> None:
    asked: list[str] = []

    def boxes(sequence: str) -> SequenceBoxes:
        asked.append(sequence)
        found = boxes_where_second_is_lost(sequence)
        if sequence.startswith("lost"):
            answers = dict(zip(found.answers, reversed(list(found.answers.values())), strict=True))
            return SequenceBoxes(found.truth, answers)
        return found

    values = {f"won{n}": 50.0 + n for n in range(5)} | {f"lost{n}": 30.0 - n for n in range(5)}
    first = make_score("samurai-l", {"same": 40.0, **values})
    second = make_score("<b>sam2-l", dict.fromkeys(["same", *values], 40.0))
    page = read(page_text(make_dataset(), [first, second], Moments(boxes, gray), DATE))
    assert asked == ["won4", "won3", "won2", "lost4", "lost3", "lost2"]
    assert page.tags.count("img") == 2 * ENDS * FRAMES
    assert page.headings[-4:-1] == [
        *("Worst moments", "samurai-l is better", "<b>sam2-l is better"),
    ]


def test_a_single_tracker_is_shown_where_it_is_lost() -> None:
    moments = Moments(boxes_where_second_is_lost, gray)
    score = make_score("<b>sam2-l", {"a": 1.0})
    page = "".join(read(page_text(make_dataset(), [score], moments, DATE)).text)
    assert "a, frame 5: <b>sam2-l 0.00" in page


def test_worst_frames_are_some_time_apart() -> None:
    gaps = np.zeros(40 * APART)
    gaps[100:200] = 0.5
    gaps[110] = 0.9
    gaps[300] = 0.6
    gaps[700] = 0.05
    gaps[720] = 0.4
    assert APART == 20 and FRAMES == 3
    assert worst_frames(gaps) == [110, 150, 300], "40 frames apart, and no more than three"
    assert worst_frames(gaps[250:]) == [50, 470], "a gap of 0.05 is none"
    assert worst_frames(np.full(5, -np.inf)) == [] == worst_frames(np.zeros(0))


def test_boxes_have_their_colors_and_those_without_area_are_left_out() -> None:
    image = np.full((480, 480, 3), 100, np.uint8)
    nothing = [np.full(4, np.nan), np.zeros(4)]
    answers = [(COLORS[0], np.array([200.0, 200.0, 100.0, 100.0]))]
    found = draw(image, np.array([50.0, 50.0, 100.0, 100.0]), answers)
    assert tuple(found[100, 50]) == (255, 255, 255), "the true box"
    assert tuple(found[250, 200]) == (0x00, 0x72, 0xB2)
    assert tuple(found[400, 400]) == (100, 100, 100)
    assert (draw(image, nothing[0], [(COLORS[0], box) for box in nothing]) == 100).all()
