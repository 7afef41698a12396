"""What is written, decoded again: frames, times, sizes, colors, sound, and what errors leave."""

from __future__ import annotations

import os
import resource
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from samurai.errors import (
    ConfigurationError,
    DependencyError,
    ExportError,
    FrameError,
    SamuraiError,
    StorageError,
)
from samurai.video.writing import formats
from samurai.video.writing.fitting import Clock, even, fitted, rate_of
from samurai.video.writing.opening import check_target, open_writer

Pixels = NDArray[np.uint8]
VIDEOS = (".mp4", ".webm", ".mkv", ".mov")
CODECS = {".mp4": "h264", ".mov": "h264", ".mkv": "h264", ".webm": "vp9"}
SIZE = (64, 48)


def frames(count: int, size: tuple[int, int] = SIZE) -> list[Pixels]:
    """Even colors, another in each frame."""
    colors = [(200, 40, 40), (40, 180, 60), (50, 60, 200), (230, 220, 40), (128, 128, 128)]
    return [np.full((size[1], size[0], 3), colors[n % 5], np.uint8) for n in range(count)]


def write(
    target: Path,
    pictures: list[Pixels],
    times: list[float] | None = None,
    rate: float = 25,
    **how: Any,
) -> None:
    height, width = pictures[0].shape[:2]
    with open_writer(target, size=(width, height), rate=rate, **how) as writer:
        for number, picture in enumerate(pictures):
            writer.add(picture, None if times is None else times[number])


def decoded(file: Path) -> tuple[list[Pixels], list[float], str]:
    """Pictures, times and pixel format of a video."""
    with av.open(str(file)) as container:
        found = list(container.decode(video=0))
    return (
        [cast(Pixels, frame.to_ndarray(format="rgb24")) for frame in found],
        [float(cast(int, frame.pts) * cast(Fraction, frame.time_base)) for frame in found],
        found[0].format.name,
    )


@pytest.mark.parametrize("suffix", VIDEOS)
def test_a_video_has_every_frame_at_its_time(suffix: str, tmp_path: Path) -> None:
    """Also of a varying rate, and from the middle of its source."""
    times = [100 + n / 25 + (0.013 if n % 3 == 0 else 0) for n in range(30)]
    file = tmp_path / f"out{suffix}"
    write(file, frames(30), times)
    pictures, shown, kind = decoded(file)
    tick = float(formats.CONTAINERS[suffix].tick)
    assert np.abs(np.array(shown) - (np.array(times) - times[0])).max() <= tick / 2 + 1e-9
    assert kind == "yuv420p"
    for before, after in zip(frames(30), pictures, strict=True):
        assert np.abs(before.astype(int) - after).max() <= 6
    with av.open(str(file)) as container:
        assert container.streams.video[0].codec_context.codec.canonical_name == CODECS[suffix]
    assert os.listdir(tmp_path) == [file.name]


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_player_finds_the_index_first(suffix: str, tmp_path: Path) -> None:
    write(tmp_path / f"out{suffix}", frames(5))
    data, place, atoms = (tmp_path / f"out{suffix}").read_bytes(), 0, []
    while place < len(data):
        length, name = struct.unpack(">I4s", data[place : place + 8])
        atoms.append(name)
        place += length
    assert atoms.index(b"moov") < atoms.index(b"mdat")


def test_frames_without_times_follow_by_the_rate(tmp_path: Path) -> None:
    write(tmp_path / "out.mp4", frames(5), rate=20)
    assert decoded(tmp_path / "out.mp4")[1] == pytest.approx([n / 20 for n in range(5)], abs=1e-4)


@pytest.mark.parametrize("suffix", VIDEOS)
def test_times_that_stand_still_or_go_back_lose_no_frame(suffix: str, tmp_path: Path) -> None:
    write(tmp_path / f"out{suffix}", frames(6), [5, 5, 4, float("nan"), 5.5, 5.5])
    shown = decoded(tmp_path / f"out{suffix}")[1]
    assert len(shown) == 6 and (np.diff(shown) > 0).all()


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
@pytest.mark.parametrize("size", [(16, 16), (17, 19), (1, 1), (65, 48)])
def test_odd_sizes_get_one_pixel(suffix: str, size: tuple[int, int], tmp_path: Path) -> None:
    write(tmp_path / f"out{suffix}", frames(2, size))
    pictures, *_ = decoded(tmp_path / f"out{suffix}")
    assert pictures[0].shape[1::-1] == even(size)
    assert np.abs(pictures[0].astype(int) - frames(1)[0][0, 0]).max() <= 8  # no dark border


def test_frames_of_another_size_are_scaled_between_bars() -> None:
    wide = fitted(np.full((20, 80, 3), 200, np.uint8), (64, 48))
    assert wide.shape == (48, 64, 3)
    assert (wide[16:32] == 200).all() and not wide[:15].any() and not wide[33:].any()
    high = fitted(np.full((96, 24, 3), 200, np.uint8), (64, 48))
    assert (high[:, 26:38] == 200).all() and not high[:, :25].any() and not high[:, 39:].any()
    assert (fitted(np.full((24, 32, 3), 9, np.uint8), (64, 48)) == 9).all()


@settings(max_examples=30)
@given(*(st.integers(1, 40) for _ in range(4)))
def test_any_frame_fits_any_size(wide: int, high: int, width: int, height: int) -> None:
    frame = np.full((high, wide, 3), 255, np.uint8)
    out = fitted(frame, (width, height))
    assert out.shape == (height, width, 3) and out.flags.c_contiguous
    assert out.any() and (frame == 255).all()


def test_wrong_frames_are_refused() -> None:
    for wrong in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(FrameError):
            fitted(cast(Pixels, wrong), (4, 4))


@settings(max_examples=50)
@given(st.lists(st.none() | st.just(float("nan")) | st.floats(-1e6, 1e6), max_size=20))
def test_ticks_always_grow(times: list[float | None]) -> None:
    clock = Clock(Fraction(30), Fraction(1, 1000))
    ticks = [clock.ticks(clock.seconds(each)) for each in times]
    assert all(b > a for a, b in pairwise(ticks))
    assert ticks[:1] in ([], [0])


@pytest.mark.parametrize("rate", [None, 0, -3, float("nan"), float("inf"), 1e-9, 1e9, 29.97])
def test_any_rate_is_one_that_can_be_written(rate: float | None) -> None:
    assert 1 <= rate_of(rate) <= 240
    assert rate_of(30000 / 1001) == Fraction(30000, 1001)


def with_sound(file: Path, codec: str, rate: int, seconds: float = 3) -> Path:
    """A video with a tone that is silent for the first second."""
    with av.open(str(file), "w") as container:
        video = cast(Any, container.add_stream("libx264", rate=25))
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        sound = cast(Any, container.add_stream(codec, rate=rate, layout="stereo"))
        sound.open()
        for picture in frames(round(25 * seconds)):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        times = np.arange(round(rate * seconds)) / rate
        tone = np.sin(2 * np.pi * 440 * times) * 12000 * (times >= 1)
        samples = np.repeat(tone.astype(np.int16), 2)[None]
        raw = av.AudioFrame.from_ndarray(samples, "s16", "stereo")
        raw.sample_rate = rate
        resampler = av.AudioResampler(sound.format, "stereo", rate, sound.frame_size or 1024)
        for part in (*resampler.resample(raw), *resampler.resample(None), None):
            container.mux(sound.encode(part))
    return file


def sound_of(file: Path) -> tuple[str, float, float]:
    """Codec, seconds until the tone begins, and seconds of sound."""
    with av.open(str(file)) as container:
        stream = container.streams.audio[0]
        name, rate = stream.codec_context.codec.canonical_name, stream.codec_context.sample_rate
        found = list(container.decode(stream))
    start = float(cast(int, found[0].pts) * cast(Fraction, found[0].time_base))
    samples = np.concatenate([frame.to_ndarray().reshape(-1, frame.samples)[0] for frame in found])
    loud = np.abs(samples) > 0.5 * np.abs(samples).max()
    return name, start + loud.argmax() / rate, start + len(samples) / rate


@pytest.mark.parametrize(
    ("source", "target", "codec"),
    [
        (("a.mp4", "aac", 44_100), ".mp4", "aac"),
        (("a.mp4", "aac", 44_100), ".webm", "opus"),
        (("a.mkv", "libopus", 48_000), ".webm", "opus"),
        (("a.mkv", "libopus", 48_000), ".mov", "aac"),
        (("a.mkv", "pcm_s16le", 22_050), ".mp4", "aac"),
        (("a.mp4", "aac", 44_100), ".mkv", "aac"),
    ],
)
@pytest.mark.parametrize("start", [0.0, 0.4])
def test_sound_is_in_time_and_as_long_as_the_pictures(
    source: tuple[str, str, int], target: str, codec: str, start: float, tmp_path: Path
) -> None:
    name, encoder, rate = source
    file = with_sound(tmp_path / name, encoder, rate)
    times = [start + n / 25 for n in range(50)]
    write(tmp_path / f"out{target}", frames(50), times, audio_from=file)
    found, begins, ends = sound_of(tmp_path / f"out{target}")
    assert found == codec
    assert begins == pytest.approx(1 - start, abs=0.06)
    assert ends == pytest.approx(2, abs=0.1)
    assert len(decoded(tmp_path / f"out{target}")[1]) == 50


def test_sound_from_another_time_than_the_pictures(tmp_path: Path) -> None:
    file = with_sound(tmp_path / "a.mp4", "aac", 44_100)
    write(tmp_path / "out.mp4", frames(25), audio_from=file, audio_start=0.5)
    assert sound_of(tmp_path / "out.mp4")[1] == pytest.approx(0.5, abs=0.06)
    write(tmp_path / "long.mp4", frames(100), audio_from=file)  # longer than the sound
    assert len(decoded(tmp_path / "long.mp4")[1]) == 100


def test_no_sound_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path / "silent.mp4", frames(3))
    (tmp_path / "text.mp4").write_text("no video")
    told: list[str] = []
    for number, source in enumerate(("silent.mp4", "text.mp4", "missing.mp4")):
        file = tmp_path / f"out{number}.mp4"
        write(file, frames(3), audio_from=tmp_path / source, warn=told.append)
        assert len(decoded(file)[1]) == 3
    write(tmp_path / "out.gif", frames(3), audio_from=tmp_path / "silent.mp4", warn=told.append)
    assert len(told) == 4


def test_an_animation_is_small_and_slow(tmp_path: Path) -> None:
    pictures = frames(30, (1280, 24))
    write(tmp_path / "out.gif", pictures, [n / 30 for n in range(30)], rate=30)
    with Image.open(tmp_path / "out.gif") as gif:
        count: int = cast(Any, gif).n_frames
        lengths = []
        for number in range(count):
            gif.seek(number)
            lengths.append(gif.info["duration"])
            shown = np.asarray(gif.convert("RGB")).astype(int)
            assert np.abs(shown - pictures[2 * number][0, 0]).max() <= 4
        assert gif.size == (640, 12)
    assert count == 15 and sum(lengths) == pytest.approx(1000, abs=40)


def test_a_folder_has_numbered_images(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pictures = frames(4)
    write(tmp_path / "plain", pictures)
    assert sorted(os.listdir(tmp_path / "plain")) == [f"{n:06d}.jpg" for n in range(4)]
    write(tmp_path / "png" / "f%03d.png", pictures)
    for number, picture in enumerate(pictures):
        with Image.open(tmp_path / "png" / f"f{number:03d}.png") as image:
            assert (np.asarray(image) == picture).all()
    assert sorted(os.listdir(tmp_path)) == ["plain", "png"]
    assert capfd.readouterr() == ("", "")


def test_a_folder_keeps_what_is_not_a_frame(tmp_path: Path) -> None:
    """Frames of a longer, earlier run go."""
    (tmp_path / "f").mkdir()
    for name in ("000009.png", "notes.txt", "a1.png"):
        (tmp_path / "f" / name).write_text("x")
    with pytest.raises(ExportError):
        check_target(tmp_path / "f")
    write(tmp_path / "f" / "%06d.png", frames(2))
    assert sorted(os.listdir(tmp_path / "f")) == ["000000.png", "000001.png", "a1.png", "notes.txt"]


TARGETS = ("out.mp4", "out.webm", "out.mkv", "out.mov", "out.gif", "frames/", "frames/%d.png")


@pytest.mark.parametrize("name", TARGETS)
def test_discarding_leaves_what_was_there(name: str, tmp_path: Path) -> None:
    target = f"{tmp_path}/{name}"
    with open_writer(target, size=SIZE) as writer:
        for picture in frames(3):
            writer.add(picture)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    with pytest.raises(KeyError), open_writer(target, size=SIZE) as writer:
        writer.add(frames(1)[0])
        raise KeyError
    writer.discard()
    writer.finish()
    assert before == {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_to_write_is_an_error_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    writer = open_writer(f"{tmp_path}/{name}", size=SIZE)
    with pytest.raises(ExportError):
        writer.finish()
    assert not any(file.is_file() for file in tmp_path.rglob("*"))


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As a full disk: longer files can't be written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", TARGETS)
def test_a_full_disk_is_one_error_wherever_it_ends(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(8)]
    target = tmp_path / name
    write(target if not name.endswith("/") else tmp_path / "frames", noise)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    size = max(file.stat().st_size for file in files)
    for file in files:
        file.unlink()
    for limit in (0, 1, size // 2, size - 1):
        with files_of_at_most(limit), pytest.raises(StorageError):
            write(target if not name.endswith("/") else tmp_path / "frames", noise)
        assert not any(file.is_file() for file in tmp_path.rglob("*")), limit


def test_a_place_where_nobody_may_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for name in ("file/out.mp4", "file/out.gif", "file/frames/%d.png"):
        with pytest.raises(SamuraiError):
            open_writer(tmp_path / name, size=SIZE)


@pytest.mark.parametrize(
    "name", ["out.mp5", "out.avi", "out.txt", "f/%06d.gif", "f/%s.png", "f/%d%d.png", "f/%.png"]
)
def test_unknown_targets_are_refused_before_anything_is_made(name: str, tmp_path: Path) -> None:
    for refuse in (check_target, lambda target: open_writer(target, size=SIZE)):
        with pytest.raises(ExportError):
            cast(Callable[[Path], object], refuse)(tmp_path / name)
    assert not os.listdir(tmp_path)


def test_files_and_folders_are_not_confused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").mkdir()
    (tmp_path / "b").write_text("x")
    for name in ("a.mp4", "b"):
        with pytest.raises(ExportError):
            check_target(tmp_path / name)
    check_target(f"{tmp_path}/c.mp4/")
    check_target(tmp_path / "OUT.MP4")


def test_wrong_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        open_writer(tmp_path / "a.mp4", size=SIZE, quality=cast(Any, "best"))
    with pytest.raises(ConfigurationError):
        open_writer(tmp_path / "a.mp4", size=(0, 5))
    with pytest.raises(ExportError):  # more than any encoder takes
        open_writer(tmp_path / "a.mp4", size=(70_000, 20))
    assert not os.listdir(tmp_path)


def test_quality_is_size(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(5)]
    for suffix in (".mp4", ".webm"):
        sizes = []
        for quality in formats.QUALITIES:
            write(tmp_path / f"out{suffix}", noise, quality=quality)
            sizes.append((tmp_path / f"out{suffix}").stat().st_size)
        assert sizes[0] < sizes[1] < sizes[2]


def test_without_pyav(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    for name in ("out.mp4", "out.gif"):
        with pytest.raises(DependencyError):
            check_target(tmp_path / name)
    write(tmp_path / "frames", frames(2))
    assert len(os.listdir(tmp_path / "frames")) == 2


def test_without_an_encoder_for_h264(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    find = formats.find_encoder
    monkeypatch.setattr(formats, "find_encoder", lambda n: None if n == "libx264" else find(n))
    write(tmp_path / "out.mp4", frames(3))
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "vp9"
    with pytest.raises(ExportError):
        check_target(tmp_path / "out.mov")
