"""`samurai track --discover` and `--text`: what a person gets for it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from track.conftest import LENGTH, Track, box

from samurai.video.sources.opening import open_source

LOOK = (
    *("--discovery", "points_per_side=8", "--discovery", "min_area=60"),
    *("--discovery", "min_stability=0.3"),
)

DETECTOR = """
import json, sys
for line in sys.stdin:
    brick = {"label": json.loads(line)["words"][0], "score": 0.8, "box": [4, 4, 14, 14]}
    print(json.dumps({"detections": [brick]}), flush=True)
"""


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_everything_is_found_and_written_and_said(
    track: Track, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = track(clip, "--discover", 6, *LOOK, "-o", "out.mp4", "--jsonl", "out.jsonl")
    said = capsys.readouterr().err
    assert code == 0, said
    with open_source(str(tmp_path / "out.mp4")) as video:
        assert video.info.frame_count == LENGTH
    found = lines(tmp_path / "out.jsonl")
    assert "object 1 (grid at frame 0): seen in" in said
    assert "object 3 (grid at frame" in said
    assert {line["object_id"] for line in found} >= {1, 2, 3}


def test_a_clicked_object_keeps_its_name_and_others_are_found_beside_it(
    track: Track, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = track(clip, box("red"), "--discover", 6, *LOOK, "--jsonl", "out.jsonl")
    said = capsys.readouterr().err
    assert code == 0, said
    assert "  red: seen in" in said
    assert "object 1 (grid at frame" in said


def test_words_are_answered_by_a_program(
    track: Track, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "detector.py").write_text(DETECTOR)
    program = f"command:{sys.executable} {tmp_path / 'detector.py'}"
    code = track(clip, "--text", "brick", "--detector", program, *LOOK, "--jsonl", "out.jsonl")
    said = capsys.readouterr().err
    assert code == 0, said
    assert 'brick (word "brick" 0.80): seen in' in said
    first = lines(tmp_path / "out.jsonl")[0]
    assert (first["frame_index"], first["object_id"], first["label"]) == (0, 1, "brick")


def test_a_run_goes_on_where_it_was_stopped(
    track: Track, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = ("--discover", 6, *LOOK)
    assert track(clip, *whole, "--jsonl", "whole.jsonl", "--job", "kept") == 0
    assert track(clip, *whole, "--jsonl", "again.jsonl", "--job", "kept", "--resume") == 0
    assert (tmp_path / "whole.jsonl").read_bytes() == (tmp_path / "again.jsonl").read_bytes()
    capsys.readouterr()
    assert track(clip, "--discover", 7, *LOOK, "--jsonl", "c.jsonl", "--job", "kept", "--resume")
    assert "create another job" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        ("--discover", "0"),
        ("--discover", "5", "--discovery", "gapp=4"),
        ("--discover", "5", "--discovery", "min_area"),
        ("--discover", "5", "--discovery", "min_new=7"),
        ("--discover", "5", "--direction", "backward"),
        ("--discover", "5", "--detector", "owlv2"),
        ("--discovery", "max_objects=3"),
        ("--detector", "owlv2"),
        ("--text", " , "),
        ("--text", "dog", "--detector", "no-such-detector"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_looked_for_is_said_in_one_line(
    track: Track, clip: Path, capsys: pytest.CaptureFixture[str], wrong: tuple[str, ...]
) -> None:
    assert track(clip, *wrong, "--jsonl", "out.jsonl") == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len([line for line in said if "Traceback" in line]) == 0
    assert said[-1].startswith("samurai")
    assert not [file.name for file in Path().iterdir()]  # nothing is left behind


def test_that_nothing_was_found_is_said(
    track: Track, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert track(clip, "--discover", 6, "--discovery", "largest=0.001", "--jsonl", "a.jsonl") == 0
    assert "no object was found" in capsys.readouterr().err
