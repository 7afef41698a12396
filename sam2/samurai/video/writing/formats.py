"""What can be written: formats by the suffix of their files, and with which codecs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from samurai.errors import DependencyError, ExportError

if TYPE_CHECKING:
    from av.codec import Codec

Quality = Literal["low", "medium", "high"]
QUALITIES: tuple[Quality, ...] = ("low", "medium", "high")

GIF_WIDTH, GIF_RATE = 640, 15
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")

_MS, _FINE = Fraction(1, 1000), Fraction(1, 90_000)


@dataclass(frozen=True)
class VideoCodec:
    """An encoder of FFmpeg.

    Attributes:
        name: its.
        quality: its `crf` by quality: lower is better and larger.
        options: others; chosen for speed, as the tracker needs the processor.
    """

    name: str
    quality: Mapping[Quality, int]
    options: Mapping[str, str]


@dataclass(frozen=True)
class Container:
    """A format of video files.

    Attributes:
        name: of FFmpeg's muxer.
        codecs: the first that this PyAV has is taken.
        tick: the unit of times.
        audio: codecs that are copied as they are; others become the first of `encoders`.
        encoder: of sound.
        options: of the muxer.
    """

    name: str
    codecs: tuple[VideoCodec, ...]
    tick: Fraction
    audio: frozenset[str]
    encoder: str
    options: Mapping[str, str] = field(default_factory=dict)


_H264 = VideoCodec("libx264", {"low": 28, "medium": 22, "high": 17}, {"preset": "superfast"})
_VP9 = VideoCodec(
    "libvpx-vp9",
    {"low": 42, "medium": 34, "high": 26},
    {"deadline": "realtime", "cpu-used": "8", "b": "0"},
)
_FASTSTART = {"movflags": "+faststart"}  # playable while it loads

CONTAINERS: dict[str, Container] = {
    ".mp4": Container("mp4", (_H264, _VP9), _FINE, frozenset({"aac", "mp3"}), "aac", _FASTSTART),
    ".webm": Container("webm", (_VP9,), _MS, frozenset({"opus", "vorbis"}), "libopus"),
    ".mkv": Container(
        "matroska",
        (_H264, _VP9),
        _MS,
        frozenset({"aac", "mp3", "opus", "vorbis", "flac", "ac3", "eac3", "pcm_s16le"}),
        "aac",
    ),
    ".mov": Container("mov", (_H264,), _FINE, frozenset({"aac", "mp3", "alac"}), "aac", _FASTSTART),
}


def video_codec(container: Container, suffix: str) -> VideoCodec:
    """The codec for a container, of those that this PyAV has.

    Raises:
        DependencyError: PyAV is missing.
        ExportError: it has none of them.
    """
    for codec in container.codecs:
        if find_encoder(codec.name) is not None:
            return codec
    raise ExportError(
        f"this PyAV has no encoder for {suffix} "
        f"({', '.join(codec.name for codec in container.codecs)}). Remedy: write .webm, or install "
        "PyAV's own wheel"
    )


def find_encoder(name: str) -> Codec | None:
    """An encoder of FFmpeg; None if this PyAV has none of the name.

    Raises:
        DependencyError: PyAV is missing.
    """
    require_av()
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    try:
        return Codec(name, "w")
    except UnknownCodecError:
        return None


def require_av() -> None:
    """Raise DependencyError, with the remedy, if PyAV is missing."""
    try:
        import av  # noqa: F401
    except ImportError as error:
        raise DependencyError(
            "videos need PyAV, which isn't installed. Remedy: "
            '`pip install "samurai-vot[video]"`, or write a folder of images'
        ) from error


def is_pattern(target: Path) -> bool:
    """Whether a target names image files by their number, as `%06d.png` does."""
    return "%" in target.name


def known_targets() -> str:
    """All suffixes, for messages."""
    return f"{', '.join(CONTAINERS)}, .gif, a folder, or a pattern as frames/%06d.png"
