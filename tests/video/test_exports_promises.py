"""What every format promises, told by the registry: a new one is tested by being in it."""

from __future__ import annotations

import json
import resource
import shutil
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from oracles.tracked_video import SCENES, Scene, answer, blob

from samurai.errors import ExportError, StorageError
from samurai.video.exports import registry
from samurai.video.exports.base import Export, ExportOptions
from samurai.video.exports.jsonl import JsonLines
from samurai.video.exports.registry import export_formats
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame

FORMATS = export_formats()
formats = pytest.mark.parametrize("format_", FORMATS.values(), ids=list(FORMATS))


def place(format_: type[Export], folder: Path) -> Path:
    return folder / f"out{format_.suffixes[0] if format_.place == 'file' else ''}"


def contents(target: Path) -> dict[str, bytes]:
    """Every file of an export."""
    if target.is_file():
        return {"": target.read_bytes()}
    return {str(file.relative_to(target)): file.read_bytes() for file in target.rglob("*.*")}


def check_whole(target: Path) -> None:
    """Every file can be read to its end."""
    for name, data in contents(target).items():
        suffix = Path(name or target.name).suffix
        if suffix == ".json":
            check_references(json.loads(data))
        elif suffix == ".xml":
            ElementTree.fromstring(data)
        elif suffix == ".png":
            assert data.endswith(b"IEND\xaeB`\x82")
        else:
            assert not data or data.endswith(b"\n")
            data.decode()


def check_references(document: dict[str, Any]) -> None:
    """Of COCO's kinds: annotations are of images that are there."""
    images = {each["id"] for each in document.get("images", [])}
    for each in document.get("annotations", []):
        assert "image_id" not in each or each["image_id"] in images


def held(format_: type[Export]) -> list[str]:
    """The scenes that a format holds."""
    return [
        name
        for name, each in SCENES.items()
        if format_.name != "vot-file" or all(len(frame.answers) < 2 for frame in each.frames)
    ]


@formats
def test_every_scene_is_written_whole_and_alike(format_: type[Export], tmp_path: Path) -> None:
    for number, name in enumerate(held(format_)):
        folder = tmp_path / str(number)
        target = SCENES[name].write(format_, place(format_, folder))
        check_whole(target)
        names = {each.name for each in folder.iterdir()}
        assert names <= {target.name, f"{target.name}.objects.json"}
    again = SCENES[name].write(format_, place(format_, tmp_path / "again"))
    assert contents(again) == contents(target)


@formats
def test_it_has_its_name_when_it_is_complete(format_: type[Export], tmp_path: Path) -> None:
    target = place(format_, tmp_path)
    export = SCENES["one object"].begin(format_, target)
    for frame in SCENES["one object"].frames:
        export.add(frame)
        assert not target.exists()
        assert target.with_name(f"{target.name}.part").exists()
    export.finish()
    assert [each.name for each in tmp_path.iterdir()] == [target.name]


@formats
def test_discarding_leaves_what_was_there(format_: type[Export], tmp_path: Path) -> None:
    target = SCENES["one object"].write(format_, place(format_, tmp_path))
    before = contents(target)
    export = SCENES["gaps"].begin(format_, target)
    export.add(TrackedFrame(0, ()))
    export.discard()
    assert contents(target) == before
    assert [each.name for each in tmp_path.iterdir()] == [target.name]


@formats
def test_a_second_run_replaces_the_first(format_: type[Export], tmp_path: Path) -> None:
    target = place(format_, tmp_path)
    (tmp_path / "alone").mkdir()
    alone = SCENES["one object"].write(format_, place(format_, tmp_path / "alone"))
    SCENES["absent for good"].write(format_, target)
    left = SCENES["gaps"].begin(format_, target)  # interrupted: its part stays
    left.add(TrackedFrame(0, ()))
    SCENES["one object"].write(format_, target)
    assert contents(target) == contents(alone)
    assert {each.name for each in tmp_path.iterdir()} == {"alone", target.name}


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file gets longer than that: the kernel cuts writes as a full disk does."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@formats
@pytest.mark.parametrize("size", [3, 150, 333])
def test_a_full_disk_leaves_no_halves(format_: type[Export], size: int, tmp_path: Path) -> None:
    target = place(format_, tmp_path)
    frames = SCENES["one object"].frames if format_.name == "vot-file" else SCENES["names"].frames
    export = SCENES["names"].begin(format_, target) if size > 150 else None
    with room_for(size):
        try:
            export = export or SCENES["names"].begin(format_, target)
            for frame in frames:
                export.add(frame)
        except StorageError as error:
            assert "\n" not in str(error)
    if export is not None:
        export.finish()
        check_whole(target)


@formats
def test_a_write_that_was_interrupted_leaves_no_half(format_: type[Export], tmp_path: Path) -> None:
    """As by Ctrl-C between a write and the note of it."""
    target = place(format_, tmp_path)
    name = "one object" if format_.name == "vot-file" else "gaps"
    export = SCENES[name].begin(format_, target)
    part = target.with_name(f"{target.name}.part")
    for frame in SCENES[name].frames:
        export.add(frame)
    for file in [part] if part.is_file() else [each for each in part.rglob("ground*.txt")]:
        with file.open("ab") as stream:
            stream.write(b'{"half": ' * 1000)
    export.finish()
    alone = SCENES[name].write(format_, place(format_, tmp_path / "alone"))
    assert contents(target) == contents(alone)


@formats
def test_a_full_disk_at_the_end_leaves_what_was_there(
    format_: type[Export], tmp_path: Path
) -> None:
    target = SCENES["one object"].write(format_, place(format_, tmp_path))
    before = contents(target)
    export = SCENES["one object"].begin(format_, target)
    for frame in SCENES["one object"].frames:
        export.add(frame)
    with room_for(1):
        try:
            export.finish()
        except StorageError:
            export.discard()
            assert contents(target) == before
    assert [each.name for each in tmp_path.iterdir()] == [target.name]


@formats
def test_a_place_that_cant_be_written_is_refused_at_once(
    format_: type[Export], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "photo.jpg").write_text("mine\n")
    other = tmp_path / ("folder" if format_.place == "file" else "file")
    for target in (tmp_path / "file" / "out", other, tmp_path / "folder"):
        with pytest.raises(StorageError) as caught:
            SCENES["one object"].begin(format_, target)
        assert "\n" not in str(caught.value)
    assert (tmp_path / "file").read_text() == (tmp_path / "folder/photo.jpg").read_text()
    assert len(list(tmp_path.rglob("*"))) == 3


@formats
def test_a_part_that_is_deleted_meanwhile_is_noticed(format_: type[Export], tmp_path: Path) -> None:
    target = place(format_, tmp_path)
    export = SCENES["one object"].begin(format_, target)
    part = target.with_name(f"{target.name}.part")
    part.unlink() if part.is_file() else shutil.rmtree(part)
    with pytest.raises(StorageError):
        for frame in SCENES["one object"].frames:
            export.add(frame)
        export.finish()
    assert not target.exists()


@formats
def test_folders_above_are_made(format_: type[Export], tmp_path: Path) -> None:
    target = place(format_, tmp_path / "new" / "newer")
    assert SCENES["one object"].write(format_, target).exists()


@formats
def test_memory_doesnt_grow_with_the_video(format_: type[Export], tmp_path: Path) -> None:
    """Beyond a few bytes for a frame's name."""
    export = SCENES["no objects"].begin(format_, place(format_, tmp_path))
    answers = (answer(1, blob(0, 0)),)
    tracemalloc.start()
    try:
        for index in range(30):
            export.add(TrackedFrame(index, answers))
        before = tracemalloc.get_traced_memory()[0]
        for index in range(30, 80):
            export.add(TrackedFrame(index, answers))
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    export.discard()
    assert grown < 50 * 100


def test_json_lines_are_there_as_soon_as_a_frame_is_answered(tmp_path: Path) -> None:
    export = SCENES["gaps"].begin(JsonLines, tmp_path / "a.jsonl")
    for count, frame in enumerate(SCENES["gaps"].frames, start=1):
        export.add(frame)
        lines = (tmp_path / "a.jsonl.part").read_text().splitlines()
        assert len(lines) == 2 * count
        assert json.loads(lines[-1])["frame_index"] == frame.index


def test_frames_of_one_name_lose_nothing(tmp_path: Path) -> None:
    mask = blob(0, 0)
    frames = [
        TrackedFrame(index, (answer(1, mask),), None, name)
        for index, name in enumerate(["a.jpg", "a.png", "classes.jpg", "../../up.jpg", "..", ""])
    ]
    for format_ in FORMATS.values():
        if format_.place == "folder" and format_.name != "vot":
            target = Scene(frames).write(format_, tmp_path / format_.name)
            names = {Path(each).stem for each in contents(target)} - {"objects", "classes"}
            assert len(names) >= len(frames) - ("classes" not in contents(target))
    assert {each.name for each in tmp_path.iterdir()} <= set(FORMATS)


def test_another_package_adds_a_format(monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        name, value = "ours", "package:Ours"
        loaded: object = JsonLines

        def load(self) -> object:
            return self.loaded

    entry = Entry()
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    assert list(export_formats()) == [*FORMATS, "ours"]
    entry.loaded = print
    with pytest.raises(ExportError):
        export_formats()
    entry.loaded, entry.name = JsonLines, "coco"
    with pytest.raises(ExportError):
        export_formats()


def test_a_format_that_is_full_says_so(tmp_path: Path) -> None:
    one = np.zeros((4, 4), np.bool_)
    one[0, 0] = True
    limits = {"davis": 255, "mots": 999, "vot-file": 1}
    for name, most in limits.items():
        info = VideoInfo("a", 4, 4, None, None)
        export = FORMATS[name](tmp_path / name, info, ExportOptions())
        export.add(TrackedFrame(0, tuple(answer(each, one) for each in range(1, most + 1))))
        with pytest.raises(ExportError):
            export.add(TrackedFrame(1, (answer("one more", one),)))
        export.finish()  # what came before is kept
        check_whole(tmp_path / name)
