"""Image files as the frames of a video: a folder, a list, a pattern."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from samurai.errors import FrameError, SourceError
from samurai.spelling import natural
from samurai.video.images import read_frame
from samurai.video.sources.base import VideoFrame, VideoInfo, Warn
from samurai.video.sources.closing import Closing, check_range, up_to

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""Of images, in lower case."""

_ORIENTATION = 0x0112  # a tag of EXIF
_TURNED = (5, 6, 7, 8)


class ImageFiles(Closing):
    """Image files of one size, a frame each. See `Source`."""

    def __init__(self, name: str, files: Sequence[Path], warn: Warn) -> None:
        """Read the headers of all files.

        Args:
            name: what the user called them.
            files: in order.
            warn: is called with one sentence about an image that may not be read as intended.

        Raises:
            SourceError: there are none, one isn't an image, or they have several sizes.
        """
        if not files:
            raise SourceError(f"{name} has no images; give a folder of images or a video")
        self._files = files
        self._warn = warn
        width, height = _one_size(files)
        self._info = VideoInfo(name, width, height, frame_count=len(files), rate=None)

    def frames(
        self, start: int = 0, stop: int | None = None, stride: int = 1
    ) -> Iterator[VideoFrame]:
        """See `Source.frames`."""
        check_range(start, stop, stride)
        self._check_open()
        count = len(self._files)
        if stride > 0:
            wanted = range(start, count if stop is None else min(stop, count), stride)
        else:
            wanted = up_to(count - 1, start, stop, stride)
        return (self.frame(index) for index in wanted)

    def frame(self, index: int) -> VideoFrame:
        """See `Source.frame`."""
        self._check_open()
        if not 0 <= index < len(self._files):
            raise SourceError(
                f"{self._info.name} has no frame {index}; frames are numbered from 0 to "
                f"{len(self._files) - 1}"
            )
        file = self._files[index]
        try:
            pixels = read_frame(str(file), self._warn)
        except FrameError as error:
            raise SourceError(str(error)) from error
        height, width = pixels.shape[:2]
        expected = self._info.width, self._info.height
        if (width, height) != expected:
            raise _several_sizes(self._files[0], expected, file, (width, height))
        return VideoFrame(index, pixels, name=file.name)

    def frame_index_of(self, name: str) -> int | None:
        """The number of the frame whose file has a name, with or without its suffix; None if there
        is none."""
        for index, file in enumerate(self._files):
            if name in (file.name, file.stem):
                return index
        return None


def images_of(folder: Path) -> list[Path]:
    """Images of a folder in natural order; hidden and other files are left out.

    Raises:
        SourceError: it can't be read.
    """
    try:
        names = [each.name for each in folder.iterdir() if is_image_name(each.name)]
    except OSError as error:
        raise SourceError(
            f"can't read the folder {folder}: {error.strerror or error}; allow reading it"
        ) from error
    return [folder / name for name in sorted(names, key=natural)]


def is_image_name(name: str) -> bool:
    """Whether a file is taken for an image; hidden ones aren't (macOS adds `._` files)."""
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def _one_size(files: Sequence[Path]) -> tuple[int, int]:
    first = _size(files[0])
    for file in files[1:]:
        size = _size(file)
        if size != first:
            raise _several_sizes(files[0], first, file, size)
    return first


def _several_sizes(
    first: Path, size: tuple[int, int], other: Path, other_size: tuple[int, int]
) -> SourceError:
    return SourceError(
        f"the images have several sizes: {first} has {size[0]}x{size[1]} pixels, "
        f"{other} {other_size[0]}x{other_size[1]}; give images of one size"
    )


def _size(file: Path) -> tuple[int, int]:
    """Width and height as shown, from the header."""
    try:
        with Image.open(file) as image:
            # a PNG without the tag would be decoded to look for it behind the pixels
            may_turn = image.format != "PNG" or "exif" in image.info
            turned = may_turn and image.getexif().get(_ORIENTATION) in _TURNED
            return (image.height, image.width) if turned else (image.width, image.height)
    except Exception as error:  # damaged files make decoders raise nearly anything
        raise SourceError(
            f"can't read the image {file}: {error}; restore the file, or remove it"
        ) from error
