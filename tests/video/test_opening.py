"""What a user may name as a source: recognized by its form and content."""

from __future__ import annotations

import builtins
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles.videos import Pixels, number_of, numbered_frame, numbered_frames, write_video
from PIL import Image

from samurai.errors import DependencyError, SourceError
from samurai.video.sources.addresses import is_address
from samurai.video.sources.opening import expand, open_source

SIZE = (48, 32)


def write_images(folder: Path, names: list[str], first: int = 0) -> list[Path]:
    """Numbered frames as image files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names, start=first):
        Image.fromarray(numbered_frame(number, SIZE)).save(folder / name)
    return [folder / name for name in names]


def numbers(spec: Any, **options: Any) -> list[int]:
    """What its frames show, in the order of the source."""
    with open_source(spec, warn=pytest.fail, **options) as source:
        every = list(source.frames())
        assert [frame.index for frame in every] == list(range(len(every)))
        assert source.info.frame_count in (None, len(every))
        return [number_of(frame.pixels) for frame in every]


def test_a_folder_of_images_has_their_natural_order(tmp_path: Path) -> None:
    names = ["a1.png", "a2.PNG", "a10.bmp", "a100.tiff", "b0.webp"]
    write_images(tmp_path, names)
    (tmp_path / ".hidden.png").write_bytes(b"no image")
    (tmp_path / "._a3.png").write_bytes(b"no image")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "folder.txt").mkdir()
    for spec in (tmp_path, str(tmp_path), f"file://{tmp_path}"):
        assert numbers(spec) == [0, 1, 2, 3, 4]
    with open_source(tmp_path, warn=pytest.fail) as source:
        assert [frame.name for frame in source.frames()] == names
        assert (source.info.width, source.info.height) == SIZE
        assert source.info.seekable and not source.info.live
        assert [frame.index for frame in source.frames(9, None, -2)] == [3, 1]
        assert number_of(source.frame(3).pixels) == 3
        assert source.frame(0).seconds is None
        for index in (5, -1):
            with pytest.raises(SourceError):
                source.frame(index)


def test_symbolic_links_are_followed(tmp_path: Path) -> None:
    files = write_images(tmp_path / "real", ["0.png", "1.png"])
    links = tmp_path / "links"
    links.mkdir()
    for file in files:
        (links / file.name).symlink_to(file)
    (tmp_path / "link").symlink_to(links)
    assert numbers(tmp_path / "link") == [0, 1]
    video = write_video(tmp_path / "video.mp4", numbered_frames(4, SIZE))
    (tmp_path / "linked").symlink_to(video)
    assert numbers(tmp_path / "linked") == [0, 1, 2, 3]


def test_images_of_several_sizes_are_refused_before_the_first_frame(tmp_path: Path) -> None:
    write_images(tmp_path, ["0.png", "1.png"])
    Image.new("RGB", (SIZE[0] + 1, SIZE[1])).save(tmp_path / "2.png")
    with pytest.raises(SourceError, match=r"2\.png") as raised:
        open_source(tmp_path, warn=pytest.fail)
    assert "48x32" in str(raised.value) and "49x32" in str(raised.value)


def test_turned_photos_have_the_size_that_is_shown(tmp_path: Path) -> None:
    upright = numbered_frame(0, SIZE)
    Image.fromarray(upright).save(tmp_path / "0.png")
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(upright)))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "1.png", exif=exif)
    assert numbers(tmp_path) == [0, 0]


def test_a_damaged_image_ends_the_reading_after_those_before_it(tmp_path: Path) -> None:
    _, second = write_images(tmp_path, ["0.png", "1.png"])
    second.write_bytes(second.read_bytes()[:80])
    with open_source(tmp_path, warn=pytest.fail) as source:
        frames = source.frames()
        assert next(frames).index == 0
        with pytest.raises(SourceError, match=r"1\.png"):
            next(frames)
    second.write_bytes(b"no image")
    with pytest.raises(SourceError, match=r"1\.png"):
        open_source(tmp_path, warn=pytest.fail)


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    write_video(tmp_path / "video.mp4", numbered_frames(2, SIZE))
    with pytest.raises(SourceError):
        open_source(tmp_path, warn=pytest.fail)


def test_lists_of_images_keep_their_order(tmp_path: Path) -> None:
    files = write_images(tmp_path / "frames", ["0.png", "1.png", "2.png"])
    assert numbers([files[2], files[0]]) == [2, 0]
    listing = tmp_path / "list.txt"
    listing.write_text("frames/2.png\n\n  frames/1.png  \n" + str(files[0]))
    assert numbers(listing) == numbers(str(listing)) == [2, 1, 0]
    assert expand(str(listing)) == [str(listing)]


@pytest.mark.parametrize("text", ["", "\n\n", "missing.png\n", ".\n"])
def test_a_list_without_files_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(SourceError):
        open_source(tmp_path / "list.txt", warn=pytest.fail)
    with pytest.raises(SourceError):
        open_source([], warn=pytest.fail)
    (tmp_path / "list.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError):
        open_source(tmp_path / "list.txt", warn=pytest.fail)


def test_patterns_of_images(tmp_path: Path) -> None:
    write_images(tmp_path, ["f10.png", "f9.png", "g1.png"])
    pattern = str(tmp_path / "f*.png")
    assert numbers(pattern) == [1, 0]
    assert expand(pattern) == [pattern]
    with pytest.raises(SourceError):
        open_source(str(tmp_path / "x*.png"), warn=pytest.fail)
    strange = tmp_path / "really[1]*"
    write_images(strange, ["0.png"])
    assert numbers(strange) == [0]  # what exists is no pattern


def test_patterns_and_lists_of_videos(tmp_path: Path) -> None:
    for number, name in enumerate(["v2.mp4", "v10.mkv"]):
        write_video(tmp_path / name, numbered_frames(2, SIZE, first=number))
    videos = [str(tmp_path / "v2.mp4"), str(tmp_path / "v10.mkv")]
    pattern = str(tmp_path / "v*")
    assert expand(pattern) == videos
    assert expand(videos[0]) == [videos[0]]
    assert expand("0") == ["0"] and expand("rtsp://host/x?y") == ["rtsp://host/x?y"]
    with pytest.raises(SourceError):
        open_source(pattern, warn=pytest.fail)
    assert numbers(str(tmp_path / "*.mkv")) == [1, 2]
    (tmp_path / "list.txt").write_text("v10.mkv\nv2.mp4\n")
    assert expand(str(tmp_path / "list.txt")) == list(reversed(videos))
    write_images(tmp_path, ["v3.png"])
    with pytest.raises(SourceError):
        expand(pattern)


def test_the_content_decides_not_the_suffix(tmp_path: Path) -> None:
    video = write_video(tmp_path / "video.mp4", numbered_frames(3, SIZE))
    for name in ("video.png", "video.txt.bak", "video", "a:b%03d é.avi", "-", "http"):
        assert numbers(Path(video.rename(tmp_path / name))) == [0, 1, 2]
        video = tmp_path / name
    image = write_images(tmp_path, ["one.png"])[0]
    assert numbers(image.rename(tmp_path / "image.mp4")) == [0]


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "tiff", "webp"])
def test_one_image_is_a_video_of_one_frame(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(numbered_frame(9, SIZE)).save(path)
    with open_source(path, warn=pytest.fail) as source:
        assert [number_of(frame.pixels) for frame in source.frames()] == [9]
        assert source.frame(0).name == path.name


@pytest.mark.parametrize("suffix", ["gif", "png"])
def test_an_animation_is_a_video(tmp_path: Path, suffix: str) -> None:
    every = [Image.fromarray(frame) for frame in numbered_frames(4, SIZE)]
    path = tmp_path / f"animation.{suffix}"
    every[0].save(path, save_all=True, append_images=every[1:], duration=100)
    assert numbers(path) == [0, 1, 2, 3]


@pytest.mark.parametrize("spec", ["", "missing.mp4", "nowhere/missing", "a\0b", "ftp://host/a.mp4"])
def test_what_is_not_there_is_refused(spec: str) -> None:
    with pytest.raises(SourceError):
        open_source(spec, warn=pytest.fail)


def test_a_missing_camera_names_those_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samurai.video.sources.addresses.DEVICES", tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SourceError):
        open_source(0, warn=pytest.fail)
    (tmp_path / "video2").touch()
    (tmp_path / "video10").touch()
    for spec in (1, "1", tmp_path / "video1"):
        with pytest.raises(SourceError, match=r"video2, .*video10"):
            open_source(spec, warn=pytest.fail)
    with pytest.raises(SourceError):  # a file, not a device
        open_source(2, warn=pytest.fail)


def test_windows_paths_and_ports_are_no_addresses() -> None:
    assert is_address("rtsp://host/a") and is_address("HTTP://host") and is_address("lavfi:x")
    assert not is_address("C:/videos/a.mp4") and not is_address("a:b.mp4")


@pytest.fixture
def without_av(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refused(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "av" or name.startswith("av."):
            raise ImportError(f"No module named {name!r}")
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", refused)


@pytest.mark.usefixtures("without_av")
def test_without_av_images_are_read_and_videos_name_the_extra(tmp_path: Path) -> None:
    files = write_images(tmp_path / "frames", ["0.png", "1.png"])
    image = tmp_path / "image.jpg"
    Image.fromarray(numbered_frame(3, SIZE)).save(image)
    assert numbers(tmp_path / "frames") == numbers(files) == [0, 1]
    assert numbers(image) == [3]
    (tmp_path / "video.mp4").write_bytes(b"\0\0\0\x20ftypisom" + bytes(100))
    for spec in (tmp_path / "video.mp4", "rtsp://host/x", "lavfi:testsrc", "-", 0):
        with pytest.raises(DependencyError, match=r'pip install "samurai-vot\[video\]"'):
            open_source(spec, warn=pytest.fail)


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Standard input is a pipe, into which a thread writes."""
    threads: list[threading.Thread] = []
    inputs: list[Any] = []

    def begin(data: bytes) -> None:
        reading, writing = os.pipe()

        def write() -> None:
            with os.fdopen(writing, "wb") as file:
                file.write(data)

        threads.append(threading.Thread(target=write))
        threads[-1].start()
        inputs.append(os.fdopen(reading, "rb"))
        monkeypatch.setattr(sys, "stdin", inputs[-1])

    yield begin
    for each in inputs:
        each.read()
        each.close()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("suffix", ["ts", "mkv", "webm", "avi", "h264"])
def test_standard_input_is_read_once_forward(tmp_path: Path, piped: Any, suffix: str) -> None:
    codec = "libvpx" if suffix == "webm" else "libx264"
    video = write_video(tmp_path / f"v.{suffix}", numbered_frames(40, SIZE), codec)
    piped(video.read_bytes())
    with open_source("-", warn=pytest.fail) as source:
        assert not source.info.seekable and not source.info.live
        first = list(source.frames(0, 10, 3))
        assert [number_of(frame.pixels) for frame in first] == [0, 3, 6, 9]
        with pytest.raises(SourceError):
            source.frame(3)
        with pytest.raises(SourceError):
            source.frames(3)
        with pytest.raises(SourceError):
            source.frames(20, None, -1)
        rest = list(source.frames(20))
        assert [number_of(frame.pixels) for frame in rest] == list(range(20, 40))
        assert [frame.index for frame in rest] == list(range(20, 40))
        assert rest[0].seconds == pytest.approx(20 / (source.info.rate or 0), abs=2e-3)


@pytest.mark.parametrize("data", [b"", b"text\n" * 1000])
def test_standard_input_without_a_video_is_refused(piped: Any, data: bytes) -> None:
    piped(data)
    with pytest.raises(SourceError):
        open_source("-", warn=pytest.fail)


def test_a_named_pipe_is_read_once_forward(tmp_path: Path) -> None:
    video = write_video(tmp_path / "v.ts", numbered_frames(8, SIZE))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    thread = threading.Thread(target=lambda: pipe.write_bytes(video.read_bytes()))
    thread.start()
    with open_source(pipe, warn=pytest.fail) as source:
        assert not source.info.seekable
        assert [number_of(frame.pixels) for frame in source.frames()] == list(range(8))
    thread.join()


def test_sockets_and_devices_are_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        with pytest.raises(SourceError):
            open_source(tmp_path / "s", warn=pytest.fail)
    with pytest.raises(SourceError):
        open_source("/dev/null", warn=pytest.fail)


def test_unusual_images_warn(tmp_path: Path) -> None:
    dark: Pixels = np.zeros((8, 8), np.uint8)
    Image.fromarray(dark.astype(np.uint16)).save(tmp_path / "0.png")
    warnings: list[str] = []
    with open_source(tmp_path, warn=warnings.append) as source:
        assert source.frame(0).pixels.shape == (8, 8, 3)
    assert len(warnings) == 1
