"""The outputs of one video: drawn, encoded and exported in a thread beside the tracker."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from samurai.cli.track.inputs import warn
from samurai.cli.track.plan import Target
from samurai.regions import ObjectId
from samurai.video.drawing.drawer import Drawer
from samurai.video.drawing.style import DrawStyle
from samurai.video.exports.base import Export, ExportOptions
from samurai.video.exports.jsonl import lines_of
from samurai.video.sources.base import Pixels, VideoInfo
from samurai.video.tracked import TrackedFrame
from samurai.video.writing.background import BackgroundWriter
from samurai.video.writing.base import Writer
from samurai.video.writing.opening import open_writer

DEPTH = 4
"""Frames that may wait for being drawn and written."""


@dataclass(frozen=True)
class OutputOptions:
    """What outputs need to know.

    Attributes:
        style: of drawn frames.
        labels: names of objects; more may come.
        rate: frames per second of videos.
        audio_from: the file whose sound is copied into videos; None for none.
    """

    style: DrawStyle
    labels: dict[ObjectId, str]
    rate: float
    audio_from: Path | None = None


class Outputs:
    """Writes frames to all targets of one video; frames come in the order of their indices.

    Leaving the block without `finish` discards what isn't complete.
    """

    def __init__(self, targets: Sequence[Target], info: VideoInfo, options: OutputOptions) -> None:
        exported = ExportOptions(options.labels)
        self._exports: list[Export | _StandardOutput] = []
        self._writers: list[Writer] = []
        self._drawer = Drawer(options.style, options.labels)
        try:
            for target in targets:
                if target.export is None:
                    self._writers.append(_writer(target.path, info, options))
                elif target.is_standard_output:
                    self._exports.append(_StandardOutput(exported))
                else:
                    target.path.parent.mkdir(parents=True, exist_ok=True)
                    self._exports.append(target.export(target.path, info, exported))
        except BaseException:
            self._discard()
            raise
        self._background = BackgroundWriter(self._write, DEPTH)
        self._finished, self._count = False, 0

    def __enter__(self) -> Outputs:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._finished:
            self._background.discard()
            self._discard()

    def add(self, tracked: TrackedFrame, pixels: Pixels | None) -> None:
        """Hand a frame to the thread; waits where too many are handed over.

        Args:
            pixels: the frame; may be None unless `needs_pixels`.

        Raises:
            StorageError, ExportError: an earlier frame couldn't be written.
        """
        self._count += 1
        self._background.add(tracked, pixels)

    @property
    def needs_pixels(self) -> bool:
        """Whether frames are drawn, not only exported."""
        return bool(self._writers)

    def finish(self) -> None:
        """Complete all outputs; where no frame came there are none.

        Raises:
            StorageError, ExportError: something couldn't be written.
        """
        self._background.finish()
        if not self._count:
            self._discard()
        else:
            for output in (*self._exports, *self._writers):
                output.finish()
        self._finished = True

    def _write(self, tracked: TrackedFrame, pixels: Pixels | None) -> None:
        for export in self._exports:
            export.add(tracked)
        if pixels is not None and self._writers:
            drawn = self._drawer.draw(pixels, tracked.answers)
            for writer in self._writers:
                writer.add(drawn, tracked.seconds)

    def _discard(self) -> None:
        for output in (*self._exports, *self._writers):
            output.discard()


def _writer(path: Path, info: VideoInfo, options: OutputOptions) -> Writer:
    path.absolute().parent.mkdir(parents=True, exist_ok=True)
    return open_writer(
        path,
        size=(info.width, info.height),
        rate=options.rate,
        audio_from=options.audio_from,
        warn=warn,
    )


class _StandardOutput:
    """JSON Lines for another program, each frame at once."""

    def __init__(self, options: ExportOptions, stream: TextIO | None = None) -> None:
        self._options, self._stream = options, stream or sys.stdout

    def add(self, frame: TrackedFrame) -> None:
        self._stream.write(lines_of(frame, self._options))
        self._stream.flush()

    def finish(self) -> None:
        self._stream.flush()

    def discard(self) -> None:
        """What was written is read already."""
