"""The check of a workspace's data, beside what the toolkit does with the same files."""

from __future__ import annotations

import codecs
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from vot.dataset import load_dataset
from vot.region.io import parse_region
from vot.stack import Stack

from samurai.cli.finding import Finding
from vot_wrapper.preflight import check as check_module
from vot_wrapper.preflight import check_workspace, merged
from vot_wrapper.preflight.sequence import read_facts
from vot_wrapper.preflight.truth import BROKEN, EMPTY, SPECIAL, parse
from vot_wrapper.toolkit.needs import needs_of

Make = Callable[..., Path]
CLONE = Path(__file__).parents[2]
STACK = """
title: t
experiments:
  u:
    type: unsupervised
    multiobject: true
    repetitions: 1
    analyses: [{type: average_accuracy, name: accuracy, burnin: 1}]
"""
MULTISTART = "title: t\nexperiments:\n  b: {type: samurai-multistart, analyses: []}\n"
REALTIME = STACK + "  r: {type: samurai-unsupervised, realtime: {grace: 3}, analyses: []}\n"


def check(root: Path, chosen: tuple[str, ...] = ()) -> list[Finding]:
    needs = needs_of(Stack.read(str(root / "stack.yaml")))
    return check_workspace(root, root / "sequences", needs, chosen)


def grave(root: Path) -> list[str]:
    return [finding.kind for finding in check(root) if not finding.warning]


def toolkit_reads(root: Path) -> bool:
    """Whether the toolkit loads all sequences, with a region in every row."""
    try:
        dataset = load_dataset(str(root / "sequences"))
        for sequence in dataset:
            for name in sequence.objects():
                if any(region is None for region in sequence.object(name)):
                    return False
    except Exception:
        return False
    return True


UNREADABLE = {
    "blank last line": b"2,3,4,5\n" * 4 + b"\n",
    "blank line inside": b"2,3,4,5\n\n2,3,4,5\n2,3,4,5\n",
    "byte order mark": codecs.BOM_UTF8 + ("2,3,4,5\n" * 4).encode(),
    "utf-16": ("2,3,4,5\n" * 4).encode("utf-16"),
    "utf-16 without mark": ("2,3,4,5\n" * 4).encode("utf-16-le"),
    "tabs": ("2,3,4,5\n" * 4).replace(",", "\t").encode(),
    "semicolons": ("2,3,4,5\n" * 4).replace(",", ";").encode(),
    "spaces": ("2,3,4,5\n" * 4).replace(",", " ").encode(),
    "letters": b"x,y,w,h\n" + b"2,3,4,5\n" * 3,
    "three columns": b"2,3,4\n" * 4,
    "five columns": b"2,3,4,5,6\n" * 4,
    "trailing comma": b"2,3,4,5,\n" * 4,
    "decimal comma": b"2,5,3,5,4,5,5\n" * 4,
    "nan as a code": b"2,3,4,5\nnan\n2,3,4,5\n2,3,4,5\n",
    "short mask": b"m1,2,3\n" * 4,
    "latin-1": b"2,3,4,5\n2,3,4,5 \xe9\n2,3,4,5\n2,3,4,5\n",
}


def test_truth_that_the_toolkit_cannot_read_stops(make: Make) -> None:
    root = make()
    file = root / "sequences" / "seq" / "groundtruth.txt"
    for name, truth in UNREADABLE.items():
        file.write_bytes(truth)
        assert not toolkit_reads(root), name
        findings = [finding for finding in check(root) if not finding.warning]
        assert findings and all(finding.where.startswith(str(file)) for finding in findings), name


READABLE = {
    "crlf": b"2,3,4,5\r\n" * 4,
    "blanks around": b" 2, 3 ,4,5 \n" * 4,
    "codes": b"2,3,4,5\n0\n1\n2,3,4,5\n",
    "nan row": b"2,3,4,5\nnan,nan,nan,nan\n2,3,4,5\n2,3,4,5\n",
    "outside": b"-5,-3,40,50\n" * 4,
    "polygons": b"1,1,5,1,5,5,1,5\n" * 4,
    "points": b"3,4\n" * 4,
    "masks": b"m2,3,2,2,1,3\nm0,0,0,0\nm2,3,2,2,1,3\n0\n",
    "hidden": b"2,3,4,5\n",
    "hidden, late": b"0\n0\n2,3,4,5\n",
}


def test_truth_that_the_toolkit_reads_is_fine(make: Make) -> None:
    root = make()
    for name, truth in READABLE.items():
        (root / "sequences" / "seq" / "groundtruth.txt").write_bytes(truth)
        assert toolkit_reads(root), name
        assert grave(root) == (["late"] if name == "hidden, late" else []), name


def test_truth_has_a_row_per_image(make: Make) -> None:
    root = make()
    for rows in (0, 3, 5):
        (root / "sequences" / "seq" / "groundtruth.txt").write_bytes(b"2,3,4,5\n" * rows)
        assert "truth rows" in grave(root)
    (root / "sequences" / "seq" / "groundtruth.txt").unlink()
    assert grave(root) == ["no truth"]


def test_downloaded_truth_may_end_early(make: Make) -> None:
    assert check(make(truth=b"2,3,4,5\n" * 3, properties="uid=7")) == []


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="m0123456789,.-+ e\tnaif_", max_size=24))
def test_a_row_that_is_fine_here_is_a_region_there(text: str) -> None:
    line = text.strip()
    try:
        state = parse(line).state
    except (ValueError, OverflowError):
        return
    region = parse_region(line)
    assert region is not None and state != BROKEN
    assert (state == SPECIAL) == (type(region).__name__ == "Special")
    if state == EMPTY:
        assert region.is_empty()


def test_a_list_that_the_toolkit_reads_is_fine(make: Make) -> None:
    root = make()
    for listed in (b"seq", b"seq\r\n", b" seq \n"):
        (root / "sequences" / "list.txt").write_bytes(listed)
        assert toolkit_reads(root) and check(root) == []


def test_a_folder_beside_the_list_is_a_warning(make: Make) -> None:
    root = make()
    shutil.copytree(root / "sequences" / "seq", root / "sequences" / "more")
    (finding,) = check(root)
    assert finding.warning and "more" in finding.what


def test_a_missing_list_names_the_command_that_makes_it(make: Make) -> None:
    root = make()
    file = root / "sequences" / "list.txt"
    file.unlink()
    (finding,) = check(root)
    assert "1 folder" in finding.what
    assert os.system(finding.remedy.removeprefix("run ")) == 0
    assert file.read_text() == "seq\n"


def test_sequences_that_the_stack_downloads_are_not_missed(make: Make) -> None:
    root = make(stack="dataset: https://example.org/d.json\n" + STACK, properties="uid=1")
    (root / "sequences" / "list.txt").unlink()
    assert check(root) == []
    shutil.rmtree(root / "sequences")
    assert check(root) == []


@pytest.mark.parametrize("name", ["a[1]", "100%25"])
def test_pattern_characters_stop(make: Make, name: str) -> None:
    assert grave(make(name)) == ["pattern"]


def test_other_characters_are_fine(make: Make) -> None:
    root = make('two words; it\'s a "]" gr\u00fcn')
    assert toolkit_reads(root) and check(root) == []


@pytest.mark.parametrize("rate", ["29.97", "0", "fast", ""])
def test_the_rate_is_a_whole_number_where_the_clock_is_measured(make: Make, rate: str) -> None:
    root = make(properties=f"fps={rate}", stack=REALTIME)
    assert grave(root) == ["fps"]
    (root / "stack.yaml").write_text(STACK)
    (finding,) = check(root)
    assert finding.kind == "fps" and finding.warning


@pytest.mark.parametrize("suffix", ["JPG", "bmp"])
def test_a_suffix_that_the_toolkit_refuses_stops(make: Make, suffix: str) -> None:
    root = make(suffix=suffix)
    assert not toolkit_reads(root)
    assert grave(root) == [f"suffix .{suffix}"]


def test_missing_images_stop(make: Make) -> None:
    root = make(properties="length=9", truth=b"2,3,4,5\n" * 9)
    (finding,) = check(root)
    assert finding.what.startswith("4 of 9 images")


@pytest.mark.parametrize("orientation", [4, 5])
def test_sizes_are_those_of_the_toolkit(make: Make, orientation: int) -> None:
    root = make()
    picture = Image.new("RGB", (16, 12))
    tags = picture.getexif()
    tags[274] = orientation
    for file in (root / "sequences" / "seq" / "color").iterdir():
        picture.save(file, exif=tags)
        image = cv2.imread(str(file))
        assert image is not None
        height, width = image.shape[:2]
    turned = (width, height) != (16, 12)
    assert turned == (orientation > 4)
    assert grave(root) == (["size"] if turned else [])


@pytest.mark.parametrize("length", [0, 300])
def test_a_damaged_image_stops(make: Make, length: int) -> None:
    root = make()
    for file in sorted((root / "sequences" / "seq" / "color").iterdir()):
        whole = file.read_bytes()
        file.write_bytes(whole[:length])
        assert "image damaged" in grave(root), file
        file.write_bytes(whole)


def test_an_image_of_another_size_stops(make: Make) -> None:
    root = make()
    file = root / "sequences" / "seq" / "color" / "00000002.jpg"
    cv2.imwrite(str(file), np.zeros((5, 7, 3), np.uint8))
    (finding,) = check(root)
    assert finding.where == str(file) and "7 x 5" in finding.what


@pytest.mark.parametrize(
    ("anchors", "kinds"),
    [
        (None, ["no anchors"]),
        ("0\n0\n0\n0\n", ["no anchors"]),
        ("1\n0\n0\n-1\n", []),
        ("1\n", []),
        ("1\n0\n1\n-1\n", ["anchor"]),
        ("1\n\n0\n0\n", ["value row"]),
        ("1\n0\n0\n-1\n1\n", ["value rows", "anchor"]),
    ],
)
def test_anchors_concern_multi_start_only(
    make: Make, anchors: str | None, kinds: list[str]
) -> None:
    truth = b"2,3,4,5\n2,3,4,5\n0\n2,3,4,5\n"
    root = make(stack=MULTISTART, truth=truth, anchors=anchors)
    assert [finding.kind for finding in check(root)] == kinds
    (root / "stack.yaml").write_text(STACK)
    unreadable = [kind for kind in kinds if kind.startswith("value")]
    assert [finding.kind for finding in check(root)] == unreadable
    assert toolkit_reads(root) == (not unreadable)


def test_the_command_for_anchors_makes_them(make: Make) -> None:
    root = make(stack=MULTISTART)
    (finding,) = check(root)
    command = finding.remedy.partition("write them: ")[2]
    folder = root / "sequences" / "seq"
    assert os.system(f"cd {folder} && {command}") == 0
    assert check(root) == []
    assert (folder / "anchor.value").read_text().split() == ["1", "0", "0", "-1"]


def test_objects_that_all_begin_late_stop_and_some_do_not(make: Make) -> None:
    root = make()
    folder = root / "sequences" / "seq"
    (folder / "groundtruth.txt").unlink()
    for name in "ab":
        (folder / f"groundtruth_{name}.txt").write_text("0\n0\n2,3,4,5\n2,3,4,5\n")
    assert grave(root) == ["late"]
    (folder / "groundtruth_a.txt").write_text("2,3,4,5\n" * 4)
    assert grave(root) == []
    (folder / "groundtruth_b.txt").write_text("0\n" * 4)
    assert grave(root) == ["never"]


def test_a_sequence_within_the_burn_in_is_a_warning(make: Make) -> None:
    (finding,) = check(make(stack=STACK.replace("burnin: 1", "burnin: 10")))
    assert finding.warning and "first 10" in finding.what


def test_masks_beyond_the_image_are_a_warning(make: Make) -> None:
    (finding,) = check(make(truth=b"m14,3,4,1,0,4\n" * 4))
    assert finding.warning and finding.kind == "mask size"


def binary(*rows: bytes) -> bytes:
    return struct.pack("<hI", 1, len(rows)) + b"".join(rows)


BOX = struct.pack("<B4f", 1, 2, 3, 4, 5)
MASK = struct.pack("<BhhHHH2H", 3, 2, 3, 2, 2, 2, 1, 3)
ABSENT = struct.pack("<BI", 0, 1)


def test_binary_truth(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(truth=binary(BOX, MASK, ABSENT, BOX))
    assert toolkit_reads(root) and check(root) == []
    facts = read_facts(root / "sequences" / "seq", "seq")
    assert facts is not None and facts.truths == {"object": "vvsv"}
    monkeypatch.setattr(os, "access", lambda *_: False)
    facts = read_facts(root / "sequences" / "seq", "seq")
    assert facts is not None and [f.kind for f in facts.findings] == ["truth read-only"]


def test_binary_truth_that_is_cut_short_stops(make: Make) -> None:
    root = make()
    for cut in (3, 7, 20, 40):
        truth = binary(BOX, MASK, ABSENT, BOX)[:cut]
        (root / "sequences" / "seq" / "groundtruth.txt").write_bytes(truth)
        assert not toolkit_reads(root)
        assert "truth binary" in grave(root)


def test_many_alike_are_one_finding() -> None:
    (one,) = merged([Finding("FAIL", f"s{n}", "wrong", "mend", kind="k") for n in range(144)])
    assert one.where == "s0" and "140 others" in one.what


def test_what_was_seen_is_kept_until_a_file_changes(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make()
    gathered: list[str] = []

    def counted(folder: Path, name: str) -> object:
        gathered.append(name)
        return read_facts(folder, name)

    monkeypatch.setattr(check_module, "read_facts", counted)
    assert check(root) == check(root) == []
    assert gathered == ["seq"]
    truth = root / "sequences" / "seq" / "groundtruth.txt"
    truth.write_text("2;3;4;5\n" * 4)
    first = check(root)
    assert first == check(root) and len(first) == 4
    assert gathered == ["seq", "seq"]


def test_the_bundled_workspaces_are_fine(tmp_path: Path) -> None:
    for name in (".", "multiobject", "hard"):
        source = CLONE / "vot_workspace" / name
        stack = Stack.read(str(source / "stack.yaml"))
        assert check_workspace(tmp_path, source / "sequences", needs_of(stack)) == []
