"""The frames of a sequence in a new workspace: links, copies, or files made from others."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from samurai.errors import FrameError
from vot_wrapper.importing.footage import SourceError
from vot_wrapper.preflight.pixels import inspect_images

CHANNEL = "color"
JPEG_QUALITY = 95
_JPEG = (".jpg", ".jpeg")


def place_images(images: tuple[Path, ...], sequence: Path, copy: bool) -> str:
    """Put a sequence's images below its folder; returns the channel's pattern.

    A folder whose images are numbered from 1 already is linked as a whole, others image by image.
    Images that the toolkit can't read (it takes .jpg and .png) are converted to PNG.

    Raises:
        SourceError: an image can't be decoded.
        OSError: something can't be written.
    """
    pattern = None if copy else _numbered(images)
    if pattern is not None:
        (sequence / CHANNEL).symlink_to(images[0].parent.resolve(), target_is_directory=True)
        return f"{CHANNEL}/{pattern}"
    kinds = {file.suffix.lower() for file in images}
    suffix = ".jpg" if kinds <= set(_JPEG) else ".png"
    (sequence / CHANNEL).mkdir()
    for number, image in enumerate(images, start=1):
        target = sequence / CHANNEL / f"{number:08d}{suffix}"
        if suffix == ".png" and image.suffix.lower() != suffix:
            _convert(image, target)
        elif copy:
            shutil.copyfile(image, target)
        else:
            target.symlink_to(image.resolve())
    return f"{CHANNEL}/%08d{suffix}"


def _numbered(images: tuple[Path, ...]) -> str | None:
    """The pattern of images that are numbered from 1 without a gap; None for others."""
    digits, suffix = len(images[0].stem), images[0].suffix
    if suffix not in (".jpg", ".png"):
        return None
    for number, image in enumerate(images, start=1):
        if image.name != f"{number:0{digits}d}{suffix}":
            return None
    return f"%0{digits}d{suffix}"


def _convert(image: Path, target: Path) -> None:
    from samurai.video.images import read_frame

    try:
        frame = read_frame(str(image))
    except FrameError as error:
        raise SourceError(str(error)) from error
    _write(target, frame[..., ::-1], [])


def _write(target: Path, pixels: object, parameters: list[int]) -> None:
    """Write an image; OpenCV only returns False where the disk is full."""
    import cv2
    import numpy as np

    if not cv2.imwrite(str(target), np.ascontiguousarray(pixels), parameters):
        raise OSError(f"{target} can't be written")


def size_of(images: tuple[Path, ...]) -> tuple[int, int]:
    """Width and height of images, which must all be whole and of one size.

    Raises:
        SourceError: an image is damaged, or of another size than the first.
    """
    seen = inspect_images(list(images), str(images[0].parent))
    if seen.findings:
        raise SourceError(str(seen.findings[0]))
    assert seen.size is not None
    return seen.size


def extract_frames(
    video: Path, sequence: Path, most: int
) -> tuple[int, int | None, tuple[int, int]]:
    """Decode a video into JPEG files.

    Args:
        video: the file.
        sequence: the folder of the new sequence.
        most: frames to decode at most; 0 for all.

    Returns:
        The number of frames, the rounded frame rate if the video has one, and width and height.

    Raises:
        SourceError: OpenCV can't decode the video.
        OSError: something can't be written.
    """
    import cv2

    (sequence / CHANNEL).mkdir()
    capture = cv2.VideoCapture(str(video))
    remedy = (
        "convert it, for example with `ffmpeg -i VIDEO -c:v libx264 OUT.mp4`, or extract its "
        "frames into a folder and name that"
    )
    try:
        if not capture.isOpened():
            raise SourceError(f"OpenCV can't open the video {video}. Remedy: {remedy}")
        rate = capture.get(cv2.CAP_PROP_FPS)
        count, size = 0, (0, 0)
        while not most or count < most:
            there, frame = capture.read()
            if not there:
                break
            count += 1
            size = (frame.shape[1], frame.shape[0])
            parameters = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
            _write(sequence / CHANNEL / f"{count:08d}.jpg", frame, parameters)
    finally:
        capture.release()
    if not count:
        raise SourceError(
            f"the video {video} has no frame that OpenCV can decode. Remedy: {remedy}"
        )
    return count, round(rate) if 1 <= rate < 1000 else None, size


def place_folder(source: Path, sequence: Path, copy: bool) -> None:
    """A sequence in VOT's layout: small files are copied, folders of images linked or copied.

    Raises:
        OSError: something can't be written.
    """
    for entry in sorted(source.iterdir()):
        target = sequence / entry.name
        if entry.is_dir():
            if copy:
                shutil.copytree(entry, target, copy_function=shutil.copyfile)
            else:
                target.symlink_to(entry.resolve(), target_is_directory=True)
        elif not copy and entry.suffix.lower() in (*_JPEG, ".png"):
            target.symlink_to(entry.resolve())
        else:
            shutil.copyfile(entry, target)
            os.chmod(target, 0o644)  # the toolkit opens binary ground truth for writing
