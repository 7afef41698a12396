"""Every format read by somebody else's reader, or by a plain restatement of its rules."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from oracles.tracked_video import NASTY, SCENES, SIZE, Masks, Scene, answer, scene
from PIL import Image
from pycocotools import mask as coco
from pycocotools.coco import COCO

from samurai.regions import Answer, Box
from samurai.video.exports.registry import EXPORTS
from samurai.video.exports.yolo_seg import joined, outlines
from samurai.video.tracked import TrackedFrame

scenes = pytest.mark.parametrize("name", SCENES)


def decoded(rle: dict[str, Any]) -> NDArray[np.bool_]:
    return np.asarray(coco.decode(rle) != 0)


def same(found: Masks, expected: Masks) -> bool:
    assert found.keys() == expected.keys()
    return all(np.array_equal(found[key], expected[key]) for key in expected)


def numbers(written: Scene, objects: Path) -> dict[Any, Any]:
    """Objects by their numbers, as the file beside them says."""
    known = {a.object_id for frame in written.frames for a in frame.answers}
    if not objects.exists():
        return {each: each for each in known}
    listed = json.loads(objects.read_text())["objects"]
    assert {each["object_id"] for each in listed} == known
    for each in listed:
        assert each["label"] == written.labels.get(each["object_id"], "object")
    return {each["number"]: each["object_id"] for each in listed}


def exclusive(written: Scene) -> Masks:
    """Masks of which, of two that share a pixel, the more confident has it. Restated."""
    found: Masks = {}
    for frame in written.frames:
        taken = np.zeros(SIZE, np.bool_)
        for each in sorted(frame.answers, key=lambda each: -each.confidence):
            if not each.absent and (each.mask & ~taken).any():
                found[frame.index, each.object_id] = each.mask & ~taken
            taken |= each.mask & (not each.absent)
    return found


@scenes
def test_json_lines(name: str, tmp_path: Path) -> None:
    written = SCENES[name]
    lines = written.write(EXPORTS["jsonl"], tmp_path / "a.jsonl").read_text().split("\n")
    assert lines.pop() == ""
    answers = [(frame, each) for frame in written.frames for each in frame.answers]
    assert len(lines) == len(answers)
    for line, (frame, each) in zip(map(json.loads, lines), answers, strict=True):
        assert line["frame_index"] == frame.index and line["seconds"] == frame.seconds
        assert line["object_id"] == each.object_id
        assert line["label"] == written.labels.get(each.object_id, "object")
        assert (line["absent"], line["prompted"]) == (each.absent, each.prompted)
        assert line["confidence"] == pytest.approx(each.confidence, abs=1e-6)
        if each.absent:
            assert line["box"] is None and line["mask"] is None
        else:
            assert Box(*line["box"]) == each.box
            assert np.array_equal(decoded(line["mask"]), each.mask)


@scenes
def test_csv(name: str, tmp_path: Path) -> None:
    written = SCENES[name]
    target = written.write(EXPORTS["csv"], tmp_path / "a.csv")
    with target.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    answers = [(frame, each) for frame in written.frames for each in frame.answers]
    for row, (frame, each) in zip(rows, answers, strict=True):
        assert int(row["frame_index"]) == frame.index
        assert float(row["seconds"]) == frame.seconds
        assert row["object_id"] == str(each.object_id).replace("\ud800", "\\ud800")
        label = written.labels.get(each.object_id, "object").replace("\ud800", "\\ud800")
        assert row["label"] == label
        assert row["absent"] == str(int(each.absent)) and row["prompted"] == "0"
        place = [row[each] for each in ("x", "y", "width", "height")]
        assert place == [""] * 4 if each.absent else Box(*map(float, place)) == each.box


@scenes
def test_mot(name: str, tmp_path: Path) -> None:
    written = SCENES[name]
    target = written.write(EXPORTS["mot"], tmp_path / "a.txt")
    called = numbers(written, tmp_path / "a.txt.objects.json")
    found = {}
    for row in target.read_text().splitlines():
        frame, number, *box, confidence, x, y, z = (float(each) for each in row.split(","))
        assert (x, y, z) == (-1, -1, -1) and 0 <= confidence <= 1 and number >= 1
        found[int(frame) - 1, called[int(number)]] = Box(*box)
    assert found == {key: Box.of_mask(mask) for key, mask in written.masks.items()}


@scenes
def test_mots(name: str, tmp_path: Path) -> None:
    written = SCENES[name]
    target = written.write(EXPORTS["mots"], tmp_path / "a.txt")
    called = numbers(written, tmp_path / "a.txt.objects.json")
    found: Masks = {}
    for row in target.read_text().splitlines():
        frame, number, kind, height, width, counts = row.split(" ")
        assert kind == "2" and int(number) // 1000 == 2
        rle = {"size": [int(height), int(width)], "counts": counts.encode()}
        found[int(frame) - 1, called[int(number) % 1000]] = decoded(rle)
    assert same(found, exclusive(written))


@scenes
def test_coco(name: str, tmp_path: Path) -> None:
    written = SCENES[name]
    target = written.write(EXPORTS["coco"], tmp_path / "a.json")
    read = COCO(str(target))
    assert [each["frame_index"] for each in read.dataset["images"]] == [
        frame.index for frame in written.frames
    ]
    for image, frame in zip(read.dataset["images"], written.frames, strict=True):
        assert frame.name is None or image["file_name"] == frame.name
    objects = {each["id"]: each["object_id"] for each in read.dataset["tracks"]}
    found: Masks = {}
    for number, each in read.anns.items():
        image = read.imgs[each["image_id"]]
        found[image["frame_index"], objects[each["track_id"]]] = read.annToMask(each) != 0
        assert each["area"] == coco.area(read.annToRLE(each)) and each["iscrowd"] == 0
        assert each["bbox"] == coco.toBbox(read.annToRLE(each)).tolist()
        label = written.labels.get(objects[each["track_id"]], "object")
        assert read.cats[each["category_id"]]["name"] == label
        assert number == each["id"]
    assert same(found, written.masks)
    assert read.dataset["videos"][0]["length"] == len(written.frames)


@scenes
def test_youtube_vis(name: str, tmp_path: Path) -> None:
    written = SCENES[name]
    read = json.loads(written.write(EXPORTS["ytvis"], tmp_path / "a.json").read_text())
    (video,) = read["videos"]
    assert len(video["file_names"]) == video["length"] == len(written.frames)
    assert (video["height"], video["width"]) == SIZE
    found: Masks = {}
    for each in read["annotations"]:
        lists = [each[key] for key in ("segmentations", "bboxes", "areas")]
        assert [len(every) for every in lists] == [len(written.frames)] * 3
        for frame, (rle, box, area) in zip(written.frames, zip(*lists, strict=True), strict=True):
            assert (rle is None) == (box is None) == (area is None)
            if rle is not None:
                found[frame.index, each["object_id"]] = decoded(rle)
                assert box == coco.toBbox(rle).tolist() and area == coco.area(rle)
    assert same(found, written.masks)
    assert {each["object_id"] for each in read["annotations"]} == {
        each.object_id for frame in written.frames for each in frame.answers
    }


@scenes
def test_davis(name: str, tmp_path: Path) -> None:
    written = SCENES[name]
    folder = written.write(EXPORTS["davis"], tmp_path / "a")
    called = numbers(written, folder / "objects.json")
    found: Masks = {}
    for frame in written.frames:
        stem = Path(frame.name).stem if frame.name else f"{frame.index:05d}"
        with Image.open(folder / f"{stem}.png") as image:
            assert image.mode == "P"
            labels = np.asarray(image)
        assert labels.shape == SIZE
        for number in np.unique(labels[labels > 0]).tolist():
            found[frame.index, called[number]] = labels == number
    assert same(found, exclusive(written))
    assert len(list(folder.glob("*.png"))) == len(written.frames)


@scenes
def test_masks(name: str, tmp_path: Path) -> None:
    written = SCENES[name]
    folder = written.write(EXPORTS["masks"], tmp_path / "a")
    called = numbers(written, folder / "objects.json")
    found: Masks = {}
    for frame in written.frames:
        stem = Path(frame.name).stem if frame.name else f"{frame.index:05d}"
        for file in folder.glob(f"*/{stem}.png"):
            pixels = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
            assert pixels is not None and set(np.unique(pixels)) <= {0, 255}
            found[frame.index, called[int(file.parent.name)]] = pixels == 255
    empty = np.zeros(SIZE, np.bool_)
    assert same(
        found,
        {
            (frame.index, each.object_id): empty if each.absent else each.mask
            for frame in written.frames
            for each in frame.answers
        },
    )


@scenes
def test_vot(name: str, tmp_path: Path) -> None:
    from vot.region import is_special
    from vot.region.io import read_trajectory
    from vot.region.shapes import Mask as VotMask

    written = SCENES[name]
    folder = written.write(EXPORTS["vot"], tmp_path / "a")
    called = numbers(written, folder / "objects.json")
    files = sorted(folder.glob("groundtruth*.txt"))
    assert len(files) == len(called) and (len(files) != 1 or files[0].stem == "groundtruth")
    last = max((frame.index + 1 for frame in written.frames), default=0)
    for file in files:
        number = int(file.stem.rpartition("_")[2]) if "_" in file.stem else next(iter(called))
        regions = read_trajectory(str(file))
        assert len(regions) == max(last, written.frame_count or 0)
        for index, region in enumerate(regions):
            mask = written.masks.get((index, called[number]))
            assert (mask is None) == is_special(region)
            if mask is not None:
                assert isinstance(region, VotMask)
                (x, y), (rows, columns) = region.offset, region.mask.shape
                whole = np.zeros(SIZE, np.bool_)
                whole[y : y + rows, x : x + columns] = region.mask
                assert np.array_equal(whole, mask)
        if len(files) == 1:
            alone = written.write(EXPORTS["vot-file"], tmp_path / "alone.txt")
            assert alone.read_bytes() == file.read_bytes()


@scenes
def test_yolo(name: str, tmp_path: Path) -> None:
    written = SCENES[name]
    folder = written.write(EXPORTS["yolo"], tmp_path / "a")
    called = numbers(written, folder / "objects.json")
    classes = (folder / "classes.txt").read_text().splitlines()
    found = {}
    for frame in written.frames:
        stem = Path(frame.name).stem if frame.name else f"{frame.index:05d}"
        for row in (folder / f"{stem}.txt").read_text().splitlines():
            kind, *place, number = row.split(" ")
            x, y, width, height = np.array(place, np.float64) * (SIZE[::-1] * 2)
            object_id = called[int(number)]
            found[frame.index, object_id] = (x - width / 2, y - height / 2, width, height)
            label = written.labels.get(object_id, "object").replace("\ud800", "\\ud800")
            assert classes[int(kind)] == " ".join(label.split())
    expected = {key: Box.of_mask(mask) for key, mask in written.masks.items()}
    assert found.keys() == expected.keys()
    for key, box in expected.items():
        assert box is not None
        assert found[key] == pytest.approx((box.x, box.y, box.width, box.height), abs=1e-3)


@scenes
def test_yolo_segmentation(name: str, tmp_path: Path) -> None:
    written = SCENES[name]
    folder = written.write(EXPORTS["yolo-seg"], tmp_path / "a")
    for frame in written.frames:
        stem = Path(frame.name).stem if frame.name else f"{frame.index:05d}"
        rows = (folder / f"{stem}.txt").read_text().splitlines()
        visible = [each for each in frame.answers if not each.absent]
        for row, each in zip(rows, visible, strict=True):
            places = np.array(row.split(" ")[1:], np.float64).reshape(-1, 2) * SIZE[::-1]
            drawn = cv2.fillPoly(np.zeros(SIZE, np.uint8), [places.astype(np.int32)], [1])
            around = np.pad(each.mask, 1).astype(np.uint8)
            cv2.floodFill(around, None, (0, 0), (2,))
            assert np.array_equal(drawn == 1, around[1:-1, 1:-1] != 2)  # its hole is filled


def test_an_outline_joins_parts_and_has_three_points() -> None:
    mask = np.zeros((20, 30), np.bool_)
    mask[2:6, 2:8] = mask[10:18, 4:12] = mask[3, 25] = True
    parts = outlines(mask)
    assert len(parts) == 3
    drawn = cv2.fillPoly(np.zeros(mask.shape, np.uint8), [joined(parts).astype(np.int32)], [1])
    assert (drawn[mask] == 1).all()
    assert drawn.sum() - mask.sum() <= 4 + 18  # the lines between
    single = np.zeros((4, 4), np.bool_)
    single[1, 2] = True
    assert joined(outlines(single)).tolist() == [[2, 1]] * 3


@scenes
def test_cvat(name: str, tmp_path: Path) -> None:
    """With CVAT's rule for frames between keyframes: a box is shown until one is outside."""
    written = SCENES[name]
    root = ElementTree.parse(written.write(EXPORTS["cvat"], tmp_path / "a.xml")).getroot()
    last = max((frame.index + 1 for frame in written.frames), default=0)
    length = max(last, written.frame_count or 0)
    assert root.findtext("meta/task/size") == str(length)
    ids = list(
        dict.fromkeys(
            each.object_id for frame in written.frames for each in frame.answers if not each.absent
        )
    )
    tracks = root.findall("track")
    assert [int(track.attrib["id"]) for track in tracks] == list(range(len(ids)))
    for track, object_id in zip(tracks, ids, strict=True):
        label = written.labels.get(object_id, "object")
        assert track.attrib["label"] == xml_safe(label)
        shown = {int(box.attrib["frame"]): box.attrib for box in track}
        assert list(shown) == sorted(shown) and len(shown) == len(track)
        assert max(shown) < length
        tracked = {frame.index for frame in written.frames}
        latest: dict[str, str] | None = None
        for index in range(length):
            latest = shown.get(index, latest)
            mask = written.masks.get((index, object_id))
            if index in tracked or index > max(tracked):
                assert (latest is not None and latest["outside"] == "0") == (mask is not None)
            if mask is not None and latest is not None:
                left, top, right, bottom = (
                    float(latest[key]) for key in ("xtl", "ytl", "xbr", "ybr")
                )
                assert Box(left, top, right - left, bottom - top) == Box.of_mask(mask)


@scenes
def test_cvat_masks(name: str, tmp_path: Path) -> None:
    written = SCENES[name]
    target = written.write(EXPORTS["cvat-masks"], tmp_path / "a.xml")
    root = ElementTree.parse(target).getroot()
    ids = list(
        dict.fromkeys(
            each.object_id for frame in written.frames for each in frame.answers if not each.absent
        )
    )
    found: Masks = {}
    for track in root.findall("track"):
        (shape,) = track
        runs = [int(each) for each in shape.attrib["rle"].split(",")]
        left, top, width, height = (
            int(shape.attrib[key]) for key in ("left", "top", "width", "height")
        )
        mask = np.zeros(SIZE, np.bool_)
        pixels = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
        mask[top : top + height, left : left + width] = pixels
        found[int(shape.attrib["frame"]), ids[int(track.attrib["group_id"]) - 1]] = mask
    assert same(found, written.masks)


def xml_safe(text: str) -> str:
    return text.replace("\x01", "\ufffd").replace("\ud800", "\ufffd")


def test_names_survive_xml(tmp_path: Path) -> None:
    written = SCENES["nasty"]
    root = ElementTree.parse(written.write(EXPORTS["cvat"], tmp_path / "a.xml")).getroot()
    assert root.findtext("meta/task/name") == xml_safe(NASTY)
    labels = [each.text for each in root.findall("meta/task/labels/label/name")]
    assert labels == [xml_safe(NASTY), "\ufffd"]


def test_a_pixel_of_equal_confidence_goes_to_the_first(tmp_path: Path) -> None:
    mask = np.zeros(SIZE, np.bool_)
    mask[3:9, 4:20] = True
    answers = (answer(1, mask, 0.5), answer(2, mask, 0.5), answer(3, mask, 0.4))
    folder = Scene([TrackedFrame(0, answers)]).write(EXPORTS["davis"], tmp_path / "a")
    with Image.open(folder / "00000.png") as image:
        assert np.array_equal(np.asarray(image), mask.astype(np.uint8))


def test_what_an_absent_answer_still_holds_is_written_nowhere(tmp_path: Path) -> None:
    """The network may see no object and leave a mask."""
    mask = np.zeros(SIZE, np.bool_)
    mask[3:9, 4:20] = True
    gone = Answer(1, mask, Box.of_mask(mask), 0.0, absent=True)
    written = Scene([TrackedFrame(0, (gone,))])
    for format_ in EXPORTS.values():
        target = written.write(format_, tmp_path / format_.name)
        files = [target] if target.is_file() else [each for each in target.rglob("*.*")]
        for file in files:
            if file.suffix == ".png":
                with Image.open(file) as image:
                    assert not np.asarray(image).any()
            else:
                text = file.read_text()
                assert not any(each in text for each in ("counts", "<box", "<mask", "m4,3", "4,3"))


def test_numbers_are_kept_where_they_can_be(tmp_path: Path) -> None:
    """Also of an integer that comes later than a name."""
    mask = np.zeros(SIZE, np.bool_)
    mask[3:9, 4:20] = True
    frames = [
        TrackedFrame(0, tuple(answer(each, mask) for each in ("dog", 0, 1, 7))),
        TrackedFrame(1, tuple(answer(each, mask) for each in ("dog", 2, 9))),
    ]
    Scene(frames).write(EXPORTS["mot"], tmp_path / "a.txt")
    listed = json.loads((tmp_path / "a.txt.objects.json").read_text())["objects"]
    called = {each["object_id"]: each["number"] for each in listed}
    assert called == {"dog": 2, 0: 3, 1: 1, 7: 7, 2: 4, 9: 9}


def test_the_number_of_void_comes_last(tmp_path: Path) -> None:
    """Or object 255 would be lost for DAVIS's tools."""
    mask = np.zeros(SIZE, np.bool_)
    mask[3:9, 4:20] = True
    folder = Scene([TrackedFrame(0, (answer(255, mask),))]).write(EXPORTS["davis"], tmp_path / "a")
    with Image.open(folder / "00000.png") as image:
        assert np.array_equal(np.asarray(image), mask.astype(np.uint8))
    assert json.loads((folder / "objects.json").read_text())["objects"][0]["number"] == 1


def test_supervision_has_a_remedy_where_it_is_missing() -> None:
    import importlib.util

    from samurai.errors import DependencyError
    from samurai.video.exports.supervision import to_detections

    if importlib.util.find_spec("supervision") is None:
        with pytest.raises(DependencyError):
            to_detections(SCENES["texts"].frames[0].answers)
        with pytest.raises(DependencyError):
            scene([1], [0]).frames[0].answers[0].to_supervision()
