"""First masks while somebody draws: decoded at once, between the frames of those who track."""

from __future__ import annotations

import threading

import torch

from samurai.core.preview import Preview
from samurai.errors import DeviceError
from samurai.regions import Region
from samurai.runtime.turns import Turns
from samurai.tracker import Tracker
from samurai.video.sources.base import Source, VideoFrame


class Previews:
    """Decodes prompts of one video's frames; the newest frame stays encoded for the next prompt.

    Args:
        tracker: whose device is shared.
        turns: at that device.
        source: the video.
    """

    def __init__(self, tracker: Tracker, turns: Turns, source: Source) -> None:
        self._session, self._turns, self._source = tracker.session(), turns, source
        self._device = tracker.network.device
        self._lock = threading.Lock()
        self._newest: VideoFrame | None = None

    def frame(self, index: int) -> VideoFrame:
        """A frame of the video.

        Raises:
            SourceError: it can't be read.
        """
        with self._lock:
            return self._frame(index)

    def preview(self, index: int, region: Region) -> Preview:
        """The mask that a prompt of a frame would give.

        Raises:
            RegionError: the prompt can't be used.
            SourceError: the frame can't be read.
            DeviceError: the device has too little memory.
        """
        with self._lock:
            pixels = self._frame(index).pixels
            region.check((pixels.shape[0], pixels.shape[1]))
            with self._turns.prompt():
                try:
                    return self._session.preview(pixels, region)
                except (torch.OutOfMemoryError, MemoryError) as error:
                    raise DeviceError(
                        f"{self._device} has too little memory for a preview: close a session, or "
                        "choose a smaller model or device cpu"
                    ) from error

    def close(self) -> None:
        """Free what frames were encoded to."""
        with self._lock:
            self._session.close()
            self._newest = None

    def _frame(self, index: int) -> VideoFrame:
        if self._newest is None or self._newest.index != index:
            self._newest = self._source.frame(index)
        return self._newest
