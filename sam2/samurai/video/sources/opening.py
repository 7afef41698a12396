"""What the user names as the source of frames, recognized and opened."""

from __future__ import annotations

import glob
import logging
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from PIL import Image

from samurai.errors import DependencyError, SourceError
from samurai.spelling import natural
from samurai.video.sources.addresses import camera_number, is_address, open_address, open_camera
from samurai.video.sources.base import Source, Warn
from samurai.video.sources.container import Address, Reader
from samurai.video.sources.file import VideoFile
from samurai.video.sources.forward import ForwardVideo, Pipe
from samurai.video.sources.images import ImageFiles, images_of, is_image_name
from samurai.video.sources.library import self_contained_formats, video_library
from samurai.video.sources.live import LiveOptions
from samurai.video.sources.truncation import whole_bytes

log = logging.getLogger(__name__)

Spec = str | int | Path | Sequence[Path]

STANDARD_INPUT = "-"

_FILE = "file://"
_WILDCARDS = "*?["
_STILL = ("BMP", "JPEG", "PNG", "TIFF", "WEBP")


def open_source(spec: Spec, *, warn: Warn = log.warning, live: LiveOptions | None = None) -> Source:
    """Open a source of frames.

    Args:
        spec: a video file, whatever its suffix; a folder of images; a list of images, as paths or
            as a text file `*.txt` with a path per line; a pattern of images like `frames/*.png`; a
            number, which is a camera; an address `rtsp://`, `rtmp://`, `http://` or `https://`;
            `lavfi:` and a test source of FFmpeg; `-` for standard input.
        warn: is called with one sentence about what may not be as intended; if not given, it is
            logged.
        live: for cameras and streams.

    Raises:
        SourceError: it is none of these, or can't be read; the message says why.
        DependencyError: PyAV isn't installed, and it isn't a folder or a list of images.
    """
    if isinstance(spec, Sequence) and not isinstance(spec, str):
        files = [Path(each) for each in spec]
        return ImageFiles(f"the list of {len(files)} images", files, warn)
    if isinstance(spec, int) or (isinstance(spec, str) and spec.isdecimal()):
        return open_camera(int(spec), warn, live or LiveOptions())
    text = str(spec)
    if text == STANDARD_INPUT and isinstance(spec, str):
        video_library()
        pipe = Address("standard input", "", file=Pipe(sys.stdin.fileno()))
        return ForwardVideo(pipe, warn)
    if isinstance(spec, str) and text.startswith(_FILE):
        return _open_local(unquote(text.removeprefix(_FILE)), warn)
    if isinstance(spec, str) and is_address(text):
        return open_address(text, warn, live or LiveOptions())
    device = camera_number(Path(text))
    if device is not None:
        return open_camera(device, warn, live or LiveOptions())
    return _open_local(text, warn)


def expand(spec: str) -> list[str]:
    """The sources that a pattern or a text file names, one by one.

    Args:
        spec: as for `open_source`. A pattern or text file of videos gives each of them; everything
            else, and images, which are the frames of one video, gives itself.

    Raises:
        SourceError: a pattern that nothing matches, a mixture of videos and images.
    """
    files = None if is_address(spec) else _named(spec)
    if files is None:
        return [spec]
    images = sum(is_image_name(file.name) for file in files)
    if images == len(files):
        return [spec]
    if images:
        video = next(file for file in files if not is_image_name(file.name))
        raise SourceError(
            f"{spec} names videos and images, like {video}; name either videos or images"
        )
    return [str(file) for file in files]


def files_of(spec: str) -> list[Path]:
    """The files and folders on this machine that a source is read from; none of cameras, addresses
    and standard input.

    Args:
        spec: as for `open_source`.

    Raises:
        SourceError: a pattern that nothing matches.
    """
    if spec.startswith(_FILE):
        return [Path(unquote(spec.removeprefix(_FILE)))]
    if spec == STANDARD_INPUT or spec.isdecimal() or is_address(spec):
        return []
    named = _named(spec)
    folders = {file.parent for file in named or () if is_image_name(file.name)}
    return [Path(spec), *(named or ()), *sorted(folders)]


def _open_local(text: str, warn: Warn) -> Source:
    path = Path(text)
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError) as error:
        files = _named(text)
        if files is None:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SourceError(
                f"can't open {text}: {reason}; give a video, a folder of images, the number of a "
                "camera or an address"
            ) from error
        return _open_several(text, files, warn)
    if stat.S_ISDIR(kind):
        images = images_of(path)
        if not images:
            raise SourceError(
                f"the folder {text} has no images; for its videos name one, or a pattern like "
                f"{path / '*.mp4'}"
            )
        return ImageFiles(text, images, warn)
    if stat.S_ISFIFO(kind):
        return ForwardVideo(file_address(text, path), warn)
    files = _named(text)
    return _open_file(text, path, warn) if files is None else _open_several(text, files, warn)


def _open_several(text: str, files: list[Path], warn: Warn) -> Source:
    """Images, or one video."""
    if all(is_image_name(file.name) for file in files):
        return ImageFiles(text, files, warn)
    if len(files) == 1:
        return _open_file(str(files[0]), files[0], warn)
    raise SourceError(
        f"{text} names {len(files)} files that aren't all images; name one video, or only images"
    )


def _open_file(name: str, path: Path, warn: Warn) -> Source:
    if _is_still(path):
        return ImageFiles(name, [path], warn)
    return VideoFile(file_address(name, path), warn)


def file_address(name: str, path: Path) -> Address:
    """A file as FFmpeg finds it, whatever characters its name has.

    Args:
        name: what the user calls it; messages have it.
        path: where it is.

    Raises:
        DependencyError: PyAV isn't installed.
    """
    video_library()
    regular = path.is_file()
    url, end = f"file:{path.absolute()}", whole_bytes(path) if regular else None
    if end is not None:
        url = f"subfile,,start,0,end,{end},,:{url}"
    return Address(
        name,
        url,
        options={
            "format_whitelist": self_contained_formats(),
            "protocol_whitelist": "file,subfile",
        },
        path=path if regular else None,
    )


def _named(text: str) -> list[Path] | None:
    """The files that a text file or a pattern names; None if it is neither."""
    path = Path(text)
    if path.suffix.lower() == ".txt" and path.is_file():
        return _listed(path)
    if not any(each in text for each in _WILDCARDS) or path.exists():
        return None
    found = [Path(each) for each in glob.glob(text) if Path(each).is_file()]
    if not found:
        raise SourceError(f"no file matches {text}; check the pattern")
    return sorted(found, key=lambda file: natural(str(file)))


def _listed(path: Path) -> list[Path]:
    """The files of a text file, one per line, relative to its folder."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"can't read the list {path}: {error}; write one path per line, in UTF-8"
        ) from error
    files = [path.parent / line.strip() for line in lines if line.strip()]
    if not files:
        raise SourceError(f"the list {path} is empty; write one path of an image per line")
    missing = next((file for file in files if not file.is_file()), None)
    if missing is not None:
        raise SourceError(
            f"the list {path} names {missing}, which isn't a file; write one path per line"
        )
    return files


def _is_still(path: Path) -> bool:
    """Whether a file is one image; several JPEG images in a row are a video."""
    try:
        with Image.open(path, formats=_STILL) as image:
            if image.format in ("PNG", "WEBP") and getattr(image, "n_frames", 1) > 1:
                return False
            is_jpeg = image.format in ("JPEG", "MPO")
    except Exception:  # not an image, or damaged; decoders raise nearly anything
        return False
    if not is_jpeg:
        return True
    try:
        reader = Reader(file_address(str(path), path))
    except (DependencyError, SourceError):
        return True
    try:
        return str(reader.container.format.name).endswith("_pipe")
    finally:
        reader.close()
