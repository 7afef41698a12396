"""Which writer a target needs."""

from __future__ import annotations

import os
from pathlib import Path

from samurai.errors import ConfigurationError, ExportError
from samurai.spelling import did_you_mean
from samurai.video.sources.base import Warn
from samurai.video.writing.base import Writer
from samurai.video.writing.fitting import rate_of
from samurai.video.writing.folder import FolderWriter, folder_and_pattern, images_in
from samurai.video.writing.formats import (
    CONTAINERS,
    QUALITIES,
    Quality,
    find_encoder,
    is_pattern,
    known_targets,
    video_codec,
)


def check_target(target: str | os.PathLike[str]) -> None:
    """Raise unless frames can be written to a target, before the work of tracking.

    Args:
        target: a file with a known suffix, a folder (a name without suffix, or one that ends in a
            slash), or a pattern as `frames/%06d.png`. What exists is replaced.

    Raises:
        ExportError: an unknown suffix, a pattern without a number, a file where a folder should be
            or the other way round, a folder with other things in it.
        DependencyError: PyAV is missing.
    """
    path = Path(target)
    if _is_folder(target):
        folder, pattern = folder_and_pattern(path)
        if folder.exists() and not folder.is_dir():
            raise ExportError(f"{folder} is a file. Remedy: name a folder for the frames")
        if folder.is_dir() and not is_pattern(path):
            found = [file for file in folder.iterdir() if file not in images_in(folder, pattern)]
            if found:
                raise ExportError(
                    f"{folder} has other things in it, as {found[0].name}. Remedy: name a new "
                    f"folder, or the files: {folder / pattern}"
                )
        return
    suffix = path.suffix.lower()
    if suffix == ".gif":
        find_encoder("gif")
    elif suffix in CONTAINERS:
        video_codec(CONTAINERS[suffix], suffix)
    else:
        raise ExportError(
            f"{path.name} can't be written: its suffix {suffix!r} is unknown"
            f"{did_you_mean(suffix, [*CONTAINERS, '.gif'])}. Remedy: {known_targets()}"
        )
    if path.is_dir():
        raise ExportError(f"{path} is a folder. Remedy: name a file, or end the name with a slash")


def image_folder(target: str | os.PathLike[str]) -> Path | None:
    """The folder that a target's images are written to; None where it is a file.

    Raises:
        ExportError: a pattern without a number.
    """
    return folder_and_pattern(Path(target))[0] if _is_folder(target) else None


def open_writer(
    target: str | os.PathLike[str],
    *,
    size: tuple[int, int],
    rate: float | None = None,
    quality: Quality = "medium",
    audio_from: str | os.PathLike[str] | None = None,
    audio_start: float | None = None,
    warn: Warn | None = None,
) -> Writer:
    """Start writing frames; see `check_target` for what may be written.

    Args:
        target: the file, folder or pattern. It appears, or is replaced, when all is written.
        size: width and height of the frames in pixels; others are scaled to it. In videos one
            pixel is added to odd sizes, GIFs are at most 640 pixels wide.
        rate: frames per second on average, for frames that don't say their time; None: 30.
        quality: low, medium or high; of videos.
        audio_from: a file whose sound is added to a video: copied as it is where the format allows
            it, encoded as AAC or Opus otherwise.
        audio_start: where in that file the sound starts, in seconds of its frames; None: at the
            time of the first frame that is added.
        warn: called with a sentence if there is no sound to add.

    Raises:
        ExportError, DependencyError: see `check_target`; or the format can't hold such frames.
        StorageError: the target can't be written.
        ConfigurationError: an unknown quality, or a size that isn't positive.
    """
    check_target(target)
    path = Path(target)
    if quality not in QUALITIES:
        raise ConfigurationError(f"quality can't be {quality!r}: it is of {', '.join(QUALITIES)}")
    if min(size) < 1:
        raise ConfigurationError(f"frames of {size[0]}x{size[1]} pixels can't be written")
    silent = _is_folder(target) or path.suffix.lower() == ".gif"
    if silent and audio_from is not None and warn is not None:
        warn(f"no sound: {path.name} can't hold it")
    if _is_folder(target):
        return FolderWriter(path, size)
    if path.suffix.lower() == ".gif":
        from samurai.video.writing.animation import AnimationWriter

        return AnimationWriter(path, size, rate_of(rate))
    from samurai.video.writing.encoded import VideoWriter

    return VideoWriter(path, size, rate_of(rate), quality, audio_from, audio_start, warn)


def _is_folder(target: str | os.PathLike[str]) -> bool:
    """A folder or a pattern: a video file has a suffix, a folder with a dot in its name a slash."""
    path = Path(target)
    text = os.fspath(target)
    return is_pattern(path) or text.endswith(("/", os.sep)) or not path.suffix
