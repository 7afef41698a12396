"""From the files of a form to an upload: checked, read through, described."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from samurai.errors import SourceError
from samurai.runtime.whole_files import storing
from samurai.spelling import natural
from samurai.video.sources.base import VideoInfo
from samurai.video.sources.images import images_of
from samurai.web.decoder import Opening
from samurai.web.decoding import Facts, inspect
from samurai.web.library import ORIGINAL, PICTURES, Arrival, Upload
from samurai.web.problems import Unprocessable, UnsupportedMedia
from samurai.web.settings import WebSettings
from samurai.web.uploading import Form, Received, invalid

_VIDEO = "video/"
_PICTURES = {"image/jpeg", "image/png", "image/webp"}


def accept_video(form: Form, arrival: Arrival, settings: WebSettings) -> Upload:
    """A video that arrived.

    Args:
        form: with one file; `start_sec` and `duration_sec` name a part of it.
        arrival: where it is.
        settings: with the limits.

    Raises:
        UnsupportedMedia: not a video, nor called one.
        SourceError: it is damaged, or has nothing in that part.
        Unprocessable: it is too long.
        RequestValidationError: the part isn't one.
        StorageError: it can't be written.
    """
    start = _seconds(form, "start_sec", least=0.0) or 0.0
    duration = _seconds(form, "duration_sec", least=None)
    received = form.files[0]
    original = arrival.folder / ORIGINAL
    with storing(original):
        received.path.rename(original)
    opening = Opening(
        name=received.filename, files=(str(original),), max_pixels=settings.max_pixels
    )
    if not received.size:
        raise SourceError(f"{received.filename} is empty; upload it again")
    try:
        facts = inspect(opening, start, duration)
    except SourceError as error:
        if not received.kind.startswith(_VIDEO) and " is not a video" in str(error):
            raise UnsupportedMedia(str(error)) from error
        raise
    _check_length(facts, settings, received.filename)
    whole = start == 0 and duration is None
    return arrival.accept(_described(received.filename, facts, plays=whole))


def accept_pictures(form: Form, arrival: Arrival, settings: WebSettings) -> Upload:
    """Pictures that arrived, which become frames.

    Raises:
        UnsupportedMedia: one isn't a JPEG, PNG or WebP.
        SourceError: one is damaged, or they have several sizes.
        Unprocessable: the pictures are too many.
        StorageError: they can't be written.
    """
    files = sorted(form.files, key=lambda each: natural(each.filename))
    folder = arrival.folder / PICTURES
    with storing(folder):
        folder.mkdir()
    paths = [_place_picture(each, number, folder) for number, each in enumerate(files)]
    names = tuple(each.filename for each in files)
    first = files[0].filename
    label = first if len(files) == 1 else f"{first} and {len(files) - 1} more"
    return _accept_pictures(label, paths, names, arrival, settings)


def copy_sample(
    name: str, pictures: Sequence[Path], arrival: Arrival, settings: WebSettings
) -> Upload:
    """Pictures of this installation as an upload.

    Raises:
        StorageError: they can't be written.
    """
    folder = arrival.folder / PICTURES
    paths = []
    with storing(folder):
        folder.mkdir()
        for number, picture in enumerate(pictures):
            arrival.reserve(picture.stat().st_size)
            target = folder / f"{number:08d}{picture.suffix}"
            paths.append(Path(shutil.copyfile(picture, target)))
    names = tuple(each.name for each in pictures)
    return _accept_pictures(name, paths, names, arrival, settings)


def adopt(
    source: Path, arrival: Arrival, settings: WebSettings, known: VideoInfo | None = None
) -> Upload:
    """A video or a folder of images of this machine as an upload, by links to its files.

    Args:
        known: what is known of it, if it is open already: it isn't read through then.

    Raises:
        SourceError: it is neither, or can't be read.
        StorageError: the links can't be made.
    """
    name = source.name or str(source)
    if not source.is_dir():
        original = arrival.folder / ORIGINAL
        with storing(original):
            original.symlink_to(source.absolute())
        opening = Opening(name=name, files=(str(original),), max_pixels=settings.max_pixels)
        return arrival.accept(_described(name, _known_facts(known) or inspect(opening), plays=True))
    images = images_of(source)
    if not images:
        raise SourceError(f"{source} has no images: name a folder of images, or a video")
    folder = arrival.folder / PICTURES
    paths = [folder / f"{number:08d}{image.suffix}" for number, image in enumerate(images)]
    with storing(folder):
        folder.mkdir()
        for path, image in zip(paths, images, strict=True):
            path.symlink_to(image.absolute())
    names = tuple(each.name for each in images)
    return _accept_pictures(name, paths, names, arrival, settings, _known_facts(known))


def _known_facts(known: VideoInfo | None) -> Facts | None:
    """What `inspect` would find in a whole video; None where it isn't known."""
    if known is None or not known.frame_count:
        return None
    seconds = known.frame_count / known.rate if known.rate else 0.0
    size, frames = (known.width, known.height), (0, known.frame_count)
    return Facts(*size, known.rate, *frames, seconds, known.has_audio, None, ())


def _accept_pictures(
    label: str,
    paths: Sequence[Path],
    names: tuple[str, ...],
    arrival: Arrival,
    settings: WebSettings,
    facts: Facts | None = None,
) -> Upload:
    opening = Opening(
        name=label,
        files=tuple(str(each) for each in paths),
        pictures=True,
        names=names,
        max_pixels=settings.max_pixels,
    )
    facts = facts or inspect(opening)
    _check_length(facts, settings, label)
    described = _described(label, facts, plays=False)
    return arrival.accept({**described, "pictures": tuple(each.name for each in paths)})


def _place_picture(received: Received, number: int, folder: Path) -> Path:
    """Give a picture the suffix of its content."""
    with storing(folder):
        with received.path.open("rb") as file:
            head = file.read(12)
        suffix = _suffix(head)
        if suffix is None:
            if received.kind in _PICTURES:
                raise Unprocessable(
                    f"{received.filename} can't be decoded; send JPEG, PNG or WebP pictures"
                )
            raise UnsupportedMedia(
                f"{received.filename} is no picture; send JPEG, PNG or WebP pictures"
            )
        return received.path.rename(folder / f"{number:08d}{suffix}")


def _suffix(head: bytes) -> str | None:
    if head.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    return ".webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def _described(name: str, facts: Facts, *, plays: bool) -> dict[str, Any]:
    return {
        "filename": name,
        "width": facts.width,
        "height": facts.height,
        "first": facts.first,
        "stop": facts.stop,
        "seconds": facts.seconds,
        "rate": facts.rate,
        "has_audio": facts.has_audio,
        "plays": facts.plays if plays else None,
        "pictures": (),
        "warnings": facts.warnings,
    }


def _check_length(facts: Facts, settings: WebSettings, name: str) -> None:
    limit = settings.max_upload_duration_sec
    if limit is not None and facts.seconds > limit:
        raise Unprocessable(
            f"{name} has {facts.seconds:.1f} s, and {limit:g} s are allowed; give a part by "
            "start_sec and duration_sec"
        )


def _seconds(form: Form, field: str, *, least: float | None) -> float | None:
    """A number of the form; without `least` it is above 0."""
    text = form.fields.get(field, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise invalid(field, "float_parsing", "Input should be a valid number") from None
    if not math.isfinite(value):
        raise invalid(field, "finite_number", "Input should be a finite number")
    if least is not None and value < least:
        raise invalid(field, "greater_than_equal", f"Input should be at least {least:g}")
    if least is None and value <= 0:
        raise invalid(field, "greater_than", "Input should be greater than 0")
    return value
