"""A session's answers in the formats of `samurai track`, and drawn on the video."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from samurai.painting.colors import Color
from samurai.regions import ObjectId
from samurai.video.drawing.drawer import Drawer
from samurai.video.exports.base import ExportOptions
from samurai.video.exports.registry import export_formats
from samurai.video.sources.base import Source, VideoInfo
from samurai.video.tracked import TrackedFrame
from samurai.video.writing.formats import CONTAINERS
from samurai.video.writing.opening import open_writer
from samurai.web.problems import NotFound

STEM = "answers"
VIDEOS = tuple(suffix[1:] for suffix in CONTAINERS)


def format_names() -> tuple[str, ...]:
    """All that `WebSession.export` knows."""
    return (*export_formats(), *VIDEOS)


def check_format(name: str) -> None:
    """Refuse an unknown format.

    Raises:
        NotFound: it is unknown.
    """
    if name not in format_names():
        raise NotFound(f"no export is called {name!r}: choose one of {', '.join(format_names())}")


def export_answers(
    name: str,
    folder: Path,
    info: VideoInfo,
    frames: Iterable[TrackedFrame],
    objects: Iterable[ObjectId],
    labels: Mapping[ObjectId, str],
) -> Path:
    """Write answers in a format of `video.exports`; see `WebSession.export`."""
    kind = export_formats()[name]
    kind.check_objects(list(objects))
    target = folder / (STEM + kind.suffixes[0] if kind.suffixes else STEM)
    export = kind(target, info, ExportOptions(labels))
    try:
        for frame in frames:
            export.add(frame)
        export.finish()
    except BaseException:
        export.discard()
        raise
    return target


def export_video(
    name: str,
    folder: Path,
    source: Source,
    frames: Iterator[TrackedFrame],
    labels: Mapping[ObjectId, str],
    colors: Mapping[ObjectId, Color],
) -> Path:
    """Write the whole video with answers drawn on it; see `WebSession.export`.

    Args:
        source: nobody else reads its frames meanwhile.
        frames: by number; others of the video are shown as they are.
    """
    info, target = source.info, folder / f"{STEM}.{name}"
    drawer = Drawer(labels=labels)
    for number, color in colors.items():
        drawer.paint(number, color)
    writer = open_writer(target, size=(info.width, info.height), rate=info.rate)
    try:
        tracked = next(frames, None)
        for frame in source.frames():
            while tracked is not None and tracked.index < frame.index:
                tracked = next(frames, None)
            here = tracked is not None and tracked.index == frame.index
            answers = tracked.answers if here and tracked is not None else ()
            writer.add(drawer.draw(frame.pixels, answers), frame.seconds)
        writer.finish()
    except BaseException:
        writer.discard()
        raise
    return target
