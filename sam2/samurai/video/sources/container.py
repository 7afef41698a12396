"""A container that PyAV has opened: its packets and decoded pictures, past damaged places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samurai.errors import SourceError
from samurai.runtime.cpu import usable_cores
from samurai.video.images import MAX_PIXELS
from samurai.video.sources.library import cause, video_library

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video import VideoFrame as Picture
    from av.video import VideoStream

MOST_THREADS = 8
"""Of the decoder: each holds a picture."""

MOST_FAULTS = 64
"""Damaged places in a row after which a container counts as ended."""

_VP8_SHOWN = 0x10  # in the first byte of a packet


@dataclass(frozen=True)
class Address:
    """Where a video is.

    Attributes:
        name: what the user called it.
        url: what FFmpeg opens; unused with `file`.
        format: FFmpeg's name of it; None: the content decides.
        options: of the container and its protocol.
        timeouts: seconds to open it, and seconds between two packets; None: no limit.
        file: an object with `read` instead of the url.
        path: of a local file.
        low_delay: a picture comes out as soon as its packet is there, which takes more time.
    """

    name: str
    url: str
    format: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    timeouts: tuple[float, float] | None = None
    file: Any = None
    path: Path | None = None
    low_delay: bool = False


class Reader:
    """One pass over the packets of a video, which `seek` moves.

    Attributes:
        stream: PyAV's video stream.
        faults: packets and places that couldn't be read or decoded so far.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.faults = 0
        av = video_library()
        try:
            self.container = av.open(
                address.file or address.url,
                "r",
                format=address.format,
                container_options=dict(address.options),
                timeout=address.timeouts,
                metadata_errors="replace",
            )
        except (av.error.FFmpegError, OSError, ValueError, RuntimeError) as error:
            raise unreadable(address, error) from error
        try:
            self.stream = self._video()
        except SourceError:
            self.container.close()
            raise

    def _video(self) -> VideoStream:
        """The first video stream that isn't a cover."""
        av = video_library()
        for stream in self.container.streams.video:
            cover = stream.disposition & av.stream.Disposition.attached_pic
            if not cover and stream.codec_context is not None:
                found: VideoStream = stream
                break
        else:
            kinds = sorted({each.type for each in self.container.streams})
            raise SourceError(
                f"{self.address.name} has no video that can be decoded, only "
                f"{', '.join(kinds) or 'nothing'}; give a video or a folder of images"
            )
        context = found.codec_context
        if context.width * context.height > MAX_PIXELS:
            raise SourceError(
                f"the frames of {self.address.name} are too large ({context.width}x"
                f"{context.height}): at most {MAX_PIXELS} pixels are read; make them smaller"
            )
        context.options = {"max_pixels": str(MAX_PIXELS)}
        context.thread_type = "SLICE" if self.address.low_delay else "AUTO"
        context.thread_count = min(MOST_THREADS, usable_cores())
        return found

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """Packets from here to the end, in the order of decoding.

        Raises:
            SourceError: the file or address can't be read any further.
        """
        av = video_library()
        in_a_row = 0
        while True:
            try:
                for packet in self.container.demux(self.stream):
                    if packet.size:
                        in_a_row = 0
                        self.faults += packet.is_corrupt
                        yield packet
                return
            except (av.error.InvalidDataError, av.error.PatchWelcomeError):
                self.faults += 1
                in_a_row += 1
                if in_a_row > MOST_FAULTS:
                    return
            except (av.error.FFmpegError, OSError) as error:
                raise unreadable(self.address, error) from error

    def is_hidden(self, packet: Packet[VideoStream]) -> bool:
        """Whether its picture isn't shown: cut off by an edit list, or, in VP8, for reference."""
        if self.stream.codec_context.name == "vp8":
            return packet.is_discard or not bytes(packet)[0] & _VP8_SHOWN
        return packet.is_discard

    def decode(self, packet: Packet[VideoStream] | None) -> list[Picture]:
        """The pictures that a packet completes; those that are left where it is None."""
        av = video_library()
        try:
            pictures = self.stream.decode(packet)
        except EOFError:
            return []
        except (av.error.FFmpegError, ValueError):
            self.faults += 1
            return []
        self.faults += sum(picture.is_corrupt for picture in pictures)
        return pictures

    def seek(self, timestamp: int) -> bool:
        """Move to the last key picture at or before a time stamp of the stream; whether it went."""
        av = video_library()
        try:
            self.container.seek(timestamp, stream=self.stream, backward=True)
        except (av.error.FFmpegError, OSError):
            return False
        return True

    def close(self) -> None:
        """Free it."""
        self.container.close()


def unreadable(address: Address, error: BaseException) -> SourceError:
    """What an error of opening or reading says."""
    av = video_library()
    name, said, limits = address.name, cause(error), address.timeouts
    if isinstance(error, av.error.ExitError) and limits:
        return SourceError(
            f"no data came from {name} within {max(limits):g} s; check the address and the network"
        )
    if address.format is not None:
        return SourceError(f"can't open {name}: {said}; is it spelled correctly, and not in use?")
    if isinstance(error, av.error.InvalidDataError | EOFError | ValueError):
        return SourceError(
            f"{name} is not a video or a folder of images, or its beginning or its list of frames "
            f"is damaged ({said}); give another file, or copy it again"
        )
    remedy = "the address and the network" if limits else "that it exists and may be read"
    return SourceError(f"can't read {name}: {said}; check {remedy}")
