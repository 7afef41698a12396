"""PyAV, which reads and writes videos: imported where it is needed, and its errors in words."""

from __future__ import annotations

import functools
from types import ModuleType

from samurai.errors import DependencyError


def video_library() -> ModuleType:
    """The package `av`.

    Raises:
        DependencyError: it isn't installed, or doesn't load.
    """
    try:
        import av
    except ImportError as error:
        raise DependencyError(
            f"PyAV can't be imported ({error}), which reads and writes videos; install it with "
            'pip install "samurai-vot[video]", or use a folder of images'
        ) from error
    return av


_REFERRING = frozenset(
    (
        *("avs", "concat", "dash", "hls", "image2", "imf", "lavfi", "rtp", "rtsp", "sap", "sdp"),
        *("vapoursynth", "webm_dash_manifest", "whip"),
        *("adf", "bin", "ffmetadata", "idf", "tty", "xbin"),
    )
)


@functools.cache
def self_contained_formats() -> str:
    """FFmpeg's formats whose files hold the video themselves, separated by commas.

    Play lists and the like are left out: a file that someone uploads can't make this process read
    other files or addresses. So are formats that take any text for a picture.
    """
    return ",".join(sorted(video_library().formats_available - _REFERRING))


def cause(error: BaseException) -> str:
    """An error of PyAV or of the system, in a few words."""
    strerror = getattr(error, "strerror", None)
    text = str(strerror or error or type(error).__name__)
    return text[:1].lower() + text[1:]
