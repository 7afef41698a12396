"""The sound of a file, copied into another one from one time to another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from samurai.video.sources.base import Warn
from samurai.video.writing.formats import Container

if TYPE_CHECKING:
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet

_OPUS_RATE = 48_000


class Sound:
    """Copies packets as they are where the format may hold them; otherwise encodes them again.

    Args:
        output: the file that is written, before its header.
        source: the opened file that has the sound.
        stream: its sound.
        encoder: of FFmpeg; None to copy.
        warn: called with a sentence if the sound ends early because it is damaged.
    """

    def __init__(
        self,
        output: OutputContainer,
        source: InputContainer,
        stream: AudioStream,
        encoder: str | None,
        warn: Warn | None,
    ) -> None:
        self._output, self._source, self._stream, self._warn = output, source, stream, warn
        self._zero = _start_of_pictures(source)
        self._packets: Iterator[Packet[AudioStream]] | None = None
        self._held: Packet[AudioStream] | None = None
        self._resampler: AudioResampler | None = None
        self._own: AudioStream
        if encoder is None:
            self._own = output.add_stream_from_template(stream)
        else:
            self._own = self._encoding(encoder)

    @classmethod
    def add_to(
        cls,
        output: OutputContainer,
        format: Container,
        path: str | os.PathLike[str],
        warn: Warn | None,
    ) -> Sound | None:
        """The sound of a file for a file that is written; None, after a warning, if it has none."""
        import av

        try:
            source = av.open(os.fspath(path))
        except (OSError, av.FFmpegError) as error:
            _say(warn, f"no sound: {os.fspath(path)} can't be read ({error})")
            return None
        if not source.streams.audio:
            source.close()
            _say(warn, f"no sound: {os.fspath(path)} has none")
            return None
        stream = source.streams.audio[0]
        copied = stream.codec_context.codec.canonical_name in format.audio
        return cls(output, source, stream, None if copied else format.encoder, warn)

    def add(self, start: float, until: float) -> None:
        """Write the sound up to `until` seconds after `start`, which is in the source's time."""
        while (packet := self._next(start)) is not None:
            after = self._seconds(packet.pts) - start
            if after >= until:
                self._held = packet
                return
            if after + float((packet.duration or 0) * packet.time_base) <= 0:
                continue
            if self._resampler is None:
                self._copy(packet, after)
            else:
                self._encode(packet, start, until)

    def flush(self) -> None:
        """Write what an encoder holds back."""
        if self._resampler is not None:
            for frame in self._resampler.resample(None):
                self._output.mux(self._own.encode(frame))
            self._output.mux(self._own.encode(None))

    def close(self) -> None:
        """Close the source."""
        self._packets = None
        self._source.close()

    def _next(self, start: float) -> Packet[AudioStream] | None:
        import av

        if self._held is not None:
            packet, self._held = self._held, None
            return packet
        try:
            if self._packets is None:
                self._source.seek(max(0, int((start + self._zero) * av.time_base)))
                self._packets = self._source.demux(self._stream)
            for packet in self._packets:
                if packet.pts is not None:
                    return packet
        except av.FFmpegError as error:
            _say(self._warn, f"the sound ends early: it is damaged ({error})")
            self._packets = iter(())
        return None

    def _seconds(self, pts: int | None) -> float:
        """A place in the sound by the clock of the video's frames."""
        return float((pts or 0) * (self._stream.time_base or 1)) - self._zero

    def _copy(self, packet: Packet[AudioStream], after: float) -> None:
        shift = round(Fraction(after) / packet.time_base) - (packet.pts or 0)
        if after < 0:
            return
        packet.dts = (packet.dts if packet.dts is not None else packet.pts or 0) + shift
        packet.pts = (packet.pts or 0) + shift
        packet.stream = self._own
        self._output.mux(packet)

    def _encoding(self, encoder: str) -> AudioStream:
        from av.audio.resampler import AudioResampler

        context = self._stream.codec_context
        rate = _OPUS_RATE if encoder == "libopus" else min(context.sample_rate, 48_000)
        layout = "mono" if context.layout.nb_channels == 1 else "stereo"
        own = cast("AudioStream", self._output.add_stream(encoder, rate=rate, layout=layout))
        own.codec_context.open()
        self._resampler = AudioResampler(
            own.codec_context.format, layout, rate, own.codec_context.frame_size
        )
        return own

    def _encode(self, packet: Packet[AudioStream], start: float, until: float) -> None:
        import av

        assert self._resampler is not None
        try:
            frames = packet.decode()
        except av.FFmpegError as error:
            _say(self._warn, f"a part of the sound is missing: it is damaged ({error})")
            return
        for frame in frames:
            after = self._seconds(frame.pts) - start
            if after < 0 or after >= until:
                continue
            frame.pts = round(after * frame.sample_rate)
            frame.time_base = Fraction(1, frame.sample_rate)
            for ready in self._resampler.resample(frame):
                self._output.mux(self._own.encode(ready))


def _start_of_pictures(source: InputContainer) -> float:
    """When the first frame is shown, by the file's clock."""
    if not source.streams.video:
        return 0.0
    first = source.streams.video[0]
    return float((first.start_time or 0) * (first.time_base or 0))


def _say(warn: Warn | None, sentence: str) -> None:
    if warn is not None:
        warn(sentence)
