"""A run as a video: every frame above the curves, on which the current frame is marked."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from samurai.errors import ConfigurationError
from samurai.evaluation.pictures.curves import draw_curves
from samurai.evaluation.pictures.drawing import describe, fit, paint
from samurai.evaluation.pictures.heading import HEADING_HEIGHT, MARGIN, draw_heading
from samurai.evaluation.pictures.recording import Frame, Recording
from samurai.painting.colors import BRIGHT, GROUND
from samurai.painting.text import NORMAL, line_height, write

SMALLEST, LARGEST = 640, 1280  # width of the frame in the video, pixels
CAPTION_HEIGHT = 24

# What OpenCV's wheels can write into an mp4. MPEG-4 part 2 encodes fast and plays in media players,
# not in browsers. VP9 plays in browsers; it takes about thirty times as long, over half a second a
# frame.
CODECS = {"mpeg4": "mp4v", "vp9": "vp09"}


def write_video(
    recording: Recording, path: Path, codec: str, progress: Callable[[float], None]
) -> None:
    """Writes a run as an mp4; the file appears when it is complete.

    Args:
        run: what to draw.
        path: the file; its folder exists.
        codec: a key of CODECS.
        progress: called with the part that is done, 0..1.

    Raises:
        ConfigurationError: this OpenCV can't write the codec.
        OSError: the file can't be written.
    """
    partial = path.with_name(f".{path.stem}.partial.mp4")
    try:
        count = _encode(recording, partial, codec, progress)
        _check(partial, count)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _encode(recording: Recording, path: Path, codec: str, progress: Callable[[float], None]) -> int:
    """Draws and writes all frames; how many."""
    height, width = recording.image(0).shape[:2]
    size = fit((width, height), SMALLEST, LARGEST)
    curves = draw_curves(recording, size[0])
    page: Frame = np.full(
        (HEADING_HEIGHT + size[1] + CAPTION_HEIGHT + curves.picture.shape[0], size[0], 3),
        GROUND,
        np.uint8,
    )
    page[:HEADING_HEIGHT] = draw_heading(recording, size[0])
    below = HEADING_HEIGHT + size[1]
    writer = _open(path, codec, recording.fps, (page.shape[1], page.shape[0]))
    try:
        for index in range(len(recording.frames)):
            page[HEADING_HEIGHT:below] = paint(recording, index, size)
            page[below : below + CAPTION_HEIGHT] = GROUND
            words = describe(recording, index, size[0] - 2 * MARGIN, NORMAL)
            top = below + (CAPTION_HEIGHT - line_height(NORMAL)) // 2 + 1
            write(page[top : below + CAPTION_HEIGHT, MARGIN:-MARGIN], words, NORMAL)
            page[below + CAPTION_HEIGHT :] = curves.marked([index], BRIGHT)
            writer.write(cv2.cvtColor(page, cv2.COLOR_RGB2BGR))
            progress((index + 1) / len(recording.frames))
    finally:
        writer.release()
    return len(recording.frames)


def _open(path: Path, codec: str, fps: float, size: tuple[int, int]) -> cv2.VideoWriter:
    fourcc = cv2.VideoWriter.fourcc(*CODECS[codec])
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, fourcc, fps, size)
    if not writer.isOpened():
        raise ConfigurationError(
            f"OpenCV {cv2.__version__} can't write {path.parent}/*.mp4 with the codec {codec}. "
            "Remedy: another --codec, or --format sheet; OpenCV's own wheels "
            "(opencv-python-headless) write both, some systems' builds don't"
        )
    return writer


def _check(path: Path, count: int) -> None:
    """OpenCV's writer never reports an error: a full disk shows only in the file."""
    reader = cv2.VideoCapture(str(path))
    found = int(reader.get(cv2.CAP_PROP_FRAME_COUNT))
    reader.release()
    if found != count:
        raise OSError(f"only {found} of {count} frames were written; is the disk full?")
