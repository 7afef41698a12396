"""Truncated, damaged and unusual files: the frames that decode, one warning, a normal end."""

from __future__ import annotations

import random
from pathlib import Path

import av
import pytest
from oracles.videos import Pixels, number_of, numbered_frames, write_video

from samurai.errors import SourceError
from samurai.video.sources.opening import open_source

COUNT = 60
SIZE = (96, 64)


def fast_start(path: Path, frames: list[Pixels], flags: str = "faststart") -> Path:
    """An MP4 whose list of frames comes first."""
    with av.open(str(path), "w", container_options={"movflags": flags}) as file:
        stream = file.add_stream("libx264", rate=30, options={"g": "15", "bf": "0"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for index, pixels in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(pixels, "rgb24")
            picture.pts = index
            file.mux(stream.encode(picture))
        file.mux(stream.encode())
    return path


def made(folder: Path, name: str) -> Path:
    frames = numbered_frames(COUNT, SIZE)
    if name.endswith(".mp4"):
        flags = "frag_keyframe+empty_moov" if name.startswith("fragments") else "faststart"
        return fast_start(folder / name, frames, flags)
    if name.endswith(".avi"):
        return write_video(folder / name, frames, "mjpeg", pix_fmt="yuvj420p", full_range=True)
    return write_video(folder / name, frames, options={"g": "15", "bf": "0"})


@pytest.mark.parametrize("name", ["list_first.mp4", "fragments.mp4", "matroska.mkv", "intra.avi"])
@pytest.mark.parametrize(
    "part", [0.55, 0.9, *(pytest.param(each, marks=pytest.mark.slow) for each in (0.7, 0.8))]
)
def test_a_truncated_file_gives_its_first_frames_and_one_warning(
    tmp_path: Path, name: str, part: float
) -> None:
    path = made(tmp_path, name)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    warnings: list[str] = []
    with open_source(path, warn=warnings.append) as source:
        every = list(source.frames())
        assert 0 < len(every) < COUNT
        assert [frame.index for frame in every] == list(range(len(every)))
        assert [number_of(frame.pixels) for frame in every] == list(range(len(every)))
        assert len(warnings) == 1 and str(path) in warnings[0]
        backward = [frame.index for frame in source.frames(COUNT, None, -1)]
        assert backward == list(reversed(range(len(every))))
        assert list(source.frames(len(every))) == []
        assert number_of(source.frame(len(every) - 1).pixels) == len(every) - 1
        with pytest.raises(SourceError):
            source.frame(COUNT - 1)
    assert len(warnings) == 1


@pytest.mark.parametrize("name", ["list_first.mp4", "matroska.mkv", "transport.ts"])
@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(each, marks=pytest.mark.slow) for each in range(2, 12))]
)
def test_damage_moves_no_numbers_between_passes(tmp_path: Path, name: str, seed: int) -> None:
    """What a pass shows as a frame, the other ways to read show as the same frame."""
    path = made(tmp_path, name)
    data = bytearray(path.read_bytes())
    chance = random.Random(seed)
    for _ in range(3):
        place = chance.randrange(len(data) // 3, len(data) - 40)
        data[place : place + 40] = chance.randbytes(40)
    path.write_bytes(bytes(data))
    warnings: list[str] = []
    with open_source(path, warn=warnings.append) as source:
        every = {frame.index: frame for frame in source.frames()}
        assert list(every) == sorted(every)
        backward = list(source.frames(COUNT, None, -1))
        assert [frame.index for frame in backward] == list(reversed(every))
        for index in chance.sample(sorted(every), 8):
            assert source.frame(index).seconds == every[index].seconds
        for index in set(range(max(every))) - set(every):
            with pytest.raises(SourceError):
                source.frame(index)
    assert len(warnings) <= 1


def test_an_mp4_without_its_list_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "list_last.mp4", numbered_frames(10, SIZE))
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(SourceError):
        open_source(path, warn=pytest.fail)


@pytest.mark.parametrize(
    "content",
    [b"", b"text\n" * 500, bytes(4096), random.Random(0).randbytes(5000), b"\xff\xd8\xff\xe0"],
    ids=["nothing", "text", "zeros", "noise", "the beginning of a JPEG"],
)
@pytest.mark.parametrize("suffix", [".mp4", ""])
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="file"):
        open_source(path, warn=pytest.fail)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with_video = write_video(tmp_path / "both.mp4", numbered_frames(30, SIZE), audio=True)
    with av.open(str(with_video)) as given, av.open(str(path), "w") as written:
        copy = written.add_stream_from_template(given.streams.audio[0])
        for packet in given.demux(given.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = copy
                written.mux(packet)
    with pytest.raises(SourceError):
        open_source(path, warn=pytest.fail)


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{video}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{video}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    ],
    ids=["HLS", "concat", "SDP"],
)
def test_a_file_can_not_make_the_reader_open_others(tmp_path: Path, playlist: str) -> None:
    video = write_video(tmp_path / "secret.ts", numbered_frames(10, SIZE))
    path = tmp_path / "uploaded.mp4"
    path.write_text(playlist.format(video=video))
    with pytest.raises(SourceError):
        open_source(path, warn=pytest.fail)


def test_frames_may_change_their_size(tmp_path: Path) -> None:
    one = write_video(tmp_path / "one.ts", numbered_frames(20, SIZE))
    other = write_video(tmp_path / "other.ts", numbered_frames(20, (64, 48), first=20))
    path = tmp_path / "both.ts"
    path.write_bytes(one.read_bytes() + other.read_bytes())
    with open_source(path, warn=lambda text: None) as source:
        every = list(source.frames())
        assert [number_of(frame.pixels) for frame in every] == list(range(40))
        assert {frame.pixels.shape for frame in every} == {(64, 96, 3), (48, 64, 3)}
        assert [frame.index for frame in source.frames(39, None, -1)] == list(reversed(range(40)))
        for index in (35, 2, 21, 19):
            assert number_of(source.frame(index).pixels) == index


def test_a_recording_that_begins_inside_a_group_begins_with_its_first_whole_picture(
    tmp_path: Path,
) -> None:
    path = write_video(
        tmp_path / "video.ts", numbered_frames(COUNT, SIZE), options={"g": "15", "bf": "3"}
    )
    packets = path.read_bytes()
    path.write_bytes(packets[len(packets) // 3 // 188 * 188 :])
    with open_source(path, warn=lambda text: None) as source:
        every = list(source.frames())
        first = number_of(every[0].pixels)
        assert first > 0
        assert [number_of(frame.pixels) for frame in every] == list(range(first, COUNT))
        assert [frame.index for frame in every] == list(range(COUNT - first))
        assert every[0].seconds == 0
        for index in (len(every) - 1, 0, 5):
            assert number_of(source.frame(index).pixels) == first + index


def test_frames_beyond_the_limit_of_pixels_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "large.mp4", numbered_frames(3, SIZE))
    monkeypatch.setattr("samurai.video.sources.container.MAX_PIXELS", SIZE[0] * SIZE[1] - 1)
    with pytest.raises(SourceError):
        open_source(path, warn=pytest.fail)
