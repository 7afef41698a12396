"""What a person does on the page, in pixels of the video's frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Request

from oracles import page_scene as scene
from oracles.page_server import Server

Place = tuple[float, float]

TONES = """places => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
  const stage = document.querySelector('#stage'), drawn = stage.getContext('2d');
  const at = ([x, y]) => drawn.getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1);
  done(places.map(place => [...at(place).data].slice(0, 3)));
})))"""


def around(disc: int, frame: int) -> tuple[Place, Place]:
    """Corners of a box around a disc."""
    x, y = scene.center(disc, frame)
    reach = scene.DISCS[disc][2] + 4
    return (x - reach, y - reach), (x + reach, y + reach)


class Visitor:
    """The page in a browser of its own, and what went wrong in it.

    Attributes:
        size: width and height of the video.
        errors: of the console and of scripts. A server that is away makes one for each request,
            which a test of that removes.
        elsewhere: addresses of requests to other servers.
    """

    def __init__(
        self, browser: Browser, server: Server, query: str = "", address: str = "", **options: Any
    ) -> None:
        self.server, self.fake = server, server.fake
        self.size = scene.WIDTH, scene.HEIGHT
        options.setdefault("viewport", {"width": 1280, "height": 800})
        self._context = browser.new_context(**options)
        self._context.set_default_timeout(60_000)
        self.page = self._context.new_page()
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._asked)
        self._home = address or server.address
        self.page.goto(self._home + query)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("blob", "data") and address.netloc != urlsplit(self._home).netloc:
            self.elsewhere.append(request.url)

    def close(self) -> None:
        """End the browser's context."""
        self._context.close()

    @property
    def stage(self) -> Locator:
        """The canvas with the frame."""
        return self.page.locator("#stage")

    def sample(self) -> Visitor:
        """Open the sample from the first screen."""
        self.page.click("#sample")
        return self.shown(0)

    def shown(self, frame: int) -> Visitor:
        """Wait for a frame on the stage."""
        self.page.wait_for_selector(f"#stage[data-shown='{frame}']")
        return self

    def until(self, condition: Callable[[], bool]) -> Visitor:
        """Wait for something of the server."""
        for _ in range(3000):
            if condition():
                return self
            self.page.wait_for_timeout(20)
        raise AssertionError("it never happened")

    def masks(self, numbers: str) -> Visitor:
        """Wait for the masks of these objects, `1 2` say, and no others on the stage."""
        self.page.wait_for_selector(f"#stage[data-masks='{numbers}']")
        return self

    def go(self, frame: int) -> Visitor:
        """To a frame by its number."""
        self.page.fill("#frame", str(frame))
        self.page.press("#frame", "Enter")
        return self.shown(frame)

    def place(self, at: Place) -> Place:
        """Where a place of the frame is on the screen, while the whole frame is shown."""
        box = self.stage.bounding_box()
        assert box is not None
        width, height = self.size
        scale = min(box["width"] / width, box["height"] / height)
        left = box["x"] + (box["width"] - width * scale) / 2
        top = box["y"] + (box["height"] - height * scale) / 2
        return left + at[0] * scale, top + at[1] * scale

    def drag(self, *places: Place) -> Visitor:
        """With the mouse, from the first place to the last."""
        self.page.mouse.move(*self.place(places[0]))
        self.page.mouse.down()
        for each in places[1:]:
            self.page.mouse.move(*self.place(each), steps=3)
        self.page.mouse.up()
        return self

    def box(self, disc: int, frame: int) -> Visitor:
        """Draw a box around a disc."""
        return self.drag(*around(disc, frame))

    def tracked(self, button: str = "#track-forward") -> Visitor:
        """Track, and wait for the end."""
        self.page.click(button)
        self.page.wait_for_selector("#notices p:has-text('Tracked')")
        self.page.wait_for_selector("#run", state="hidden")
        return self

    def calls(self, ending: str) -> list[Any]:
        """Bodies of the requests whose path ends so, with the method before it."""
        return [
            body for method, path, body in self.fake.calls if f"{method} {path}".endswith(ending)
        ]

    def number(self) -> int:
        """The number that is burnt into the frame on the stage, read from its pixels."""
        cells = [((bit + 0.5) * scene.CELL, scene.CELL / 2) for bit in range(8)]
        return sum(1 << bit for bit, tone in enumerate(self.tones(cells)) if tone[0] > 127)

    def tones(self, places: Sequence[Place]) -> list[list[int]]:
        """The colors on the stage at places of the frame, RGB."""
        box = self.stage.bounding_box()
        assert box is not None
        shown = [(x - box["x"], y - box["y"]) for x, y in map(self.place, places)]
        found: list[list[int]] = self.page.evaluate(TONES, shown)
        return found
