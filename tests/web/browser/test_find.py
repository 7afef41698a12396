"""Discovery on the page: candidates are found, kept, merged, split, discarded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles import page_scene as scene
from oracles.page_server import Server
from oracles.page_visitor import Visitor

from samurai.masks import from_coco_rle, to_coco_rle

pytestmark = pytest.mark.slow
Visit = Callable[..., Visitor]

DISC, LEFT, RIGHT, CORNERS = range(4)
"""Candidates of the scene, in the list's order."""


def look(visitor: Visitor, count: int = 4) -> Visitor:
    visitor.page.click("#find-all")
    return listed(visitor, count)


def listed(visitor: Visitor, count: int) -> Visitor:
    """Wait for so many candidates, in the list and on the stage."""
    visitor.page.wait_for_function(
        """count => document.querySelectorAll('#found-list li').length === count
          && document.querySelector('#stage').dataset.found.split(' ').filter(Boolean).length
            === count""",
        arg=count,
    )
    return visitor


def row(visitor: Visitor, place: int) -> Any:
    return visitor.page.locator("#found-list li").nth(place)


def click(visitor: Visitor, at: tuple[float, float]) -> None:
    visitor.page.mouse.click(*visitor.place(at))


def mask_of(visitor: Visitor, number: int, frame: int = 0) -> NDArray[np.bool_]:
    """What the server got."""
    given = visitor.fake.objects[number].prompts[frame].mask
    assert given is not None
    return np.asarray(from_coco_rle(given), np.bool_)


def test_two_are_kept_and_both_taken_back_in_one_step(visit: Visit) -> None:
    visitor = look(visit().sample())
    (asked,) = visitor.calls("POST /sessions/s1/discover")
    assert asked == {"frame_index": 0, "keep": "wholes"}
    assert visitor.fake.objects == {}
    click(visitor, scene.center(1, 0))
    row(visitor, CORNERS).locator(".choose").click()
    assert visitor.page.locator("#found-list li.selected").count() == 2
    visitor.page.click("#found-keep")
    listed(visitor.masks("1 2"), 2)
    wanted = [from_coco_rle(each["mask"]) for each in scene.looked_for(0)]
    assert (mask_of(visitor, 1) == wanted[DISC]).all()
    assert (mask_of(visitor, 2) == wanted[CORNERS]).all()
    visitor.page.click("#undo")
    visitor.masks("")
    assert visitor.fake.objects == {}
    visitor.page.click("#redo")
    visitor.masks("1 2")
    assert (mask_of(visitor, 2) == wanted[CORNERS]).all()
    row(visitor, 0).locator("[aria-label^=Keep]").click()
    visitor.masks("1 2 3")
    visitor.page.click("#undo")
    visitor.masks("1 2")


def test_halves_are_merged(visit: Visit) -> None:
    visitor = look(visit().sample())
    x, y = scene.center(0, 0)
    click(visitor, (x - 10, y))
    assert visitor.page.is_disabled("#found-merge")
    click(visitor, (x + 10, y))
    visitor.page.click("#found-merge")
    listed(visitor, 3)
    # What is merged stays chosen.
    visitor.page.click("#found-keep")
    visitor.masks("1")
    assert (mask_of(visitor, 1) == scene.disc_mask(0, 0)).all()


def test_corners_are_split(visit: Visit) -> None:
    visitor = look(visit().sample())
    row(visitor, DISC).locator(".choose").click()
    assert visitor.page.is_disabled("#found-split")
    row(visitor, DISC).locator(".choose").click()
    click(visitor, (10, 350))
    visitor.page.click("#found-split")
    listed(visitor, 5)
    visitor.page.click("#found-keep")
    visitor.masks("1 2")
    whole = from_coco_rle(scene.looked_for(0)[CORNERS]["mask"])
    # The larger part comes first.
    assert not mask_of(visitor, 1)[:, :320].any() and not mask_of(visitor, 2)[:, 320:].any()
    assert (mask_of(visitor, 1) | mask_of(visitor, 2) == whole).all()


def test_discarding_and_leaving(visit: Visit) -> None:
    visitor = look(visit().sample())
    row(visitor, DISC).locator("[aria-label^=Discard]").click()
    listed(visitor, 3)
    click(visitor, (10, 350))
    visitor.page.keyboard.press("Delete")
    listed(visitor, 2)
    visitor.page.keyboard.press("Escape")
    visitor.page.wait_for_selector("#found", state="hidden")
    look(visitor).page.keyboard.press(".")
    visitor.shown(1)
    visitor.page.wait_for_selector("#found", state="hidden")
    listed(visitor, 0)
    assert visitor.fake.objects == {} and visitor.page.is_disabled("#undo")


def test_words_name_what_is_kept(visit: Visit) -> None:
    visitor = visit().sample().box(0, 0).masks("1")
    visitor.page.fill("#find-text", "disc, boat:0.4")
    visitor.page.press("#find-text", "Enter")
    # The other disc is tracked already.
    listed(visitor, 1)
    (asked,) = visitor.calls("POST /sessions/s1/text")
    assert asked == {"frame_index": 0, "text": "disc, boat:0.4"}
    visitor.page.click("#found-keep-all")
    visitor.masks("1 2").page.wait_for_selector("#lanes .name:text-is('disc')")
    assert visitor.fake.objects[2].name == "disc"
    visitor.page.click("#undo")
    visitor.masks("1")
    visitor.page.click("#redo")
    visitor.page.wait_for_selector("#lanes .name:text-is('disc')")
    # The next box is about another object than what was taken back and came again.
    visitor.page.keyboard.press("n")
    visitor.drag((300, 60), (360, 100)).masks("1 2 3")


def test_all_with_the_keyboard(visit: Visit) -> None:
    visitor = visit().sample()
    keys = visitor.page.keyboard
    keys.press("a")
    listed(visitor, 4)
    visitor.stage.focus()
    keys.press("ArrowDown")
    for _ in range(18):
        keys.press("ArrowRight")
    for _ in range(6):
        keys.press("ArrowDown")
    keys.press("Enter")
    assert row(visitor, DISC).get_attribute("class") == "selected"
    keys.press("y")
    listed(visitor.masks("1"), 3)
    row(visitor, 0).locator(".choose").focus()
    keys.press("Space")
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Space")
    keys.press("m")
    listed(visitor, 2)
    # The focus stays in the list, where the next row took the place.
    assert visitor.page.evaluate("!!document.activeElement.closest('#found')")
    keys.press("x")
    listed(visitor, 1)
    keys.press("u")
    visitor.masks("1 2")
    assert visitor.page.evaluate("document.activeElement.id") == "find-all"
    keys.press("/")
    keys.type("disc")
    keys.press("Enter")
    listed(visitor, 1)
    keys.press("Escape")
    visitor.page.wait_for_selector("#found", state="hidden")


def test_looking_can_be_cancelled(visit: Visit) -> None:
    visitor = visit().sample()
    given_up: list[str] = []
    visitor.page.on("requestfailed", lambda request: given_up.append(request.url))
    visitor.fake.looks = threading.Event()
    for way in ("click", "Escape", "leave"):
        visitor.page.click("#find-all")
        visitor.page.wait_for_selector("#find-busy:visible")
        assert visitor.page.get_attribute("#find", "aria-busy") == "true"
        visitor.until(lambda: len(visitor.calls("/discover")) > len(given_up))
        if way == "click":
            visitor.page.click("#find-all:has-text('Cancel')")
        elif way == "Escape":
            visitor.page.keyboard.press("Escape")
        else:
            visitor.go(3)
        visitor.page.wait_for_selector("#find-busy", state="hidden")
        visitor.page.wait_for_selector("#find-all:has-text('Find everything')")
    visitor.fake.looks.set()
    visitor.until(lambda: len(given_up) == 3)
    assert visitor.page.locator("#found-list li, .notice").count() == 0
    look(visitor)


def test_without_a_detector_the_server_says_so_once(visit: Visit, server: Server) -> None:
    visitor = visit().sample()
    said = "no detector is installed. Install the extra `text`"
    server.fake.refuse = {"/text": (501, said)}
    visitor.page.fill("#find-text", "dog")
    for _ in range(2):
        visitor.page.press("#find-text", "Enter")
        visitor.page.wait_for_selector(f".notice.error p:has-text('{said}')")
        visitor.page.wait_for_selector("#find-busy", state="hidden")
    assert visitor.page.locator(".notice").count() == 1
    assert all("501" in each for each in visitor.errors)
    visitor.errors.clear()


def test_an_empty_word_is_refused_in_the_servers_words(visit: Visit) -> None:
    visitor = visit().sample()
    visitor.page.fill("#find-text", "dog,, cat")
    visitor.page.press("#find-text", "Enter")
    visitor.page.wait_for_selector(".notice.error p:has-text('a word is empty')")
    visitor.errors.clear()
    visitor.page.fill("#find-text", "   ")
    visitor.page.press("#find-text", "Enter")
    assert len(visitor.calls("/text")) == 1


@pytest.mark.parametrize("model", ["nano", "large"])
def test_nothing_found_is_said(model: str, visit: Visit, server: Server) -> None:
    server.fake.model, server.fake.found = model, []
    visitor = visit().sample()
    visitor.page.click("#find-all")
    visitor.page.wait_for_selector("#find-note:visible")
    assert ("nano" in visitor.page.inner_text("#find-note")) == (model == "nano")
    visitor.page.fill("#find-text", "cat")
    visitor.page.press("#find-text", "Enter")
    visitor.page.wait_for_selector("#find-note:has-text('cat')")
    assert "nano" not in visitor.page.inner_text("#find-note")
    visitor.go(1).page.wait_for_selector("#find-note", state="hidden")


def test_what_the_server_refuses_stays_a_candidate(visit: Visit, server: Server) -> None:
    visitor = look(visit().sample())
    server.fake.refuse = {"/frames/0/mask": (409, "there are too many objects: delete one")}
    visitor.page.click("#found-keep-all")
    visitor.page.wait_for_selector(".notice.error p:has-text('too many objects')")
    listed(visitor.masks(""), 4)
    visitor.page.wait_for_selector("#undo:disabled")
    server.fake.refuse = {}
    visitor.page.click("#found-keep-all")
    listed(visitor, 0).until(lambda: len(visitor.fake.objects) == 4)
    assert all(list(each.prompts) == [0] for each in visitor.fake.objects.values())
    assert all("409" in each for each in visitor.errors)
    visitor.errors.clear()


def test_a_box_can_begin_on_a_candidate(visit: Visit) -> None:
    visitor = look(visit().sample())
    x, y = scene.center(0, 0)
    visitor.drag((x - 10, y), (x + 30, y + 30)).masks("1")
    assert visitor.fake.objects[1].prompts[0].box is not None
    assert visitor.page.locator("#found-list li.selected").count() == 0


def test_a_page_for_looking_finds_nothing(visit: Visit) -> None:
    visit().sample().box(0, 0).masks("1")
    viewer = visit("?view").shown(0).masks("1")
    assert not viewer.page.is_visible("#find")
    viewer.page.keyboard.press("a")
    viewer.page.wait_for_timeout(100)
    assert viewer.calls("/discover") == []


REGIONS = """async rles => {
  const code = await import('/page/regions.js'), { bitmapOf } = await import('/page/rle.js');
  const again = rles.map(rle => bitmapOf(rle)).map(map => map && code.rleOf(map, rles[0].size));
  return [again, code.unionOf(rles), rles.map(code.partsOf)];
}"""


def test_masks_are_written_joined_and_parted(visit: Visit) -> None:
    """Against our own codes; parts against a plain flood."""
    visitor, generator = visit(), np.random.default_rng(7)
    for height, width in ((1, 1), (9, 13), (40, 31)):
        masks = [generator.random((height, width)) < share for share in (0.1, 0.4, 0.9)]
        masks += [np.ones((height, width), np.bool_), np.zeros((height, width), np.bool_)]
        rles = [to_coco_rle(mask) for mask in masks]
        again, union, parts = visitor.page.evaluate(REGIONS, rles)
        for mask, rle, found in zip(masks, rles, again, strict=True):
            assert found == (dict(rle) if mask.any() else None)
        assert union == to_coco_rle(np.logical_or.reduce(masks))
        for mask, found in zip(masks, parts, strict=True):
            assert found == [to_coco_rle(part) for part in _parts(mask)]


def _parts(mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Joined by sides or corners, the largest first, then from above; no specks."""
    left, found = mask.copy(), []
    while left.any():
        part = np.zeros_like(mask)
        part[tuple(np.argwhere(left)[0])] = True
        for _ in range(mask.size):
            padded = np.pad(part, 1)
            rows, columns = mask.shape
            grown = np.logical_or.reduce(
                [padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
            )
            if (grown & mask == part).all():
                break
            part = grown & mask
        found.append(part)
        left &= ~part
    sizable = [part for part in found if part.sum() > 0.01 * mask.sum()]
    return sorted(sizable, key=lambda part: -int(part.sum()))
