"""A person's work on the page: mark, track, correct, take back, export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from oracles import page_scene as scene
from oracles.page_visitor import Visitor

pytestmark = pytest.mark.slow
Visit = Callable[..., Visitor]


def test_upload_mark_track_correct_and_export(visit: Visit, tmp_path: Path) -> None:
    visitor = visit()
    video = tmp_path / "clip.mp4"
    video.write_bytes(b"any")
    visitor.page.set_input_files("#file", video)
    visitor.shown(0)
    visitor.page.click("[data-tool=add]")
    center = scene.center(0, 0)
    visitor.drag(center, center).masks("1").tracked().go(15)
    visitor.page.click("[data-tool=subtract]")
    visitor.drag(scene.center(0, 15), scene.center(0, 15)).masks("1")
    assert visitor.fake.objects[1].prompts[15].labels == [0]
    assert max(visitor.fake.objects[1].done) == 15
    visitor.page.evaluate("document.querySelector('#notices').replaceChildren()")
    visitor.tracked()
    runs = visitor.calls("POST /sessions/s1/propagate")
    # The second run begins with what the correction made stale.
    assert [each["start_frame_index"] for each in runs] == [1, 16]
    visitor.page.click("#export-open")
    with visitor.page.expect_download() as download:
        visitor.page.click("[data-format=coco]")
    assert download.value.suggested_filename == "scene.coco"


def test_the_menu_has_every_format(visit: Visit) -> None:
    from samurai.video.exports.registry import EXPORTS

    names = "[...document.querySelectorAll('[data-format]')].map(each => each.dataset.format)"
    offered = visit().page.evaluate(names)
    assert sorted(offered) == sorted([*EXPORTS, "mp4", "webm"])


def test_a_second_box_is_a_second_object_and_both_can_be_taken_back(visit: Visit) -> None:
    visitor = visit().sample().box(0, 0).masks("1").box(1, 0).masks("1 2")
    page, objects = visitor.page, visitor.fake.objects
    page.click("#undo")
    visitor.masks("1")
    page.click("#undo")
    visitor.masks("")
    assert objects == {}
    page.click("#redo")
    page.click("#redo")
    visitor.masks("1 2")
    page.fill("#objects li:nth-child(2) .name", "boat")
    page.press("#objects li:nth-child(2) .name", "Enter")
    page.click("[aria-label='Delete boat']")
    visitor.masks("1")
    page.click("#undo")
    visitor.masks("1 2")
    page.wait_for_selector("#lanes .name:has-text('boat')")
    assert objects[2].name == "boat" and list(objects[2].prompts) == [0]


def test_a_scribble_is_sent_and_another_box_replaces(visit: Visit) -> None:
    visitor = visit().sample()
    visitor.page.click("[data-tool=scribble]")
    x, y = scene.center(0, 0)
    visitor.drag((x - 20, y), (x, y + 10), (x + 20, y)).masks("1")
    assert len(visitor.calls("POST /sessions/s1/frames/0/stroke")[0]["points"]) > 2
    visitor.page.click("[data-tool=box]")
    visitor.box(0, 0)
    visitor.page.wait_for_selector("#stage-busy", state="hidden")
    assert len(visitor.fake.objects) == 1
    visitor.page.click("#undo")
    visitor.page.wait_for_selector("#stage-busy", state="hidden")
    assert visitor.fake.objects[1].prompts[0].box is None
    assert len(visitor.fake.objects[1].prompts[0].points) > 2


def test_previews_come_while_a_box_is_drawn_and_change_nothing(visit: Visit) -> None:
    visitor = visit().sample()
    corner, other = (50.0, 120.0), (130.0, 210.0)
    visitor.page.mouse.move(*visitor.place(corner))
    visitor.page.mouse.down()
    visitor.page.mouse.move(*visitor.place(other), steps=8)
    visitor.page.wait_for_selector("#stage[data-preview=yes]")
    assert visitor.fake.objects == {}
    visitor.page.keyboard.press("Escape")
    visitor.page.wait_for_selector("#stage[data-preview='']")
    visitor.page.mouse.up()
    visitor.page.wait_for_timeout(100)
    assert visitor.fake.objects == {}


def test_stop_ends_a_run_and_keeps_what_is_tracked(visit: Visit) -> None:
    visitor = visit().sample().box(0, 0).masks("1")
    visitor.fake.step = 0.05
    visitor.page.click("#track-forward")
    visitor.until(lambda: max(visitor.fake.objects[1].done) >= 3)
    visitor.page.keyboard.press("Escape")
    visitor.page.wait_for_selector("#notices p:has-text('Stopped')")
    assert 3 <= max(visitor.fake.objects[1].done) < 39


def test_the_timeline_says_what_is_tracked_and_where_to_look(visit: Visit) -> None:
    visitor = visit().sample().box(1, 0).masks("1").tracked()
    lane = visitor.page.locator("#lanes canvas")
    visitor.page.wait_for_selector("#lanes canvas[aria-label*='40 of 40']")
    assert "not seen in 4" in (lane.get_attribute("aria-label") or "")
    visitor.go(8).page.keyboard.press("Escape")
    visitor.page.click("#doubtful")
    # The disc is gone from frame 20 on; frames of low confidence are above the limit.
    visitor.shown(20)
    box = lane.bounding_box()
    assert box is not None
    visitor.page.mouse.click(box["x"] + box["width"] * 30.5 / 40, box["y"] + 10)
    visitor.shown(30)


def test_a_reload_goes_on_with_the_session(visit: Visit) -> None:
    visitor = visit().sample().box(0, 0).masks("1")
    visitor.page.reload()
    visitor.shown(0).masks("1")
    visitor.page.click("#home")
    visitor.page.click("#recent-list .choice")
    visitor.shown(0).masks("1")


def test_a_page_for_looking_has_no_tools(visit: Visit) -> None:
    visit().sample().box(0, 0).masks("1")
    viewer = visit("?view").shown(0).masks("1")
    for hidden in ("#tools", "#tracking", "#object-new", "#undo"):
        assert not viewer.page.locator(hidden).is_visible()
    viewer.page.keyboard.press("f")
    viewer.drag((300, 60), (360, 100))
    assert len(viewer.fake.objects) == 1 and not viewer.calls("POST /sessions/s1/propagate")


def test_picking_ends_with_the_prompts(visit: Visit) -> None:
    visit().sample()
    picker = visit("?pick").shown(0).box(0, 0).masks("1")
    picker.page.click("#save")
    picker.page.wait_for_selector("#notices p:has-text('scene.prompts.json')")
    assert picker.calls("POST /pick") == [{"session_id": "s1"}]
    # The server ends then, which is no fault.
    picker.server.stop()
    picker.page.keyboard.press("End")
    picker.page.wait_for_timeout(300)
    assert not picker.page.is_visible("#banner") and picker.page.is_visible("#notices p")
    assert picker.page.is_disabled("#save")
    picker.errors.clear()
