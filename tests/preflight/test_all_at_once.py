"""One thing that is wrong hides no other: all findings come in one run, and none is made up."""

from __future__ import annotations

import codecs
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from vot.stack import Stack

from samurai.cli.finding import Finding
from vot_wrapper.preflight import check_workspace
from vot_wrapper.toolkit.needs import needs_of

Make = Callable[..., Path]
MULTISTART = "title: t\nexperiments:\n  b: {type: samurai-multistart, analyses: []}\n"
SUPERVISED = "title: t\nexperiments:\n  s: {type: samurai-supervised, analyses: []}\n"
BAD = b"2,3,4,5\n2;3;4;5\n2,3,4,5\n2,3,4,5\n"


def check(root: Path, chosen: tuple[str, ...] = ()) -> list[Finding]:
    needs = needs_of(Stack.read(str(root / "stack.yaml")))
    return check_workspace(root, root / "sequences", needs, chosen)


def kinds_of(findings: list[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


def kinds(root: Path) -> list[str]:
    return kinds_of(check(root))


@pytest.fixture
def pair(make: Make) -> Path:
    """A workspace with the sequences bad, of which a row can't be read, and good."""
    make("good")
    return make("bad", truth=BAD, listed=b"bad\ngood\n")


LISTS: dict[str, tuple[bytes | None, list[str]]] = {
    "blank last line": (b"bad\ngood\n\n", ["list blank"]),
    "blank lines": (b"\n\nbad\n\ngood\n", ["list blank"] * 3),
    "byte order mark": (codecs.BOM_UTF8 + b"bad\ngood\n", ["list bom"]),
    "byte order mark and blank": (codecs.BOM_UTF8 + b"\nbad\ngood\n", ["list bom", "list blank"]),
    "utf-16": ("bad\r\ngood\r\n".encode("utf-16"), ["list encoding"]),
    "utf-16 without mark": ("bad\ngood\n".encode("utf-16-be"), ["list encoding"]),
    "utf-32": ("bad\ngood\n".encode("utf-32"), ["list encoding"]),
    "latin-1": (b"bad\ngood\nm\xfcnchen\n", ["list encoding", "list folder"]),
    "binary": (b"\x00\x01\xff\xfe\x00", ["list encoding"]),
    "twice": (b"bad\ngood\nbad\n", ["list twice"]),
    "twice by other paths": (b"bad\ngood\n./bad\n", ["list twice"]),
    "slashes": (b"bad/\ngood/\n", ["list slash"] * 2),
    "a folder that isn't there": (b"moon\nbad\ngood\n", ["list folder"]),
    "only folders that aren't there": (b"moon\nmars\n", ["list folder"] * 2),
    "empty": (b"", ["list empty"]),
    "only blank lines": (b"\n \n", ["list blank"] * 2),
    "none": (None, ["no list"]),
}


def test_a_broken_list_does_not_hide_what_is_wrong_with_sequences(pair: Path) -> None:
    file = pair / "sequences" / "list.txt"
    for name, (listed, of_list) in LISTS.items():
        if listed is None:
            file.unlink()
        else:
            file.write_bytes(listed)
        *first, last = check(pair)
        assert [finding.kind for finding in first] == of_list, name
        assert all(finding.where.startswith(str(file)) for finding in first), name
        assert all(finding.sequence == "" for finding in first), name
        assert (last.kind, last.sequence) == ("truth row", "bad"), name
        assert last.where.endswith("bad/groundtruth.txt:2")
    assert kinds_of(check(pair, ("good",))) == ["no list"]


@pytest.mark.parametrize(
    ("name", "found"),
    [("list.txt", ["list unreadable", "truth row"]), ("groundtruth.txt", ["unreadable"] * 2)],
)
def test_files_that_cannot_be_opened(
    pair: Path, monkeypatch: pytest.MonkeyPatch, name: str, found: list[str]
) -> None:
    read = Path.read_bytes

    def refused(self: Path) -> bytes:
        if self.name == name:
            raise PermissionError(13, "Permission denied")
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", refused)
    assert kinds(pair) == found


def test_a_download_that_was_interrupted_is_not_a_persons_sequence(make: Make) -> None:
    root = make(stack=f"dataset: https://example.org/d.json\n{MULTISTART}", properties="uid=1")
    half = root / "sequences" / "half"
    shutil.copytree(root / "sequences" / "seq", half)
    (half / "sequence").unlink()  # which the toolkit writes last
    (root / "sequences" / "list.txt").unlink()
    assert check(root) == []


def test_folders_without_metadata_are_found_where_nothing_is_downloaded(pair: Path) -> None:
    (pair / "sequences" / "list.txt").unlink()
    for name in ("good", "bad"):
        (pair / "sequences" / name / "sequence").unlink()
    first, *others = check(pair)
    assert "2 folders" in first.what
    assert [finding.kind for finding in others] == ["no metadata", "truth row", "no metadata"]


def with_metadata(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "sequence"
        file.write_text(file.read_text().replace(old, new))

    return change


def encoded(encoding: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "sequence"
        file.write_bytes(file.read_text().encode(encoding))

    return change


def as_png(folder: Path) -> None:
    (folder / "sequence").unlink()
    for file in (folder / "color").iterdir():
        file.rename(file.with_suffix(".png"))


METADATA = {
    "byte order mark": (encoded("utf-8-sig"), "bom"),
    "utf-16": (encoded("utf-16"), "encoding"),
    "missing": (lambda folder: (folder / "sequence").unlink(), "no metadata"),
    "missing, png": (as_png, "no metadata"),
    "length=0": (with_metadata("length=4", "length=0"), "length"),
    "length=-3": (with_metadata("length=4", "length=-3"), "length"),
    "suffix": (with_metadata("%08d.jpg", "%08d.gif"), "suffix .gif"),
    "no number": (with_metadata("%08d.jpg", "image.jpg"), "channel"),
}


@pytest.mark.parametrize(("change", "kind"), METADATA.values(), ids=METADATA)
def test_broken_metadata_does_not_hide_truth_and_anchors(
    make: Make, change: Callable[[Path], None], kind: str
) -> None:
    root = make(stack=MULTISTART, truth=BAD, anchors="1\nx\n0\n0\n")
    change(root / "sequences" / "seq")
    found = kinds(root)
    assert {"truth row", "value row"} <= set(found)
    assert found[0] == kind
    assert "truth rows" not in found and "never" not in found and "image damaged" not in found


def test_the_metadata_to_be_written_names_the_images_that_are_there(make: Make) -> None:
    root = make(stack=MULTISTART, anchors="1\n0\n0\n0\n")
    as_png(root / "sequences" / "seq")
    (finding,) = check(root)
    assert "channels.color=color/%08d.png" in finding.remedy


def test_a_broken_row_does_not_hide_the_others(make: Make) -> None:
    root = make(stack=MULTISTART, anchors="1\n0\n-1\n0\n")
    for truth, expected in (
        (b"2;3;4;5\n2,3,4,5\n2,3,4,5\n2,3,4,5\n", ["truth row"]),
        (b"2;3;4;5\n2,3,4,5\n2,3,4,5\n", ["truth row", "truth rows"]),
        (b"2,3,4,5\n2;3;4;5\n0\n2,3,4,5\n", ["truth row", "anchor"]),
        (b"0\n0;\n0\n0\n", ["truth row", "anchor", "anchor"]),
        (b"\x00\x07\xff" * 20, ["encoding"]),
    ):
        (root / "sequences" / "seq" / "groundtruth.txt").write_bytes(truth)
        assert kinds(root) == expected, truth


def test_an_encoding_is_one_finding_and_hides_none(make: Make) -> None:
    root = make(stack=MULTISTART, anchors="1\n0\n-1\n0\n")
    truth = root / "sequences" / "seq" / "groundtruth.txt"
    for encoding in ("utf-16", "utf-16-le", "utf-8-sig", "utf-32"):
        kind = "bom" if encoding == "utf-8-sig" else "encoding"
        truth.write_bytes(("2,3,4,5\n" * 4).encode(encoding))
        assert kinds(root) == [kind]
        truth.write_bytes("2,3,4,5\n2,3,4,5\n0\n2,3,4,5\n2,3,4,5\n".encode(encoding))
        assert kinds(root) == [kind, "truth rows", "anchor"]


def test_an_empty_line_may_stand_for_a_frame_or_for_nothing(make: Make) -> None:
    root = make()
    for truth in (b"2,3,4,5\n" * 4 + b"\n", b"2,3,4,5\n2,3,4,5\n\n2,3,4,5\n"):
        (root / "sequences" / "seq" / "groundtruth.txt").write_bytes(truth)
        (finding,) = check(root)
        assert finding.kind == "truth blank" and "write 0" in finding.remedy


def test_a_value_that_is_no_number_does_not_move_the_anchors(make: Make) -> None:
    truth = b"2,3,4,5\n2,3,4,5\n0\n2,3,4,5\n"
    root = make(stack=MULTISTART, truth=truth, anchors="1\nx\n1\nnan\n")
    row, anchor = check(root)
    assert row.where.endswith("anchor.value:2") and anchor.where.endswith("anchor.value:3")
    assert "groundtruth.txt:3" in anchor.what


@pytest.mark.parametrize("anchors", ["nan\n0\n0\n-0\n", ""])
def test_values_of_zero_are_no_anchors(make: Make, anchors: str) -> None:
    assert kinds(make(stack=MULTISTART, anchors=anchors)) == ["no anchors"]


def test_tags_are_read_too(make: Make) -> None:
    root = make()
    file = root / "sequences" / "seq" / "occlusion.tag"
    file.write_text("0\n1\n1\n0\n")
    assert check(root) == []
    file.write_bytes("0\n1\n1\n0\n".encode("utf-16"))
    assert kinds(root) == ["encoding"]


def test_frames_without_annotation_are_failures_to_supervised_runs(make: Make) -> None:
    root = make(stack=SUPERVISED, truth=b"2,3,4,5\n0\n1\n2,3,4,5\n")
    (finding,) = check(root)
    assert finding.warning and finding.what.startswith("2 frames")
    (root / "stack.yaml").write_text(MULTISTART)
    assert kinds(root) == ["no anchors"]
