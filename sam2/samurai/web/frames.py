"""Frames as images, the poster, and a video that browsers play."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2

from samurai.errors import SourceError
from samurai.runtime.whole_files import part_of, write_whole
from samurai.video.sources.base import Pixels
from samurai.web.decoding import DecodedVideo, write_playable
from samurai.web.engine.inputs import checked_frame
from samurai.web.library import ORIGINAL, PLAYABLE, POSTER, Library, Upload
from samurai.web.problems import Unprocessable

Format = Literal["jpeg", "webp"]

MOST_OPEN = 4
"""Videos that stay open for the next frame."""

MOST_BYTES = 64 << 20
"""Of encoded images that are kept."""

POSTER_WIDTH = 1280

_QUALITY = {
    "jpeg": (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 88]),
    "webp": (".webp", [cv2.IMWRITE_WEBP_QUALITY, 85]),
}


@dataclass(frozen=True)
class Still:
    """An encoded frame.

    Attributes:
        data: the file.
        kind: its media type.
    """

    data: bytes
    kind: str


def encode(pixels: Pixels, width: int | None, format: Format) -> Still:
    """A frame as an image file.

    Args:
        pixels: uint8 (H, W, 3) RGB.
        width: to make it smaller; None, or more than it has, leaves it.
        format: of the file.
    """
    height, full = pixels.shape[:2]
    if width is not None and width < full:
        size = width, max(1, round(height * width / full))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    suffix, options = _QUALITY[format]
    done, data = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise Unprocessable(f"the frame can't be written as {format}; ask for the other format")
    return Still(data.tobytes(), f"image/{format}")


class FrameImages:
    """Frames of uploads as images. Thread-safe.

    Args:
        library: has the uploads.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._open: OrderedDict[str, DecodedVideo] = OrderedDict()
        self._stills: OrderedDict[tuple[str, int, int | None, str], Still] = OrderedDict()
        self._bytes = 0
        self._making: dict[str, threading.Lock] = {}

    def still(self, upload: Upload, index: int, width: int | None, format: Format) -> Still:
        """A frame as an image file.

        Raises:
            Unprocessable: no such frame.
            SourceError: it can't be decoded.
        """
        checked_frame(index, upload.frame_count)
        key = upload.id, index, width, format
        with self._lock:
            found = self._stills.get(key)
            if found is not None:
                self._stills.move_to_end(key)
                return found
        made = encode(self.pixels(upload, index), width, format)
        with self._lock:
            if key not in self._stills:
                self._stills[key] = made
                self._bytes += len(made.data)
            while self._bytes > MOST_BYTES:
                self._bytes -= len(self._stills.popitem(last=False)[1].data)
        return made

    def pixels(self, upload: Upload, index: int) -> Pixels:
        """A frame.

        Raises:
            SourceError: it can't be decoded.
        """
        try:
            return self._video(upload).frame(index).pixels
        except SourceError:
            self.forget(upload.id)  # its decoder may have ended
            return self._video(upload).frame(index).pixels

    def poster(self, upload: Upload) -> Path:
        """The first frame as a JPEG file.

        Raises:
            SourceError: it can't be decoded.
            StorageError: it can't be written.
        """
        file = self._library.folder(upload.id) / POSTER
        if not file.is_file():
            first = self.pixels(upload, 0)
            write_whole(file, encode(first, POSTER_WIDTH, "jpeg").data)
        return file

    def playable(self, upload: Upload) -> tuple[Path, str]:
        """A file that browsers play, and its media type; made where the upload's own isn't one.

        Raises:
            SourceError: it can't be decoded.
            StorageError: it can't be written.
        """
        folder = self._library.folder(upload.id)
        if upload.plays is not None:
            return folder / ORIGINAL, upload.plays
        file = folder / PLAYABLE
        with self._lock:
            making = self._making.setdefault(upload.id, threading.Lock())
        with making:
            if not file.is_file():
                try:
                    size = upload.width, upload.height
                    write_playable(self._library.opening(upload), file, size)
                except BaseException:
                    part_of(file).unlink(missing_ok=True)
                    raise
        return file, "video/mp4"

    def forget(self, video_id: str) -> None:
        """Close a video; the next frame opens it again."""
        with self._lock:
            video = self._open.pop(video_id, None)
            self._making.pop(video_id, None)
        if video is not None:
            video.close()

    def close(self) -> None:
        """Close all videos."""
        for video_id in list(self._open):
            self.forget(video_id)

    def _video(self, upload: Upload) -> DecodedVideo:
        with self._lock:
            found = self._open.get(upload.id)
            if found is not None:
                self._open.move_to_end(upload.id)
                return found
        opened = self._library.open(upload.id)
        with self._lock:
            other = self._open.setdefault(upload.id, opened)
            oldest = self._open.popitem(last=False)[1] if len(self._open) > MOST_OPEN else None
        if other is not opened:
            opened.close()
        if oldest is not None:
            oldest.close()
        return other
