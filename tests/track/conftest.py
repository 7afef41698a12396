"""A video file of colored squares, and `samurai track` with a network that finds colors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from oracles.color_tracker import color_tracker, colored_video, place_of
from oracles.videos import write_video

from samurai.cli import main as command_line
from samurai.cli.track import command

LENGTH = 24

Track: TypeAlias = Callable[..., int]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MP4 of 64x48 pixels."""
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    write_video(path, colored_video(LENGTH), options={"crf": "4"})
    return path


@pytest.fixture
def track(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Track]:
    """Runs `samurai track` with arguments in an empty folder; returns the exit code."""
    monkeypatch.chdir(tmp_path)
    tracker = color_tracker()
    monkeypatch.setattr(command, "_loader", lambda config: lambda: tracker)

    def run(*arguments: object) -> int:
        try:
            return command_line.main(["track", *map(str, arguments)])
        except SystemExit as end:
            return int(end.code or 0)

    yield run


def box(color: str, frame: int = 0) -> str:
    """`--box` of a square."""
    place = place_of(color, frame)
    return f"--box={color}@{frame}:{place.x:g},{place.y:g},{place.width:g},{place.height:g}"
