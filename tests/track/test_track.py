"""`samurai track` from the command line to files on disk."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import av
import pytest
from oracles.color_tracker import colored_video, place_of
from oracles.videos import write_video
from PIL import Image
from track.conftest import LENGTH, Track, box

from samurai.cli.track import inputs
from samurai.jobs.job import Job
from samurai.regions import Box
from samurai.video.tracked import TrackedFrame


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def overlap(box: list[float], other: Box) -> float:
    x, y, width, height = box
    across = max(0, min(x + width, other.x + other.width) - max(x, other.x))
    down = max(0, min(y + height, other.y + other.height) - max(y, other.y))
    both = across * down
    return both / (width * height + other.width * other.height - both)


def pictures(file: Path) -> int:
    with av.open(str(file)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_video_in_a_video_and_answers_out(track: Track, clip: Path, tmp_path: Path) -> None:
    code = track(clip, box("red"), box("blue", 5), "-o", "out.mp4", "--jsonl", "a.jsonl")
    assert code == 0
    assert pictures(tmp_path / "out.mp4") == LENGTH
    found = rows(tmp_path / "a.jsonl")
    assert [row["frame_index"] for row in found if row["object_id"] == "blue"] == [
        *range(5, LENGTH)
    ]
    red = [row for row in found if row["object_id"] == "red"]
    assert len(red) == LENGTH
    good = [overlap(row["box"], place_of("red", row["frame_index"])) for row in red if row["box"]]
    assert len(good) > LENGTH // 2 and max(good) > 0.8
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "out.mp4"]


def test_without_an_output_a_video_is_written(track: Track, clip: Path, tmp_path: Path) -> None:
    assert track(clip, box("red"), "--frames", 4) == 0
    assert pictures(tmp_path / "clip-tracked.mp4") == 4


def test_samurais_own_command_line(track: Track, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "box.txt").write_text("4,4,14,14\n")
    code = track("--video_path", clip, "--txt_path", "box.txt", "--video_output_path", "o.mp4")
    assert code == 0
    assert pictures(tmp_path / "o.mp4") == LENGTH


@pytest.mark.parametrize("direction", ["backward", "both"])
def test_other_directions_are_written_in_order(
    track: Track, clip: Path, tmp_path: Path, direction: str
) -> None:
    code = track(
        clip, box("red", 10), "--direction", direction, "--jsonl", "a.jsonl", "-o", "v.mp4"
    )
    assert code == 0
    frames = [row["frame_index"] for row in rows(tmp_path / "a.jsonl")]
    assert frames == [*range(LENGTH if direction == "both" else 11)]
    assert pictures(tmp_path / "v.mp4") == LENGTH


def test_a_folder_of_images_and_a_range(track: Track, tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    for number, frame in enumerate(colored_video(12)):
        Image.fromarray(frame).save(tmp_path / "frames" / f"{number + 1}.png")
    code = track(
        "frames", box("red", 2), "--start", 2, "--end", 11, "--stride", 3, "--davis", "masks",
        "--csv", "a.csv",
    )  # fmt: skip
    assert code == 0
    assert sorted(path.name for path in (tmp_path / "masks").glob("*.png")) == [
        "3.png", "6.png", "9.png",
    ]  # fmt: skip


def stopped_after(monkeypatch: pytest.MonkeyPatch, frame: int, number: int) -> None:
    """Send this process a signal once a frame is answered."""
    run = Job.run

    def patched(self: Job, on_frame: Any = None, **options: Any) -> bool:
        def answered(source: Any, tracked: TrackedFrame) -> None:
            on_frame(source, tracked)
            if tracked.index == frame:
                signal.raise_signal(number)

        return run(self, answered, **options)

    monkeypatch.setattr(Job, "run", patched)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_is_whole_and_goes_on(
    track: Track, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    arguments = (clip, box("red"), "-o", "v.mp4", "--jsonl", "a.jsonl")
    assert track(*arguments) == 0
    whole = (tmp_path / "a.jsonl").read_bytes()
    with monkeypatch.context() as patched:
        stopped_after(patched, 9, number)
        assert track(*arguments, "--overwrite") == 128 + number
    assert (tmp_path / "a.jsonl").read_bytes() == b"".join(whole.splitlines(True)[:10])
    assert pictures(tmp_path / "v.mp4") == 10
    assert track(*arguments) == 2  # a run isn't complete
    assert track(*arguments, "--resume") == 0
    assert (tmp_path / "a.jsonl").read_bytes() == whole
    assert pictures(tmp_path / "v.mp4") == LENGTH
    assert not (tmp_path / "v.mp4.job").exists()


def test_a_kept_job_is_corrected(track: Track, clip: Path, tmp_path: Path) -> None:
    first = (clip, box("red"), box("blue"), "--job", "kept", "--jsonl", "a.jsonl")
    assert track(*first) == 0
    before = rows(tmp_path / "a.jsonl")
    again = (clip, box("red"), box("green", 8).replace("green", "red"), "--job", "kept")
    assert track(*again, "--jsonl", "b.jsonl") == 2  # --resume is missing
    assert track(*again, "--jsonl", "b.jsonl", "--resume") == 0
    after = rows(tmp_path / "b.jsonl")
    for one, other in zip(before, after, strict=True):
        same = one["object_id"] == "blue" or one["frame_index"] < 8
        assert (one == other) == same, (one, other)


def test_several_videos_and_one_that_fails(
    track: Track, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no.mp4").write_bytes(b"not a video")
    other = tmp_path / "other.mp4"
    write_video(other, colored_video(6))
    assert track(clip, "no.mp4", other, box("red"), "-o", "out/", "--mot", "{name}.txt") == 1
    assert pictures(tmp_path / "out" / "clip.mp4") == LENGTH
    assert pictures(tmp_path / "out" / "other.mp4") == 6
    assert (tmp_path / "other.txt").exists() and not (tmp_path / "no.txt").exists()
    error = capsys.readouterr().err
    assert "no.mp4" in error and "2 of 3 videos done, 1 failed" in error


def test_objects_of_the_first_video_are_looked_for_in_others(
    track: Track, clip: Path, tmp_path: Path
) -> None:
    write_video(tmp_path / "b.mp4", colored_video(LENGTH)[5:], options={"crf": "4"})
    assert track(clip, "b.mp4", box("red"), "--like-first", "--jsonl", "out/") == 0
    found = rows(tmp_path / "out" / "b.jsonl")
    assert [row["frame_index"] for row in found] == [*range(LENGTH - 5)]
    assert overlap(found[3]["box"], place_of("red", 8)) > 0.5
    assert {row["label"] for row in found} == {"red"}


@pytest.mark.parametrize("given", ["a window", "backward"])
def test_what_cannot_look_for_objects_is_refused_before_the_first_video(
    track: Track, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    from oracles.color_tracker import color_tracker

    from samurai.cli.track import command

    tracker = color_tracker()
    if given == "a window":
        tracker.window = 3.0
    monkeypatch.setattr(command, "_loader", lambda config: lambda: tracker)
    direction = ("--direction", given) if given == "backward" else ()
    assert track(clip, clip, box("red"), "--like-first", "--csv", "out/", *direction) == 2
    assert list(tmp_path.iterdir()) == []


def test_json_lines_for_another_program(
    track: Track, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert track(clip, box("red"), "--jsonl", "-", "--quiet") == 0
    out = capsys.readouterr()
    assert [json.loads(line)["frame_index"] for line in out.out.splitlines()] == [*range(LENGTH)]
    assert out.err == ""


def test_a_test_source_is_live(track: Track, tmp_path: Path) -> None:
    source = "lavfi:testsrc2=size=64x48:rate=50"
    assert (
        track(source, "--box=1@0:4,4,14,14", "--frames", 5, "--jsonl", "a.jsonl", "-o", "v.mp4")
        == 0
    )
    assert [row["frame_index"] for row in rows(tmp_path / "a.jsonl")] == [*range(5)]
    assert pictures(tmp_path / "v.mp4") == 5
    assert track(source, "--box=1@0:4,4,14,14", "--start", 5, "--jsonl", "b.jsonl") == 2


BAD: dict[str, tuple[str, ...]] = {
    "no source": ("--box=1@0:4,4,14,14",),
    "no prompt": ("CLIP",),
    "missing file": ("nowhere.mp4", "--box=1@0:4,4,14,14"),
    "empty file": ("empty.mp4", "--box=1@0:4,4,14,14"),
    "not a video": ("text.txt.mp4", "--box=1@0:4,4,14,14"),
    "empty folder": ("folder", "--box=1@0:4,4,14,14"),
    "frame beyond the end": ("CLIP", "--box=1@99:4,4,14,14"),
    "negative frame": ("CLIP", "--box=1@-1:4,4,14,14"),
    "box outside": ("CLIP", "--box=1@0:400,4,14,14"),
    "box without area": ("CLIP", "--box=1@0:4,4,0,14"),
    "box of three": ("CLIP", "--box=1@0:4,4,14"),
    "not finite": ("CLIP", "--box=1@0:nan,4,14,14"),
    "negative object": ("CLIP", "--box=-1@0:4,4,14,14"),
    "clicks beside only": ("CLIP", "--points=1@0:-4,4"),
    "mask missing": ("CLIP", "--mask=1@0:nothing.png"),
    "mask of another size": ("CLIP", "--mask=1@0:small.png"),
    "unknown direction": ("CLIP", "--box=1@0:4,4,14,14", "--direction=sideways"),
    "no frames": ("CLIP", "--box=1@0:4,4,14,14", "--start=5", "--end=5"),
    "start beyond": ("CLIP", "--box=1@30:4,4,14,14", "--start=30"),
    "unknown suffix": ("CLIP", "--box=1@0:4,4,14,14", "-o", "out.xyz"),
    "output exists": ("CLIP", "--box=1@0:4,4,14,14", "-o", "there.mp4"),
    "folder for a file": ("CLIP", "--box=1@0:4,4,14,14", "--mot", "folder"),
    "file for a folder": ("CLIP", "--box=1@0:4,4,14,14", "--mot", "empty.mp4/a.txt"),
    "one file twice": ("CLIP", "--box=1@0:4,4,14,14", "--mot", "a.txt", "--csv", "a.txt"),
    "unknown part": ("CLIP", "--box=1@0:4,4,14,14", "--draw", "masks,halos"),
    "unknown policy": ("CLIP", "--box=1@0:4,4,14,14", "--policy", "samura"),
    "nothing written": ("0", "--box=1@0:4,4,14,14"),
    "pattern without match": ("*.avi", "--box=1@0:4,4,14,14"),
    "prompts missing": ("CLIP", "--prompts", "nothing.json"),
    "no such camera": ("99", "--box=1@0:4,4,14,14", "--csv", "a.csv"),
    "like itself": ("CLIP", "--box=1@0:4,4,14,14", "--like-first"),
    "standard output of a video": ("CLIP", "--box=1@0:4,4,14,14", "--mot", "-"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_before_tracking(
    track: Track,
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    case: str,
) -> None:
    """One line that says why, exit code 2, and no file more than before."""
    monkeypatch.setattr(Job, "run", lambda *_, **__: pytest.fail("it was tracked"))
    (tmp_path / "folder").mkdir()
    for name in ("empty.mp4", "there.mp4"):
        (tmp_path / name).touch()
    (tmp_path / "text.txt.mp4").write_text("a text\n" * 99)
    Image.new("L", (8, 8), 255).save(tmp_path / "small.png")
    before = sorted(tmp_path.rglob("*"))
    arguments = [str(clip) if each == "CLIP" else each for each in BAD[case]]
    assert track(*arguments) == 2
    error = capsys.readouterr().err.strip()
    last = error.splitlines()[-1]
    assert last.startswith(("samurai: ", "samurai track: ")) and "Traceback" not in error
    assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_ends_with_one_line(
    track: Track, clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import errno

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("samurai.jobs.store.os.write", full, raising=False)
    monkeypatch.setattr("samurai.video.exports.parts.os.replace", full, raising=False)
    code = track(clip, box("red"), "--jsonl", "a.jsonl")
    assert code == 1
    assert "make room" in capsys.readouterr().err


def test_a_lost_stream_keeps_what_was_tracked(
    track: Track,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from oracles.array_source import ArraySource

    from samurai.errors import SourceError

    class Lost(ArraySource):
        def frames(self, *range: Any) -> Any:
            for frame in super().frames(*range):
                if frame.index == 7:
                    raise SourceError("the source is lost")
                yield frame

    source = Lost(colored_video(LENGTH), live=True)
    monkeypatch.setattr(inputs, "open_source", lambda *_, **__: source)
    assert track("rtsp://camera", box("red"), "--jsonl", "a.jsonl", "-o", "v.mp4") == 1
    assert len(rows(tmp_path / "a.jsonl")) == 7 and pictures(tmp_path / "v.mp4") == 7
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "v.mp4"]
    said = capsys.readouterr().err
    assert "a.jsonl" in said and "v.mp4" in said and "--resume" not in said


def test_a_stream_lost_before_its_first_frame_says_so(
    track: Track, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oracles.array_source import ArraySource

    from samurai.errors import SourceError

    def lost(_: int) -> None:
        raise SourceError("the source is lost")

    source = ArraySource(colored_video(LENGTH), live=True, before=lost)
    monkeypatch.setattr(inputs, "open_source", lambda *_, **__: source)
    assert track("rtsp://camera", box("red"), "--jsonl", "a.jsonl", "-o", "v.mp4") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_stream_has_nothing_to_go_on_with(
    track: Track,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stopped_after(monkeypatch, 3, signal.SIGINT)
    source = "lavfi:testsrc2=size=64x48:rate=50"
    assert track(source, "--box=1@0:4,4,14,14", "--jsonl", "a.jsonl") == 130
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
    assert "--resume" not in capsys.readouterr().err


def test_stopped_before_the_first_frame_nothing_is_left(
    track: Track, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = Job.create

    def interrupted(*arguments: Any, **options: Any) -> Job:
        signal.raise_signal(signal.SIGTERM)
        return create(*arguments, **options)

    monkeypatch.setattr(Job, "create", interrupted)
    assert track(clip, box("red"), "-o", "v.mp4", "--davis", "d", "--coco", "c.json") == 143
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_has_enough_leaves_nothing(
    track: Track, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_: object) -> int:
        raise BrokenPipeError

    monkeypatch.setattr("sys.stdout.write", closed)
    monkeypatch.setattr("samurai.cli.ending.os.dup2", lambda *_: None)
    assert track(clip, box("red"), "--jsonl", "-") == 141
    assert list(tmp_path.iterdir()) == []


def test_frames_of_another_size_are_tracked_and_written(track: Track, tmp_path: Path) -> None:
    frames = colored_video(12)
    for name, part in (("a.ts", frames[:6]), ("b.ts", [each[::2, ::2] for each in frames[6:]])):
        write_video(tmp_path / name, part)
    both = (tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes()
    (tmp_path / "both.ts").write_bytes(both)
    assert track("both.ts", box("red"), "-o", "v.mp4", "--jsonl", "a.jsonl") == 0
    assert [row["frame_index"] for row in rows(tmp_path / "a.jsonl")] == [*range(12)]
    assert pictures(tmp_path / "v.mp4") == 12


def test_sound_that_an_output_cannot_hold_is_said(
    track: Track, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(tmp_path / "loud.mp4", colored_video(4), audio=True)
    for number, output in enumerate(("a.gif", "frames/", "a.mp4")):
        assert track("loud.mp4", box("red"), "-o", output, "--audio", "--quiet") == 0
        assert len(capsys.readouterr().err.splitlines()) == (number < 2)


def test_videos_of_one_name_have_outputs_of_their_own(
    track: Track, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from samurai.cli.track.command import Videos

    sources = ("a.mp4", "b/a.mp4", "a-2.mp4", "c/a-2.mp4")
    for name in sources:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(clip.read_bytes())
    places = list[Path]()
    monkeypatch.setattr(Videos, "track", lambda _, plan: places.append(plan.targets[0].path))
    assert track(*sources, box("red"), "--csv", "out") == 0
    assert len(set(places)) == 4


def test_a_far_end_of_a_video_of_unknown_length_costs_nothing(
    track: Track, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oracles.array_source import ArraySource

    source = ArraySource(colored_video(4), seekable=False, count=None)
    monkeypatch.setattr(inputs, "open_source", lambda *_, **__: source)
    assert track("-", box("red"), "--end", 10**15, "--csv", "a.csv") == 0


def test_a_tracker_that_cannot_be_loaded_is_said_once(
    track: Track, clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from samurai.cli.track import command
    from samurai.errors import CheckpointError

    def missing() -> None:
        raise CheckpointError("there are no weights")

    monkeypatch.setattr(command, "_loader", lambda config: missing)
    assert track(clip, clip, box("red"), "--csv", "out") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
