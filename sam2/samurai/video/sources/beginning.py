"""The beginning of a video: its first picture, and what its container tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from samurai.errors import SourceError
from samurai.video.sources.base import VideoInfo
from samurai.video.sources.container import Address, Reader
from samurai.video.sources.pixels import shown_size
from samurai.video.sources.truncation import is_cut_off

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video import VideoFrame as Picture
    from av.video import VideoStream

CHEAP_BYTES = 32 << 20
"""A file up to this size is read through to count its frames; it takes less than a second."""

MOST_PACKETS = 1000
"""Packets in which the first picture has to be."""

_PROBED = 48
_LAST = 1000  # entries of a list in which the end of the file is looked for
_WITH_LIST = {"mov", "avi"}
_WITHOUT_TIMES = {"avi"}  # of B-frames: FFmpeg guesses
_MAY_CODE_FIELDS = {"h264", "vc1", "mpeg2video"}


@dataclass(frozen=True)
class Beginning:
    """What is known of a video after its first picture.

    Attributes:
        address: where it is.
        width, height: as shown.
        first_time: of its first picture, in ticks; None: pictures have no times.
        tick: seconds of one.
        by_time: each packet gives one picture with the packet's time.
        rate: frames per second on average.
        frame_count: None where the container doesn't tell.
        has_audio: there is sound.
        is_short: counting its frames is cheap.
        is_cut: the container tells of data behind the end of the file.
        picture_bytes: of a decoded picture.
    """

    address: Address
    width: int
    height: int
    first_time: int | None
    tick: float
    by_time: bool
    rate: float | None
    frame_count: int | None
    has_audio: bool
    is_short: bool
    is_cut: bool
    picture_bytes: int

    def info(self, *, seekable: bool, frame_count: int | None) -> VideoInfo:
        """As a source shows it."""
        return VideoInfo(
            name=self.address.name,
            width=self.width,
            height=self.height,
            frame_count=frame_count,
            rate=self.rate,
            seekable=seekable,
            has_audio=self.has_audio,
        )

    def seconds(self, number: int, time: int | None) -> float | None:
        """When a picture is shown, counted from the first."""
        if time is not None and self.first_time is not None:
            return (time - self.first_time) * self.tick
        return number / self.rate if self.rate else None


def look_at(reader: Reader) -> tuple[Beginning, list[Picture]]:
    """Decode the first picture, and a few more where times or fields may be unusual.

    Returns:
        What is known, and the pictures decoded.

    Raises:
        SourceError: no picture can be decoded.
    """
    packets: list[Packet[VideoStream]] = []
    pictures: list[Picture] = []
    guessed = reader.container.format.name in _WITHOUT_TIMES
    fields = reader.stream.codec_context.name in _MAY_CODE_FIELDS
    for packet in reader.packets():
        packets.append(packet)
        pictures += reader.decode(packet)
        odd = guessed or (fields and bool(pictures) and pictures[0].interlaced_frame)
        usual = pictures and not (odd or _order_is_doubtful(reader, packets))
        if usual or len(packets) >= (_PROBED if pictures else MOST_PACKETS):
            break
    else:
        pictures += reader.decode(None)
    if not pictures:
        raise SourceError(
            f"no frame of {reader.address.name} can be decoded; the file is damaged or empty, "
            "copy it again"
        )
    return _facts(reader, packets, pictures), pictures


def _order_is_doubtful(reader: Reader, packets: list[Packet[VideoStream]]) -> bool:
    """Whether pictures are reordered and their times, which ascend, may be those of decoding."""
    times = [packet.pts for packet in packets if packet.pts is not None]
    return reader.stream.codec_context.has_b_frames and times == sorted(times)


def _facts(
    reader: Reader, packets: list[Packet[VideoStream]], pictures: list[Picture]
) -> Beginning:
    stream, first = reader.stream, pictures[0]
    tick = stream.time_base or first.time_base
    times = [packet.pts for packet in packets if not reader.is_hidden(packet)]
    one_to_one = len(pictures) == 1 or len(pictures) > 0.6 * len(times)
    shown = [picture.pts for picture in pictures if picture.pts is not None]
    timed = None not in times and len(shown) == len(pictures) and shown == sorted(shown)
    width, height = shown_size(first)
    rate = stream.average_rate or stream.guessed_rate
    size = reader.container.size
    count, is_cut = _listed(reader, size) if size > 0 else (None, False)
    local = reader.address.path
    audio = any(each.codec_context is not None for each in reader.container.streams.audio)
    return Beginning(
        address=reader.address,
        width=width,
        height=height,
        first_time=first.pts if timed else None,
        tick=float(tick) if tick else 0.0,
        by_time=one_to_one and timed,
        rate=float(rate) if rate else None,
        frame_count=count if one_to_one and packets[0].is_keyframe else None,
        has_audio=audio,
        is_short=local is not None and 0 < size <= CHEAP_BYTES,
        is_cut=is_cut or (local is not None and is_cut_off(local)),
        picture_bytes=max(1, width * height * first.format.padded_bits_per_pixel // 8),
    )


def _listed(reader: Reader, size: int) -> tuple[int | None, bool]:
    """How many frames the container lists (MP4, MOV, AVI), and whether the file ends before."""
    stream = reader.stream
    if not _WITH_LIST & set(reader.container.format.name.split(",")) or not stream.frames:
        return None, False
    entries = stream.index_entries
    if max((entry.pos + entry.size for entry in entries[-_LAST:]), default=0) > size:
        return None, True
    if reader.container.format.name == "avi" and len(entries) != stream.frames:
        return None, False  # the list is missing, these are what was read
    count = sum(entry.size > 0 and not entry.is_discard for entry in entries)
    return count or None, False
