"""Video files of many kinds: every frame by its number, in any order and direction."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles.videos import number_of, numbered_frames, write_video

from samurai.errors import SourceError
from samurai.video.sources import beginning, passes, singles
from samurai.video.sources import file as file_module
from samurai.video.sources import index as index_module
from samurai.video.sources.base import Source, VideoFrame
from samurai.video.sources.container import Reader
from samurai.video.sources.opening import open_source
from samurai.video.sources.reading import ReadAhead

COUNT = 50
SIZE = (96, 64)
FIELDS = {"flags": "+ilme+ildct", "b": "4M", "g": "12", "bf": "2"}

KINDS: dict[str, dict[str, Any]] = {
    "b_frames.mp4": {"options": {"g": "20", "bf": "3"}},
    "one_group.mp4": {"options": {"g": "1000", "bf": "2"}},
    "open_groups.mp4": {"options": {"x264-params": "open-gop=1:keyint=20:bframes=4"}},
    "intra_refresh.mp4": {"options": {"x264-params": "intra-refresh=1:keyint=20"}},
    "matroska.mkv": {"options": {"g": "20", "bf": "3"}},
    "transport.ts": {"options": {"g": "20", "bf": "3"}},
    "program.mpg": {"codec": "mpeg2video", "options": {"g": "12", "bf": "2"}},
    "interlaced.ts": {"codec": "mpeg2video", "options": FIELDS},
    "interlaced_h264.ts": {"options": {"x264-params": "interlaced=1:keyint=20:bframes=3"}},
    "motion_jpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "full_range": True},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"bf": "2", "g": "20"}},
    "h264.avi": {"options": {"g": "20", "bf": "3"}},
    "elementary.h264": {"options": {"g": "20", "bf": "3"}},
    "stills.mjpeg": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "full_range": True},
    "hevc.mp4": {
        "codec": "libx265",
        "pix_fmt": "yuv420p10le",
        "options": {"x265-params": "log-level=none:open-gop=1:keyint=20:bframes=4"},
    },
    "hidden.webm": {
        "codec": "libvpx",
        "options": {"auto-alt-ref": "1", "lag-in-frames": "16", "b": "500k", "g": "40"},
    },
    "vp9.webm": {
        "codec": "libvpx-vp9",
        "options": {"auto-alt-ref": "1", "lag-in-frames": "16", "cpu-used": "8", "g": "20"},
    },
    "alpha.webm": {"codec": "libvpx-vp9", "pix_fmt": "yuva420p", "options": {"cpu-used": "8"}},
    "alpha.mov": {"codec": "qtrle", "pix_fmt": "argb"},
    "colors.mov": {"codec": "qtrle", "pix_fmt": "rgb24"},
    "sound.mp4": {"audio": True, "options": {"g": "20"}},
}
"""A name, whose suffix chooses the container, and how it is encoded."""

RARE = {
    *("intra_refresh.mp4", "interlaced_h264.ts", "alpha.mov", "sound.mp4", "stills.mjpeg"),
    *("elementary.h264", "alpha.webm", "one_group.mp4", "matroska.mkv", "hidden.webm"),
}
"""Tested where there is more time."""

Make = Callable[[str], Path]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    folder = tmp_path_factory.mktemp("videos")
    frames = numbered_frames(COUNT, SIZE)

    def made(name: str) -> Path:
        path = folder / name
        return path if path.exists() else write_video(path, frames, **KINDS[name])

    return made


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few frames are many: short pieces, little read ahead, seeking already nearby."""
    monkeypatch.setattr(index_module, "STEP", 5)
    monkeypatch.setattr(passes, "NEAR", 3)
    monkeypatch.setattr(singles, "NEAR", 3)
    monkeypatch.setattr(singles, "CACHE_BYTES", 7 * SIZE[0] * SIZE[1] * 3 // 2)


def opened(path: Path) -> Source:
    """Without any warning."""
    return open_source(path, warn=pytest.fail)


@pytest.mark.parametrize(
    "name",
    [pytest.param(each, marks=pytest.mark.slow) if each in RARE else each for each in KINDS],
)
def test_every_order_of_frames_gives_the_same_frames(make: Make, name: str) -> None:
    with opened(make(name)) as source:
        every = list(source.frames())
        assert [number_of(frame.pixels) for frame in every] == list(range(COUNT))
        assert [frame.index for frame in every] == list(range(COUNT))
        assert source.info.frame_count in (None, COUNT)
        assert (source.info.width, source.info.height) == SIZE
        for one, other in zip(source.frames(COUNT - 1, None, -1), reversed(every), strict=True):
            assert_same(one, other)
        for index in np.random.default_rng(0).permutation(COUNT)[:12]:
            assert_same(source.frame(int(index)), every[index])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.integers(0, COUNT + 10),
    stop=st.none() | st.integers(0, COUNT + 10),
    stride=st.integers(-20, 20).filter(bool),
    name=st.sampled_from(["b_frames.mp4", "open_groups.mp4", "transport.ts", "h264.avi"]),
)
def test_ranges_are_those_of_python(
    make: Make, start: int, stop: int | None, stride: int, name: str
) -> None:
    end = stop if stop is not None else (COUNT if stride > 0 else -1)
    expected = [number for number in range(start, end, stride) if number < COUNT]
    with opened(make(name)) as source:
        found = list(source.frames(start, stop, stride))
    assert [frame.index for frame in found] == expected
    assert [number_of(frame.pixels) for frame in found] == expected


@pytest.mark.parametrize("name", ["b_frames.mp4", "open_groups.mp4", "hevc.mp4", "mpeg4.avi"])
def test_stepping_backward_by_single_frames(make: Make, name: str) -> None:
    with opened(make(name)) as source:
        for index in reversed(range(COUNT)):
            assert number_of(source.frame(index).pixels) == index


@pytest.mark.parametrize("name", ["b_frames.mp4", "open_groups.mp4", "transport.ts"])
def test_where_packets_are_no_frames_times_are_decoded(
    make: Make, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with fields in packets of their own, which no encoder here writes."""

    def look_at(reader: Reader) -> Any:
        known, pictures = beginning.look_at(reader)
        return dataclasses.replace(known, by_time=False, frame_count=None), pictures

    monkeypatch.setattr(file_module, "look_at", look_at)
    with opened(make(name)) as source:
        assert [number_of(frame.pixels) for frame in source.frames()] == list(range(COUNT))
        for index in (40, 11, 49, 30, 0):
            assert number_of(source.frame(index).pixels) == index
        assert [number_of(frame.pixels) for frame in source.frames(99, 40, -2)] == [
            49,
            47,
            45,
            43,
            41,
        ]


def test_passes_and_single_frames_do_not_disturb_each_other(make: Make) -> None:
    with opened(make("b_frames.mp4")) as source:
        one, other = source.frames(), source.frames(30)
        for number in range(10):
            assert next(one).index == number
            assert source.frame(45 - number).index == 45 - number
            assert next(other).index == 30 + number


def test_frames_belong_to_the_caller(make: Make) -> None:
    for name in ("b_frames.mp4", "colors.mov"):
        with opened(make(name)) as source:
            first = source.frame(5)
            kept = first.pixels.copy()
            assert first.pixels.flags.writeable and first.pixels.flags.c_contiguous
            first.pixels[:] = 7
            assert (source.frame(5).pixels == kept).all()


def test_there_is_no_frame_beyond_the_end_or_before_the_beginning(make: Make) -> None:
    for name in ("b_frames.mp4", "transport.ts", "h264.avi"):
        with opened(make(name)) as source:
            for index in (COUNT, COUNT + 1000, -1):
                with pytest.raises(SourceError):
                    source.frame(index)
            assert source.frame(COUNT - 1).index == COUNT - 1
            assert list(source.frames(COUNT)) == []


def test_frames_are_decoded_ahead_in_a_thread(make: Make) -> None:
    with opened(make("b_frames.mp4")) as source, closing(ReadAhead(source.frames(), 4)) as ahead:
        assert [number_of(frame.pixels) for frame in ahead] == list(range(COUNT))


def test_sound_is_known_of(tmp_path: Path) -> None:
    for audio in (False, True):
        path = write_video(tmp_path / f"{audio}.mp4", numbered_frames(10, SIZE), audio=audio)
        with opened(path) as source:
            assert source.info.has_audio is audio
            assert len(list(source.frames())) == 10


def test_a_closed_source_gives_no_frames(make: Make) -> None:
    source = opened(make("b_frames.mp4"))
    source.frame(40)
    source.close()
    source.close()
    with pytest.raises(SourceError):
        source.frames()
    with pytest.raises(SourceError):
        source.frame(0)


@pytest.mark.parametrize("wrong", [(-1, None, 1), (0, -1, 1), (0, None, 0), (5, -2, -1)])
def test_a_range_without_meaning_is_refused(make: Make, wrong: Any) -> None:
    with opened(make("b_frames.mp4")) as source, pytest.raises(ValueError):
        source.frames(*wrong)


@pytest.mark.parametrize("rotation", [90, 180, 270])
@pytest.mark.parametrize("size", [(96, 64), (98, 66)])
def test_a_phone_clip_is_upright(tmp_path: Path, rotation: int, size: tuple[int, int]) -> None:
    path = write_video(tmp_path / "clip.mov", numbered_frames(5, size), rotation=rotation)
    with opened(path) as source:
        assert (source.info.width, source.info.height) == size
        assert [number_of(frame.pixels) for frame in source.frames()] == list(range(5))
        assert source.frame(3).pixels.shape == (size[1], size[0], 3)


@pytest.mark.parametrize("size", [(97, 65), (33, 17), (66, 35)])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    frames = numbered_frames(5, size)
    path = write_video(tmp_path / "odd.mkv", frames, codec="ffv1", pix_fmt="yuv444p")
    with opened(path) as source:
        assert (source.info.width, source.info.height) == size
        for frame, exact in zip(source.frames(), frames, strict=True):
            assert frame.pixels.shape == exact.shape
            assert np.abs(frame.pixels.astype(int) - exact).max() < 6


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_times_of_a_variable_frame_rate(tmp_path: Path, suffix: str) -> None:
    times = [0.0, 0.1, 0.15, 0.4, 1.0, 2.0, 2.5, 2.6, 5.0, 6.1]
    path = write_video(tmp_path / f"vfr.{suffix}", numbered_frames(10, SIZE), pts=times)
    with opened(path) as source:
        assert [frame.seconds for frame in source.frames()] == pytest.approx(times, abs=1e-3)
        assert source.frame(7).seconds == pytest.approx(2.6, abs=1e-3)
        assert [number_of(frame.pixels) for frame in source.frames()] == list(range(10))


@pytest.mark.parametrize("bt709", [False, True])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("size", [(96, 64), (64, 720)])
def test_colors_are_those_that_the_file_states(
    tmp_path: Path, bt709: bool, full_range: bool, size: tuple[int, int]
) -> None:
    exact = numbered_frames(1, size, first=0b101010101010)[0]
    path = tmp_path / "colors.mkv"
    write_video(path, [exact], "ffv1", pix_fmt="yuv444p", bt709=bt709, full_range=full_range)
    with opened(path) as source:
        assert np.abs(source.frame(0).pixels.astype(int) - exact).max() < 6


@pytest.mark.parametrize(("size", "bt709"), [((96, 64), False), ((64, 720), True)])
def test_unstated_colors_are_taken_as_players_do(
    tmp_path: Path, size: tuple[int, int], bt709: bool
) -> None:
    exact = numbered_frames(1, size, first=0b101010101010)[0]
    path = write_video(tmp_path / "colors.avi", [exact], "huffyuv", pix_fmt="yuv422p", bt709=bt709)
    with av.open(str(path)) as file:
        assert next(file.decode(video=0)).colorspace == 2  # unstated
    with opened(path) as source:
        inside = np.abs(source.frame(0).pixels.astype(int) - exact)[::8, 5::8]
        assert inside.max() < 6


def test_ten_bits_are_reduced_to_eight(make: Make) -> None:
    with opened(make("hevc.mp4")) as source:
        frame = source.frame(0)
    assert frame.pixels.dtype == np.uint8
    assert frame.pixels.max() > 250 and frame.pixels.min() < 5


def test_a_cover_is_not_the_video(tmp_path: Path) -> None:
    path = tmp_path / "cover.mkv"
    cover = tmp_path / "cover.png"
    from PIL import Image

    Image.new("RGB", (20, 20)).save(cover)
    with av.open(str(path), "w") as file:
        sound = file.add_stream("aac", rate=48_000)
        file.add_attachment("cover.png", "image/png", cover.read_bytes())
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 48_000
        file.mux([*sound.encode(frame), *sound.encode()])
    with pytest.raises(SourceError):
        opened(path)


def test_an_edit_list_hides_frames(tmp_path: Path, make: Make) -> None:
    """Ten frames are cut off in front of a group's middle, as phones cut clips."""
    path = tmp_path / "edited.mp4"
    with av.open(str(make("b_frames.mp4"))) as given, av.open(str(path), "w") as written:
        stream = given.streams.video[0]
        assert stream.time_base is not None and stream.average_rate is not None
        ticks = round(10 / stream.average_rate / stream.time_base)
        copy = written.add_stream_from_template(stream)
        for packet in given.demux(stream):
            if packet.pts is not None and packet.dts is not None:
                packet.pts, packet.dts = packet.pts - ticks, packet.dts - ticks
                packet.stream = copy
                written.mux(packet)
    with opened(path) as source:
        every = list(source.frames())
        assert source.info.frame_count == len(every) == COUNT - 10
        assert [number_of(frame.pixels) for frame in every] == list(range(10, COUNT))
        assert every[0].seconds == 0
        for index in (35, 3, 0, 22):
            assert_same(source.frame(index), every[index])


def test_times_of_decoding_in_place_of_showing_lose_no_frame(tmp_path: Path, make: Make) -> None:
    """As some programs write streams with B-frames from an AVI into Matroska."""
    path = tmp_path / "reordered.mkv"
    with av.open(str(make("b_frames.mp4"))) as given, av.open(str(path), "w") as written:
        copy = written.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(given.streams.video[0]):
            if packet.dts is not None:
                packet.pts, packet.stream = packet.dts, copy
                written.mux(packet)
    with opened(path) as source:
        assert [number_of(frame.pixels) for frame in source.frames()] == list(range(COUNT))
        for index in (45, 3, 0, 22):
            assert number_of(source.frame(index).pixels) == index


def test_opening_reads_a_small_part_of_a_long_file(
    tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a file that isn't short: the count comes from the container's list, or is unknown."""
    monkeypatch.setattr(beginning, "CHEAP_BYTES", 0)
    read: list[int] = []
    packets = Reader.packets

    def counted(reader: Any) -> Any:
        for packet in packets(reader):
            read.append(packet.size)
            yield packet

    monkeypatch.setattr(Reader, "packets", counted)
    for name, count in (("b_frames.mp4", COUNT), ("mpeg4.avi", COUNT), ("transport.ts", None)):
        read.clear()
        path = make(name)
        with opened(path) as source:
            assert source.info.frame_count == count
            assert len(read) < 50
            read.clear()
            assert next(source.frames()).index == 0
            assert len(read) < 25


def test_a_frame_needs_no_decoding_of_those_far_before_it(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int | None] = []
    decode = Reader.decode

    def counted(reader: Any, packet: Any) -> Any:
        pictures = decode(reader, packet)
        decoded.extend(picture.pts for picture in pictures)
        return pictures

    monkeypatch.setattr(Reader, "decode", counted)
    for name in ("b_frames.mp4", "open_groups.mp4", "transport.ts", "matroska.mkv"):
        with opened(make(name)) as source:
            decoded.clear()
            assert number_of(source.frame(45).pixels) == 45
            assert len(decoded) < 40


def assert_same(one: VideoFrame, other: VideoFrame) -> None:
    assert (one.index, one.seconds, one.name) == (other.index, other.seconds, other.name)
    assert (one.pixels == other.pixels).all()
