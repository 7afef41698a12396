"""The tracker process without a process: the toolkit's TraX runtime asks our server directly.

Hundreds of runs take seconds this way.

What stands on either side is the real thing: the toolkit converts frames and regions for TraX and
back, and `vot_wrapper.trax.server.TraxHandler` answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import trax
from vot.tracker.trax import TrackerProcess

from colored.tracker import ColorTracker
from vot_wrapper.settings import Settings
from vot_wrapper.trax.server import TraxHandler
from vot_wrapper.trax.wire import Channel

Seconds = Callable[[int], float]  # of the n-th request since the last initialization


class LocalClient:
    """What the toolkit uses of `trax.Client`, and the channel that the conversation answers to."""

    channels = ("color",)

    def __init__(self, seconds: Seconds) -> None:
        self._seconds = seconds
        self._count = 0
        self._reply: Any = None
        self._handler = TraxHandler(cast(Channel, self), ColorTracker(), Settings())

    def initialize(self, images: Any, objects: Any, properties: Any) -> Any:
        self._count = 0
        return self._ask(trax.TraxStatus.INITIALIZE, images, objects)

    def frame(self, images: Any, properties: Any, objects: Any) -> Any:
        self._count += 1
        return self._ask(trax.TraxStatus.FRAME, images, objects)

    def status(self, objects: Any) -> None:
        self._reply = objects

    def frame_name(self, number: int) -> str:
        return f"frame {number}"

    def object_name(self, number: int) -> str:
        return f"object {number}"

    def _ask(self, kind: str, images: Any, objects: Any) -> Any:
        try:
            self._handler.answer(trax.server.Request(kind, images, objects, None))
        except Exception as error:  # as when the process quits with a reason
            raise trax.TraxException(f"Server terminated the session: {error}") from error
        return self._reply, self._seconds(self._count)


class LocalProcess(TrackerProcess):  # type: ignore[misc]
    """Stands for a started tracker process."""

    seconds: Seconds = staticmethod(lambda request: 0.001)
    started = 0
    several = True  # whether it says that it takes several objects

    def __init__(self, *_: Any, **__: Any) -> None:
        type(self).started += 1
        self._client: LocalClient | None = LocalClient(type(self).seconds)
        self._watchdog_counter = 0
        self._multiobject = type(self).several
        self._has_vot_wrapper = False
        self._returncode = None

    @property
    def alive(self) -> bool:
        return self._client is not None

    @property
    def workdir(self) -> None:
        return None

    @property
    def interrupted(self) -> bool:
        return False

    def terminate(self) -> None:
        self._client = None
