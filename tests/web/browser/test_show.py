"""The page that shows a run of `samurai track`: it follows, and changes nothing."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from oracles.color_tracker import color_tracker, place_of
from oracles.web_server import clip

from samurai.jobs import Job
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.sources.opening import open_source
from samurai.web.engine.shown import Shown
from samurai.web.showing import ShownPage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LENGTH, HELD = 20, 7


@pytest.mark.slow
def test_frames_and_masks_come_while_it_tracks(chromium: Browser, tmp_path: Path) -> None:
    go_on, faults, tracker = threading.Event(), list[str](), color_tracker()

    def tracked(frame: Any, _: Any) -> None:
        assert frame.index != HELD or go_on.wait(60)

    prompt = ObjectPrompt("ball", 0, place_of("red", 0))
    video = clip(tmp_path, LENGTH)
    with (
        open_source(video) as source,
        Job.create(tmp_path / "job", source, tracker, [prompt]) as job,
    ):
        shown = ShownPage(video, Shown(job, source, tracker, {}))
        run = threading.Thread(target=job.run, args=[tracked])
        run.start()
        page = chromium.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(shown.address)
        page.wait_for_selector(f"#lanes canvas[aria-label*='{HELD + 1} of {LENGTH} frames']")
        page.fill("#frame", str(HELD + 3))
        page.press("#frame", "Enter")
        page.wait_for_selector(f"#stage[data-shown='{HELD + 3}'][data-masks='']")
        assert not page.is_visible("#tracking") and not page.is_visible("#tools")
        page.check("#follow")
        go_on.set()
        run.join()
        shown.session.tracking = False
        page.wait_for_selector(f"#stage[data-shown='{LENGTH - 1}'][data-masks='0']")
        page.fill("#frame", str(HELD + 3))
        page.press("#frame", "Enter")
        page.wait_for_selector(f"#stage[data-shown='{HELD + 3}'][data-masks='0']")
        assert page.inner_text("#lanes .name") == "ball"
        page.close()
        shown.close()
    assert faults == []
