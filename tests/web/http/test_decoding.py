"""Decoding in a process of its own: the same frames, and what breaks it is an error."""

from __future__ import annotations

import os
import signal
import struct
import threading
import time
from pathlib import Path
from zlib import compress, crc32

import numpy as np
import pytest

pytest.importorskip("av", reason="PyAV isn't installed")

from oracles.videos import number_of, numbered_frames, write_video

from samurai.errors import SourceError
from samurai.video import open_source
from samurai.video.sources.base import VideoFrame
from samurai.web import decoding
from samurai.web.decoder import Opening
from samurai.web.decoding import DecodedVideo, inspect

COUNT = 30
TIMES = [0.04 * each + (0.3 if each > 9 else 0.0) for each in range(COUNT)]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("decoding") / "clip.mp4"
    options = {"g": "7"}
    return write_video(path, numbered_frames(COUNT, (96, 64)), pts=TIMES, options=options)


def _same(one: VideoFrame, other: VideoFrame) -> bool:
    places = (one.index, one.seconds, one.name) == (other.index, other.seconds, other.name)
    return places and np.array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize(
    "asked",
    [(0, None, 1), (3, 20, 4), (COUNT - 1, None, -1), (20, 4, -3), (40, None, -7), (5, 5, 1)],
)
def test_passes_are_those_of_the_file(file: Path, asked: tuple[int, int | None, int]) -> None:
    with DecodedVideo(Opening("clip", (str(file),)), COUNT) as ours, open_source(file) as plain:
        pairs = zip(ours.frames(*asked), plain.frames(*asked), strict=True)
        assert all(_same(one, other) for one, other in pairs)
        assert ours.info.width == plain.info.width and ours.info.rate == plain.info.rate
        assert _same(ours.frame(17), plain.frame(17))
        assert ours.frame(2).pixels.flags.writeable


def test_a_part_is_numbered_from_its_first_frame(file: Path) -> None:
    facts = inspect(Opening("clip", (str(file),)), 0.2, 0.5)
    assert (facts.first, facts.stop) == (5, 10)  # nothing is shown between 0.36 and 0.7 s
    opening = Opening("clip", (str(file),), first=5, stop=15)
    with DecodedVideo(opening, 10) as part:
        forward = list(part.frames())
        assert [number_of(each.pixels) for each in forward] == list(range(5, 15))
        assert [each.index for each in forward] == list(range(10))
        assert forward[0].seconds == 0.0
        assert forward[9].seconds == pytest.approx(TIMES[14] - TIMES[5], abs=1e-3)
        backward = [(each.index, number_of(each.pixels)) for each in part.frames(9, None, -1)]
        assert backward == [(each, each + 5) for each in reversed(range(10))]
        assert [each.index for each in part.frames(30, 2, -3)] == [9, 6, 3]
        assert [each.index for each in part.frames(4, 99, 3)] == [4, 7]
        assert list(part.frames(3, 0, 1)) == []
        with pytest.raises(SourceError):
            part.frame(10)


def test_threads_share_a_video(file: Path) -> None:
    with DecodedVideo(Opening("clip", (str(file),)), COUNT) as video:
        found: list[list[int]] = []

        def read(stride: int) -> None:
            found.append([number_of(each.pixels) for each in video.frames(0, None, stride)])

        threads = [threading.Thread(target=read, args=(each,)) for each in (1, 2, 3)]
        for each in threads:
            each.start()
        singles = [number_of(video.frame(each).pixels) for each in (29, 0, 13)]
        for each in threads:
            each.join()
    assert singles == [29, 0, 13]
    assert sorted(found) == sorted([*range(0, COUNT, each)] for each in (1, 2, 3))


def test_a_pass_that_is_left_early_leaves_nothing(file: Path) -> None:
    with DecodedVideo(Opening("clip", (str(file),)), COUNT) as video:
        for _ in range(3):
            for frame in video.frames():
                if frame.index == 2:
                    break
        assert number_of(video.frame(9).pixels) == 9


def test_a_decoder_that_crashes(file: Path) -> None:
    video = DecodedVideo(Opening("clip", (str(file),)), COUNT)
    frames = video.frames()
    next(frames)
    os.kill(video._child._process._number, signal.SIGSEGV)
    with pytest.raises(SourceError):
        list(frames)
    with pytest.raises(SourceError):
        video.frame(0)
    video.close()


def test_a_decoder_that_takes_too_long(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = DecodedVideo(Opening("clip", (str(file),)), COUNT)
    number = video._child._process._number
    os.kill(number, signal.SIGSTOP)
    monkeypatch.setattr(decoding, "SECONDS", 0.02)
    with pytest.raises(SourceError):
        video.frame(3)
    _gone(number)


def _gone(number: int) -> None:
    for _ in range(1000):
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise AssertionError("the process is still there")


def test_closing_ends_the_process_and_wakes_its_readers(file: Path) -> None:
    video = DecodedVideo(Opening("clip", (str(file),)), COUNT)
    number = video._child._process._number
    os.kill(number, signal.SIGSTOP)  # so that the reader waits
    errors: list[BaseException] = []

    def read() -> None:
        try:
            video.frame(3)
        except SourceError as error:
            errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    while not video._child._lock.locked():
        time.sleep(0.001)
    video.close()
    reader.join(30)
    assert len(errors) == 1
    _gone(number)
    video.close()
    with pytest.raises(SourceError):
        video.frame(0)


def test_the_process_has_limits(file: Path) -> None:
    video = DecodedVideo(Opening("clip", (str(file),)), COUNT)
    limits = Path(f"/proc/{video._child._process._number}/limits").read_text(encoding="ascii")
    video.close()
    rows = {row[:25].strip(): row[25:].split()[0] for row in limits.splitlines()[1:]}
    for name in ("Max cpu time", "Max address space", "Max file size", "Max core file size"):
        assert rows[name] != "unlimited", name
    assert int(rows["Max file size"]) == 0 == int(rows["Max core file size"])


def test_a_picture_that_says_it_is_huge(tmp_path: Path) -> None:
    """A bomb: few bytes, and gigabytes once decoded."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = tmp_path / "bomb.png"
    pixels = chunk(b"IDAT", compress(bytes(1 << 16)))
    bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + pixels + chunk(b"IEND", b""))
    with pytest.raises(SourceError):
        inspect(Opening("bomb", (str(bomb),), pictures=True, names=("bomb.png",)))


def test_playlists_open_no_other_file(tmp_path: Path, file: Path) -> None:
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{file}\n#EXT-X-ENDLIST\n")
    with pytest.raises(SourceError):
        inspect(Opening("list", (str(playlist),)))
