"""Which frames a sheet shows, how it is laid out, and the page of all pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.web_pages import check_page

from samurai.errors import ConfigurationError
from samurai.evaluation.pictures import video
from samurai.evaluation.pictures.heading import HEADING_HEIGHT, draw_heading
from samurai.evaluation.pictures.page import Entry, write_page
from samurai.evaluation.pictures.recording import Recording, State, Track
from samurai.evaluation.pictures.report import add_item, link_pictures
from samurai.evaluation.pictures.sheet import SHEET_WIDTH, draw_sheet, draw_thumbnail, sample

MakeTrack = Callable[..., Track]
MakeRun = Callable[..., Recording]


def scripted(length: int, failures: set[int]) -> Recording:
    states = [State.FAILED if n in failures else State.TRACKED for n in range(length)]
    nothing = np.full(length, np.nan)
    none: list[None] = [None] * length
    track = Track("", states, [*none], [*none], nothing > 0, nothing, nothing)
    picture = np.zeros((4, 4, 3), np.uint8)
    frames = list(range(length))
    return Recording("t", "e", "s", "run", "", frames, length, 25.0, [track], lambda _: picture)


@given(st.integers(1, 60), st.integers(1, 20), st.sets(st.integers(0, 59), max_size=8))
def test_samples_are_spread_and_show_failures(length: int, count: int, failures: set[int]) -> None:
    failures = {frame for frame in failures if frame < length}
    chosen = sample(scripted(length, failures), count)
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(length, count)
    assert chosen[0] == 0 and set(chosen) <= set(range(length))
    if count > 1:
        assert chosen[-1] == length - 1
    inner = failures - {0, length - 1}
    assert len(inner & set(chosen)) >= min(len(inner), len(chosen) - 2)


@pytest.mark.parametrize("size", [(64, 48), (48, 120)])
def test_any_number_of_frames_makes_a_sheet(
    make_track: MakeTrack, make_run: MakeRun, size: tuple[int, int]
) -> None:
    run = make_run(make_track([0.5] * 12), size=size)
    for count in (1, 3, 12):
        sheet = draw_sheet(run, count)
        assert sheet.shape[1] == SHEET_WIDTH and sheet.dtype == np.uint8
        assert 250 < sheet.shape[0] < 2000
    assert max(draw_thumbnail(run).shape) <= 322


def test_a_codec_that_opencv_lacks_is_told(
    make_track: MakeTrack, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(video.CODECS, "mpeg4", "none")
    with pytest.raises(ConfigurationError, match=r"can't write .* with the codec mpeg4. Remedy"):
        video.write_video(make_run(make_track([0.5])), tmp_path / "a.mp4", "mpeg4", lambda _: None)
    assert list(tmp_path.iterdir()) == []


def entry(name: str, sequence: str = "s") -> Entry:
    return Entry(sequence, "t", "e", name, "a <title>", "3 frames")


def put(folder: Path, made: Entry, suffix: str) -> None:
    for ending in (suffix, ".jpg"):
        file = made.file(folder, ending)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def test_the_page_keeps_earlier_pictures_and_drops_deleted_ones(tmp_path: Path) -> None:
    first, second = entry("one"), entry("two")
    put(tmp_path, first, ".png")
    write_page(tmp_path, [first], [])
    put(tmp_path, second, ".mp4")
    page = write_page(tmp_path, [second], []).read_text()
    assert page.count("<figure>") == 2
    assert '<a href="t/e/s/one.png">sheet</a>' in page and 'href="t/e/s/two.mp4">video' in page
    assert "a &lt;title&gt;" in page and "<title>" in page

    first.file(tmp_path, ".png").unlink()
    assert write_page(tmp_path, [second], []).read_text().count("<figure>") == 1
    assert [item["name"] for item in json.loads((tmp_path / "pictures.json").read_text())] == [
        "two"
    ]


def test_names_are_quoted_and_damaged_notes_begin_anew(tmp_path: Path) -> None:
    odd = entry("run", 'a&b "c"%')
    put(tmp_path, odd, ".png")
    (tmp_path / "pictures.json").write_text('[{"wrong": 1}]')
    page = write_page(tmp_path, [odd], []).read_text()
    check_page(page)
    assert 'href="t/e/a%26b%20%22c%22%25/run.png"' in page
    assert "a&amp;b &#34;c&#34;%</h2>" in page


def test_a_heading_names_as_many_objects_as_there_is_room_for(
    make_track: MakeTrack, make_run: MakeRun
) -> None:
    few, many = (
        draw_heading(make_run(*(make_track([0.5], name=f"object {n}") for n in range(count))), 640)
        for count in (2, 40)
    )
    assert few.shape == many.shape == (HEADING_HEIGHT, 640, 3)
    assert np.array_equal(few[:, :100], many[:, :100])  # the sequence's name is free
    assert (few[:, 320:] != many[:, 320:]).any()


def test_a_report_gets_one_link(tmp_path: Path) -> None:
    report = tmp_path / "latest" / "report.html"
    report.parent.mkdir()
    report.write_text('<body><ul id="metadata"><li>x</li></ul></body>')
    for _ in range(2):
        link_pictures(report, tmp_path / "pictures" / "index.html")
    page = report.read_text()
    assert page.count('<a href="../pictures/index.html">') == 1
    assert page.index('<ul id="metadata">') < page.index("<a href") < page.index("<li>x</li>")
    add_item(report, "Note", "a < b & c")
    assert "<li><span>Note</span>: a &lt; b &amp; c</li>" in report.read_text()
