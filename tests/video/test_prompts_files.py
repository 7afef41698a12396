"""Prompts in texts, in COCO's JSON and in pictures: every form, and every way to break it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles.prompt_files import MASK, RLE, broken, plain, plainly, read, refused
from oracles.tracked_video import SCENES, SIZE, blob, scene
from PIL import Image
from pycocotools import mask as coco

from samurai.errors import PromptError
from samurai.regions import Box, ObjectId
from samurai.video.exports.registry import EXPORTS
from samurai.video.prompts.files import read_prompts


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("2,3,10,12", 0),
        ("2,3,10,12\n", 0),
        ("2.0, 3.0, 1e1, 12.0\r\n", 0),
        ("2\t3\t10\t12\n5\t5\t5\t5\n", 0),
        ("  2 3  10 12  \n\n\n", 0),
        ("2;3;10;12", 0),
        ("0\n0\n2,3,10,12\n1,1,1,1\n", 2),
        ("1\n2,3,10,12\n", 1),
        ("nan,nan,nan,nan\n0,0,0,0\nNaN,NaN,NaN,NaN\n2,3,10,12\n", 3),
        ("\ufeff2,3,10,12\r\n0\r\n", 0),
    ],
)
def test_text_of_one_object(text: str, frame: int, tmp_path: Path) -> None:
    expected = [(1, frame, Box(2, 3, 10, 12), None)]
    assert plainly(read(tmp_path, text)) == expected
    assert plainly(read(tmp_path, text.removeprefix("\ufeff").encode("utf-16"))) == expected


def test_polygons_and_masks_of_vot(tmp_path: Path) -> None:
    rectangle = Box(2, 3, 10, 12).filled(SIZE)
    (polygon,) = read(tmp_path, "0\n2,3,12,3,12,15,2,15\n")
    assert polygon.frame_index == 1 and plain(polygon.region) == plain(rectangle)
    (mask,) = read(tmp_path, "m2,3,10,12,0,120\n")
    assert plain(mask.region) == plain(rectangle)
    (cut,) = read(tmp_path, "m-2,-3,14,18,45,10,4,10,4,10\n")  # the rest is background
    expected = np.zeros(SIZE, np.bool_)
    expected[:3, 1:11] = True
    assert plain(cut.region) == expected.tolist()


def test_our_own_vot_files_are_prompts(tmp_path: Path) -> None:
    written = scene([1], range(3, 6))
    target = written.write(EXPORTS["vot-file"], tmp_path / "a.txt")
    (found,) = read_prompts(target, frame_size=SIZE)
    assert plainly([found]) == [(1, 3, blob(3, 0).tolist(), None)]


MOT = ",1,-1,-1,-1"


def test_mot(tmp_path: Path) -> None:
    rows = [f"4,7,2,3,10,12{MOT}", f"2,9,1,1,5,5{MOT}", f"3,7,4,3,10,12{MOT}", f"5,9,9,9,9,9{MOT}"]
    expected = [(9, 1, Box(1, 1, 5, 5), None), (7, 2, Box(4, 3, 10, 12), None)]
    assert plainly(read(tmp_path, "\n".join(rows))) == expected
    truth = "\r\n".join(row.removesuffix(MOT) + ",1,1,0.8" for row in rows)
    assert plainly(read(tmp_path, truth)) == expected
    floats = "\n".join(row.replace("7,", "7.0,").replace(",", " ") for row in rows)
    assert plainly(read(tmp_path, floats)) == expected


def test_our_own_mot_files_are_prompts(tmp_path: Path) -> None:
    written = scene([3, 8], range(4), late=2, absent=[(0, 0)])
    found = read_prompts(written.write(EXPORTS["mot"], tmp_path / "a.txt"), frame_size=SIZE)
    expected = [(3, 1), (8, 2)]
    assert [(each.object_id, each.frame_index) for each in found] == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "empty"),
        (" \r\n\t\n", "empty"),
        ("\ufeff", "empty"),
        ("0\n0\n", ""),
        ("0,0,0,0\n", ""),
        ("x,y,w,h\n", "line 1"),
        ("0\n1,2,3\n", "line 2"),
        ("1,2,3,4,5\n", "line 1"),
        ("5\n", "line 1"),
        ("1,2,nan,4\n", "line 1"),
        ("1,2,inf,4\n", "line 1"),
        ("1,2,1e999,4\n", "line 1"),
        ("5,5,-3,4\n", "line 1"),
        ("5,5,0,4\n", "line 1"),
        ("0\n60,5,3,4\n", "line 2"),
        ("-9,5,3,4\n", "line 1"),
        ("1,1,2,2,3,3\n", "line 1"),  # of MOT, or a polygon
        ("1.5,1.5,2.5,2.5,3.5,3.5\n", "line 1"),  # a polygon on a line
        ("60,60,70,60,70,70\n", "line 1"),
        ("1,1,nan,2,3,7\n", "line 1"),
        ("m\n", "line 1"),
        ("m1,2,3\n", "line 1"),
        ("m1,2,3,4\n", "line 1"),  # no pixel
        ("m1,2,3,4,x\n", "line 1"),
        ("m1,2,3,4,0,99\n", "line 1"),
        ("m1,2,3,4,5,-1\n", "line 1"),
        ("m60,2,3,4,0,12\n", "line 1"),
        ("m1,2,99999999,99999999,0,1\n", "line 1"),
        ("m1,2,-3,4,0,1\n", "line 1"),
        (f"0,1,2,3,4,5{MOT}\n", "line 1"),
        (f"1,0,2,3,4,5{MOT}\n", "line 1"),
        (f"1,-1,2,3,4,5{MOT}\n", "line 1"),
        (f"1,2147483648,2,3,4,5{MOT}\n", "line 1"),
        (f"1,1,2,3,4,5{MOT}\n1,1,2,3,4,5{MOT}\n", "line 2"),
        (f"1,1,2,3,4,5{MOT}\n2,1,2,3,4\n", "line 2"),
        (f"1,1,2,3,4,5{MOT}\n1,2,2,3,0,5{MOT}\n", "line 2"),
        (f"1,1,2,3,4,nan{MOT}\n", "line 1"),
        ("1.5,1,2,3,4,5,1\n", "line 1"),
        ("inf,1,2,3,4,5,1\n", "line 1"),
        ("x,1,2,3,4,5,1\n", "line 1"),
        ("{", "line 1"),
        ('{"prompts": [\n{,}]}', "line 2"),
        ("[" * 100_000, ""),
        ("[]", ""),
        ("{}", ""),
        ("[1, 2, 3, 4]", ""),
    ],
)
def test_texts_that_are_refused(text: str, named: str, tmp_path: Path) -> None:
    refused(tmp_path, text, named)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02",
        b"\xff\xd8\xff\xe0" + bytes(20),
        b"1,2,3,\xe9",
        b"\xff\xfe1",
        b"\x1aE\xdf\xa3\x01",
    ],
)
def test_what_isnt_a_text(data: bytes, tmp_path: Path) -> None:
    refused(tmp_path, data)


def test_files_that_arent_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(PromptError):
            read_prompts(path, frame_size=SIZE)


# --- COCO


def coco_document(**more: Any) -> dict[str, Any]:
    return {
        "images": [
            {"id": 11, "frame_index": 4, "file_name": "b.jpg"},
            {"id": 10, "frame_index": 2, "file_name": "x/a.jpg"},
        ],
        "categories": [{"id": 1, "name": "dog"}],
        "annotations": [
            {"id": 1, "image_id": 11, "track_id": 5, "category_id": 1, "bbox": [9, 9, 9, 9]},
            {"id": 2, "image_id": 10, "track_id": 5, "category_id": 1, "bbox": [1, 2, 3, 4]},
            {"id": 3, "image_id": 11, "track_id": 6, "category_id": 7, "segmentation": RLE},
        ],
        **more,
    }


def test_coco(tmp_path: Path) -> None:
    found = read(tmp_path, json.dumps(coco_document()))
    assert plainly(found) == [(5, 2, Box(1, 2, 3, 4), "dog"), (6, 4, MASK.tolist(), None)]
    document = coco_document()
    for image in document["images"]:
        del image["frame_index"]
    index = {"a.jpg": 30, "b.jpg": 20}
    found = read(tmp_path, json.dumps(document), frame_index_of=index.get)
    assert [(each.object_id, each.frame_index) for each in found] == [(5, 20), (6, 20)]
    for each in document["annotations"]:
        del each["track_id"]
    found = read(tmp_path, json.dumps(document), frame_index_of=index.get)
    assert [(each.object_id, each.frame_index) for each in found] == [(1, 20), (3, 20), (2, 30)]


@pytest.mark.parametrize("kind", ["compressed", "uncompressed", "polygons"])
def test_segmentations_of_coco(kind: str, tmp_path: Path) -> None:
    polygons = [[2, 3, 12, 3, 12, 15, 2, 15], [20, 20, 30, 20, 30, 25, 20, 25]]
    theirs = coco.merge(coco.frPyObjects(polygons, *SIZE))
    expected = np.asarray(coco.decode(theirs) != 0)
    flat = expected.T.ravel()
    edges = [0, *(np.flatnonzero(flat[1:] != flat[:-1]) + 1).tolist(), flat.size]
    segmentation: Any = {
        "compressed": {"size": list(SIZE), "counts": theirs["counts"].decode()},
        "uncompressed": {"size": list(SIZE), "counts": np.diff(edges).tolist()},
        "polygons": polygons,
    }[kind]
    document = coco_document()
    document["images"] = [{"id": 1, "file_name": "only.jpg"}]
    document["annotations"] = [{"id": 8, "image_id": 1, "segmentation": segmentation, "bbox": []}]
    (found,) = read(tmp_path, json.dumps(document))
    assert plainly([found]) == [(8, 0, expected.tolist(), None)]


@pytest.mark.parametrize("name", ["late and gone", "texts", "names", "gaps"])
def test_our_own_coco_files_are_prompts(name: str, tmp_path: Path) -> None:
    written = SCENES[name]
    found = read_prompts(written.write(EXPORTS["coco"], tmp_path / "a"), frame_size=SIZE)
    first: dict[ObjectId, tuple[int, NDArray[np.bool_]]] = {}
    for (frame, object_id), mask in written.masks.items():
        first.setdefault(object_id, (frame, mask))
    assert {p.object_id: (p.frame_index, plain(p.region)) for p in found} == {
        object_id: (frame, mask.tolist()) for object_id, (frame, mask) in first.items()
    }
    assert {p.label for p in found} == {written.labels.get(each, "object") for each in first}


def broken_coco(where: str, key: str, value: Any) -> dict[str, Any]:
    document = coco_document()
    document[where][-1][key] = value
    return document


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"annotations": []}, ""),
        ({"annotations": [], "images": []}, ""),
        (coco_document(annotations={}, images={}), ""),
        (coco_document(annotations=[3]), "annotations"),
        (coco_document(images=[None]), "images"),
        (broken_coco("images", "video_id", 7), "images"),
        (broken_coco("images", "frame_index", -1), "frame_index"),
        (broken_coco("images", "frame_index", "x"), "frame_index"),
        (broken_coco("annotations", "image_id", 99), "annotations[2].image_id"),
        (broken_coco("annotations", "image_id", []), "annotations[2].image_id"),
        (broken_coco("annotations", "track_id", -1), "annotations[2].track_id"),
        (broken_coco("annotations", "track_id", 2**31), "annotations[2].track_id"),
        (broken_coco("annotations", "track_id", {}), "annotations[2].track_id"),
        (broken_coco("annotations", "segmentation", None), "annotations[2]"),
        (broken_coco("annotations", "segmentation", [[1, 2]]), "annotations[2].segmentation"),
        (broken_coco("annotations", "segmentation", [[1, 2, 3, 4, "x", 6]]), "annotations[2]"),
        (broken_coco("annotations", "segmentation", [[90, 90, 99, 90, 99, 99]]), "annotations[2]"),
        (broken_coco("annotations", "segmentation", {**RLE, "size": [2, 2]}), "annotations[2]"),
        (broken_coco("annotations", "segmentation", {**RLE, "counts": ""}), "annotations[2]"),
    ],
)
def test_coco_that_is_refused(document: dict[str, Any], named: str, tmp_path: Path) -> None:
    refused(tmp_path, json.dumps(document), named)


def test_coco_of_unknown_frames(tmp_path: Path) -> None:
    document = coco_document()
    for image in document["images"]:
        del image["frame_index"]
    refused(tmp_path, json.dumps(document), "annotations[0]")
    for bad in ([1, 2, 3], [1, 2, 0, 4], [1, 2, None, 4], [90, 2, 3, 4], [1, 2, "nan", 4], "x"):
        document = coco_document(annotations=[{"id": 1, "image_id": 11, "bbox": bad}])
        refused(tmp_path, json.dumps(document), "annotations[0]")


# --- pictures


def labels_of(*numbers: int) -> NDArray[np.uint8]:
    labels = np.zeros(SIZE, np.uint8)
    for place, number in enumerate(numbers):
        labels[blob(0, place)] = number
    return labels


def save(path: Path, labels: NDArray[np.uint8], palette: bool = True) -> Path:
    image = Image.fromarray(labels)
    if palette:
        image.putpalette([value for color in range(256) for value in (color, 9, 99)])
    path.parent.mkdir(exist_ok=True)
    image.save(path)
    return path


@pytest.mark.parametrize("palette", [True, False])
def test_a_picture_of_labels(palette: bool, tmp_path: Path) -> None:
    for name, frame in (("00012.png", 12), ("mask.png", 0)):
        file = save(tmp_path / name, labels_of(3, 1, 255), palette)
        found = read_prompts(file, frame_size=SIZE)
        expected = [(1, frame, blob(0, 1).tolist(), None), (3, frame, blob(0, 0).tolist(), None)]
        assert plainly(found) == expected
    named = read_prompts(file, frame_size=SIZE, frame_index_of={"mask": 5}.get)
    assert [each.frame_index for each in named] == [5, 5]


def test_a_white_object_is_object_one(tmp_path: Path) -> None:
    file = save(tmp_path / "mask.png", labels_of(255), palette=False)
    assert plainly(read_prompts(file, frame_size=SIZE)) == [(1, 0, MASK.tolist(), None)]


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    for name, numbers in (("00007", (2,)), ("00010", (0, 4)), ("00002", ()), ("100000", (2, 4, 9))):
        save(tmp_path / "masks" / f"{name}.png", labels_of(*numbers))
    (tmp_path / "masks" / "objects.json").write_text("{}")
    found = read_prompts(tmp_path / "masks", frame_size=SIZE)
    expected = [(2, 7, 0), (4, 10, 1), (9, 100000, 2)]
    assert plainly(found) == [(a, b, blob(0, c).tolist(), None) for a, b, c in expected]
    names = {"00007": 3, "00010": 1, "00002": 0, "100000": 2}
    found = read_prompts(tmp_path / "masks", frame_size=SIZE, frame_index_of=names.get)
    assert [(p.object_id, p.frame_index) for p in found] == [(4, 1), (2, 2), (9, 2)]


def test_our_own_davis_folders_are_prompts(tmp_path: Path) -> None:
    written = scene([3, 8], range(4), late=2, absent=[(0, 0)])
    found = read_prompts(written.write(EXPORTS["davis"], tmp_path / "a"), frame_size=SIZE)
    assert plainly(found) == [
        (key, frame, written.masks[frame, key].tolist(), None) for key, frame in ((3, 1), (8, 2))
    ]


def test_pictures_that_are_refused(tmp_path: Path) -> None:
    good = labels_of(1)
    save(tmp_path / "empty" / "00000.png", labels_of())
    save(tmp_path / "small" / "00000.png", good[:-1])
    save(tmp_path / "named" / "frame.png", good)
    save(tmp_path / "cut" / "00000.png", good)
    save(tmp_path / "huge" / f"{2**31}.png", good)
    data = (tmp_path / "cut/00000.png").read_bytes()
    (tmp_path / "cut/00000.png").write_bytes(data[: len(data) // 2])
    (tmp_path / "nothing").mkdir()
    (tmp_path / "color").mkdir()
    Image.fromarray(good).convert("RGB").save(tmp_path / "color" / "00000.png")
    (tmp_path / "deep").mkdir()
    Image.fromarray(good.astype(np.uint16)).save(tmp_path / "deep" / "00000.png")
    for folder in sorted(tmp_path.iterdir()):
        for path in (folder, *folder.glob("0*.png")):
            with pytest.raises(PromptError) as caught:
                read_prompts(path, frame_size=SIZE)
            assert str(folder) in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(PromptError):
        read_prompts(
            save(tmp_path / "a" / "00000.png", good).parent,
            frame_size=SIZE,
            frame_index_of=lambda name: None,
        )


# --- anything


def read_or_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    try:
        assert read_prompts(file, frame_size=SIZE)
    except PromptError as error:
        assert str(file) in str(error) and "\n" not in str(error)


@settings(max_examples=40)
@given(document=broken(coco_document()))
def test_coco_that_is_broken_anywhere(
    document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    read_or_refused(tmp_path_factory.getbasetemp() / "any", json.dumps(document).encode())


letters = st.text(st.sampled_from("0123456789.,-+eEmMna \n\r\t;"), max_size=40)


@settings(max_examples=50)
@given(data=st.one_of(st.binary(max_size=60), letters.map(str.encode)))
def test_any_file_is_read_or_refused(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    read_or_refused(tmp_path_factory.getbasetemp() / "any", data)
