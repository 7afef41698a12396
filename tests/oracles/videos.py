"""Videos whose frames show their own number, which any lossy codec keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio import AudioStream
from av.video import VideoStream
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

CORNERS = ((255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255))
"""Of the grid: top left, top right, bottom right, bottom left."""

_CORNER_CELLS = ((0, 0), (0, 3), (3, 3), (3, 0))
_BIT_CELLS = [(row, col) for row in range(4) for col in range(4) if (row, col) not in _CORNER_CELLS]
_TIME_BASE = 90_000


def numbered_frames(count: int, size: tuple[int, int], first: int = 0) -> list[Pixels]:
    """Frames (width, height) of 4x4 blocks: colored corners, and 12 bits of the number."""
    return [numbered_frame(first + number, size) for number in range(count)]


def numbered_frame(number: int, size: tuple[int, int]) -> Pixels:
    """The frame of one number, 0 to 4095."""
    width, height = size
    cells = np.zeros((4, 4, 3), np.uint8)
    for cell, color in zip(_CORNER_CELLS, CORNERS, strict=True):
        cells[cell] = color
    for place, cell in enumerate(_BIT_CELLS):
        cells[cell] = 255 * (number >> place & 1)
    rows, cols = np.arange(height) * 4 // height, np.arange(width) * 4 // width
    return np.ascontiguousarray(cells[rows[:, None], cols[None, :]])


def number_of(frame: Pixels, *, colors: bool = True) -> int:
    """The number that a frame shows.

    Args:
        frame: as decoded.
        colors: check the corners too: their colors, and so whether the frame is turned or mirrored.

    Raises:
        AssertionError: the corners have other colors, or a block is neither black nor white.
    """
    height, width = frame.shape[:2]
    rows = [(2 * row + 1) * height // 8 for row in range(4)]
    cols = [(2 * col + 1) * width // 8 for col in range(4)]
    cells = frame[np.ix_(rows, cols)].astype(int)
    if colors:
        for cell, color in zip(_CORNER_CELLS, CORNERS, strict=True):
            assert np.abs(cells[cell] - color).max() < 60, (cell, cells[cell])
    number = 0
    for place, cell in enumerate(_BIT_CELLS):
        level = cells[cell].mean()
        assert not 90 < level < 165, (cell, cells[cell])
        number |= int(level > 128) << place
    return number


def write_video(
    path: Path,
    frames: Iterable[Pixels],
    codec: str = "libx264",
    rate: int = 30,
    pts: Sequence[float] | None = None,
    rotation: int = 0,
    pix_fmt: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    audio: bool = False,
    container: str | None = None,
    bt709: bool = False,
    full_range: bool = False,
) -> Path:
    """Encode RGB frames.

    Args:
        path: of the file; its suffix chooses the container unless `container` does.
        frames: RGB, as a player shows them.
        codec: FFmpeg's name of the encoder.
        rate: frames per second; without `pts` one frame after another.
        pts: seconds of every frame, for a variable frame rate.
        rotation: degrees clockwise by which players turn the stored pictures: 0, 90, 180, 270.
        pix_fmt: FFmpeg's name of the stored format.
        options: of the encoder.
        audio: add a sine tone as long as the video.
        container: FFmpeg's name of the container.
        bt709, full_range: of the stored colors, which the file says too; else BT.601, limited.

    Returns:
        The path.
    """
    every = [np.rot90(frame, rotation // 90) for frame in frames]
    with av.open(str(path), "w", format=container) as file:
        stream = cast(
            VideoStream, file.add_stream(codec, rate=rate, options=_options(codec, options))
        )
        stream.height, stream.width = every[0].shape[:2]
        stream.pix_fmt = pix_fmt
        context = stream.codec_context
        context.time_base = Fraction(1, _TIME_BASE if pts else rate)
        if not pix_fmt.startswith(("rgb", "bgr", "argb", "gray", "pal")):
            context.colorspace = 1 if bt709 else 6
            context.color_range = 2 if full_range else 1
        if rotation:
            stream.set_display_rotation(-rotation)
        sound = file.add_stream("aac", rate=48_000) if audio else None
        for index, pixels in enumerate(every):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24").reformat(
                format=pix_fmt,
                dst_colorspace=Colorspace.ITU709 if bt709 else Colorspace.ITU601,
                dst_color_range=ColorRange.JPEG if full_range else ColorRange.MPEG,
            )
            picture.time_base = context.time_base
            picture.pts = round(pts[index] * _TIME_BASE) if pts else index
            file.mux(stream.encode(picture))
        file.mux(stream.encode())
        if sound is not None:
            file.mux(_tone(sound, (pts[-1] if pts else len(every) / rate)))
    return path


def _options(codec: str, given: Mapping[str, str] | None) -> dict[str, str]:
    """Those given; x265 is silent."""
    silent = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    return {**silent, **(given or {})}


def _tone(stream: AudioStream, seconds: float) -> list[av.Packet[AudioStream]]:
    """Packets of a sine tone."""
    wave = np.sin(np.arange(int(seconds * 48_000)) * (2 * np.pi * 440 / 48_000)).astype(np.float32)
    packets = []
    for start in range(0, len(wave) - 1023, 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], "fltp", "mono")
        frame.sample_rate, frame.pts = 48_000, start
        packets += stream.encode(frame)
    return packets + stream.encode()
