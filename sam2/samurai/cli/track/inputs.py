"""The source of a command line, opened, and the frames that it names; without torch, so that what
can't be used is refused at once."""

from __future__ import annotations

import argparse
import sys

from samurai.errors import ConfigurationError
from samurai.jobs.plan import Span
from samurai.spelling import counted
from samurai.video.sources.base import Source, VideoInfo
from samurai.video.sources.live import LiveOptions
from samurai.video.sources.opening import open_source


def opened(name: str, parsed: argparse.Namespace) -> Source:
    """The source, as the options for live ones say.

    Raises:
        SourceError: it can't be read.
    """
    options = LiveOptions(
        newest_only=parsed.live == "newest",
        connect_timeout=parsed.connect_timeout,
        read_timeout=parsed.read_timeout,
        reconnect_seconds=parsed.reconnect,
    )
    return open_source(name, warn=warn, live=options)


def warn(text: str) -> None:
    """Print a warning."""
    print(f"samurai: warning: {text}", file=sys.stderr)


def span_of(parsed: argparse.Namespace, info: VideoInfo) -> Span:
    """The frames that the command line names.

    Raises:
        ConfigurationError: there are none.
    """
    if info.live:
        if parsed.start or parsed.end is not None:
            raise ConfigurationError(
                f"{info.name} is live, and has no --start and no --end. Remedy: --frames N ends it "
                "after N frames, Ctrl-C at any time"
            )
        return Span(0, None, parsed.stride, parsed.direction)
    ends = [parsed.end, parsed.frames and parsed.start + parsed.frames * parsed.stride]
    stop = min((end for end in ends if end is not None), default=None)
    if info.frame_count is not None and parsed.start >= info.frame_count:
        raise ConfigurationError(
            f"--start {parsed.start}: {info.name} has {counted(info.frame_count, 'frame')}, "
            "counted from 0"
        )
    if stop is not None and stop <= parsed.start:
        raise ConfigurationError(f"no frame lies between --start {parsed.start} and --end {stop}")
    return Span(parsed.start, stop, parsed.stride, parsed.direction)


def check_same_span(parsed: argparse.Namespace, named: Span, span: Span) -> None:
    """Refuse to go on with other frames than those of the run; none named are the same.

    Args:
        parsed: the command line.
        named: the frames that it names.
        span: the frames of the run.

    Raises:
        ConfigurationError: they differ.
    """
    given = parsed.start or parsed.end or parsed.frames or parsed.stride > 1
    if (given or parsed.direction != "forward") and named != span:
        raise ConfigurationError(
            f"the run to go on with has other frames (start {span.start}, end "
            f"{span.stop or 'of the video'}, stride {span.stride}, {span.direction}). Remedy: name "
            "the same or none, or begin anew by --overwrite instead of --resume"
        )
