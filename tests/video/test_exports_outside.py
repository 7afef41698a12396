"""Formats read by packages that aren't in the lock; skipped where they aren't installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles.tracked_video import SCENES, SIZE, Masks, Scene, scene
from PIL import Image

from samurai.video.exports.registry import EXPORTS
from samurai.video.exports.supervision import to_detections

WALK = scene([1, 2], range(6), late=2, gone=5, absent=[(3, 0)], labels={1: "dog", 2: "cat"})


def scores(dataset: Any) -> dict[str, float]:
    """HOTA and CLEAR of the only tracker and sequence."""
    trackeval = pytest.importorskip("trackeval")
    quiet = {"PRINT_CONFIG": False, "PRINT_RESULTS": False, "TIME_PROGRESS": False}
    off = {key: False for key in ("OUTPUT_SUMMARY", "OUTPUT_DETAILED", "PLOT_CURVES")}
    evaluator = trackeval.Evaluator({**quiet, **off, "BREAK_ON_ERROR": True})
    metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR({"PRINT_CONFIG": False})]
    found, _ = evaluator.evaluate([dataset], metrics)
    result = found[dataset.get_name()]["us"]["walk"]["pedestrian"]
    return {
        "HOTA": float(np.mean(result["HOTA"]["HOTA"])),
        "MOTA": float(result["CLEAR"]["MOTA"]),
        "found": float(result["CLEAR"]["CLR_TP"]),
    }


def layout(folder: Path, truth: str, results: str) -> dict[str, Any]:
    (folder / "truth/walk/gt").mkdir(parents=True)
    (folder / "truth/walk/gt/gt.txt").write_text(truth)
    (folder / "trackers/us/data").mkdir(parents=True)
    (folder / "trackers/us/data/walk.txt").write_text(results)
    return {
        "GT_FOLDER": str(folder / "truth"),
        "TRACKERS_FOLDER": str(folder / "trackers"),
        "SEQ_INFO": {"walk": len(WALK.frames)},
        "SKIP_SPLIT_FOL": True,
        "PRINT_CONFIG": False,
    }


def test_trackeval_scores_boxes(tmp_path: Path) -> None:
    trackeval = pytest.importorskip("trackeval")
    results = WALK.write(EXPORTS["mot"], tmp_path / "walk.txt").read_text()
    truth = ""
    for (frame, number), mask in WALK.masks.items():
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        box = columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1
        truth += f"{frame + 1},{number},{','.join(map(str, box))},1,1,1\n"
    config = layout(tmp_path, truth, results)
    dataset = trackeval.datasets.MotChallenge2DBox({**config, "BENCHMARK": "MOT17"})
    assert scores(dataset) == {"HOTA": 1, "MOTA": 1, "found": len(WALK.masks)}


def test_trackeval_scores_masks(tmp_path: Path) -> None:
    """Which also refuses masks that share pixels, and the scene of many objects has them."""
    trackeval = pytest.importorskip("trackeval")
    results = WALK.write(EXPORTS["mots"], tmp_path / "walk.txt").read_text()
    dataset = trackeval.datasets.MOTSChallenge(layout(tmp_path, results, results))
    assert scores(dataset) == {"HOTA": 1, "MOTA": 1, "found": len(WALK.masks)}
    many = SCENES["many"].write(EXPORTS["mots"], tmp_path / "many.txt").read_text()
    dataset = trackeval.datasets.MOTSChallenge(layout(tmp_path / "many", many, many))
    assert scores(dataset)["HOTA"] == 1


def test_supervision_takes_answers() -> None:
    sv = pytest.importorskip("supervision")
    for name in ("late and gone", "texts", "nasty"):
        for frame in SCENES[name].frames:
            visible = [each for each in frame.answers if not each.absent]
            found = to_detections(frame.answers)
            assert isinstance(found, sv.Detections) and len(found) == len(visible)
            if not visible:
                continue
            assert np.array_equal(found.mask, [each.mask for each in visible])
            assert np.array_equal(found.xyxy, sv.mask_to_xyxy(found.mask) + (0, 0, 1, 1))
            assert found.confidence == pytest.approx([each.confidence for each in visible])
            assert found.data["object_id"].tolist() == [each.object_id for each in visible]
            assert len(set(found.tracker_id.tolist())) == len(visible)
            assert len(found[found.confidence > 0.895]) == 1  # data is indexed along
            merged = sv.Detections.merge([each.to_supervision() for each in frame.answers])
            assert np.array_equal(merged.tracker_id, found.tracker_id)
            image = np.zeros((*SIZE, 3), np.uint8)
            by_object = sv.MaskAnnotator(color_lookup=sv.ColorLookup.TRACK)
            assert by_object.annotate(image, found).any()


def test_supervision_keeps_ids_over_frames() -> None:
    pytest.importorskip("supervision")
    first, *others = [to_detections(frame.answers) for frame in SCENES["texts"].frames]
    assert first.tracker_id.tolist()[1:3] == [0, 1]
    assert all(np.array_equal(each.tracker_id, first.tracker_id) for each in others)


def imported(path: Path, form: str) -> dict[str, list[Any]]:
    """Annotations by frame as datumaro reads them."""
    datumaro = pytest.importorskip("datumaro")
    dataset = datumaro.Dataset.import_from(str(path), form)
    return {item.id: list(item.annotations) for item in dataset}


def boxes(written: Scene) -> dict[tuple[int, Any], list[float]]:
    return {
        (frame.index, each.object_id): [each.box.x, each.box.y, each.box.width, each.box.height]
        for frame in written.frames
        for each in frame.answers
        if each.box is not None and not each.absent
    }


def full(mask: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(mask).astype(np.bool_)


def test_datumaro_imports_boxes_of_cvat(tmp_path: Path) -> None:
    found = {}
    read = imported(WALK.write(EXPORTS["cvat"], tmp_path / "a.xml"), "cvat")
    for name, shapes in read.items():
        for each in shapes:
            if not each.attributes["outside"]:
                number = each.attributes["track_id"] + 1
                found[int(name.rpartition("_")[2]), number] = each.get_bbox()
    assert found == boxes(WALK)


def test_datumaro_imports_coco(tmp_path: Path) -> None:
    datumaro = pytest.importorskip("datumaro")
    (tmp_path / "annotations").mkdir()
    (tmp_path / "images").mkdir()
    target = tmp_path / "annotations" / "instances_train.json"
    WALK.write(EXPORTS["coco"], target)
    read = imported(tmp_path, "coco_instances")
    found: Masks = {}
    for name, shapes in read.items():
        for each in shapes:
            number = each.label + 1  # of this scene, labels come in the order of objects
            if each.type is datumaro.AnnotationType.mask:
                found[int(name), number] = full(each.image)
            else:
                assert each.get_bbox() == boxes(WALK)[int(name), number]
    assert found.keys() == WALK.masks.keys()
    assert all(np.array_equal(found[key], WALK.masks[key]) for key in found)


def test_datumaro_imports_mot(tmp_path: Path) -> None:
    (tmp_path / "gt").mkdir()
    WALK.write(EXPORTS["mot"], tmp_path / "gt" / "gt.txt")
    (tmp_path / "gt" / "labels.txt").write_text("object\n")
    found = {}
    for name, shapes in imported(tmp_path, "mot_seq").items():
        for each in shapes:
            found[int(name) - 1, each.attributes["track_id"]] = each.get_bbox()
    assert found == boxes(WALK)


def test_supervision_reads_yolo_segmentation(tmp_path: Path) -> None:
    """As data for training: images and texts of equal names."""
    sv = pytest.importorskip("supervision")
    (tmp_path / "images").mkdir()
    for frame in WALK.frames:
        image = Image.fromarray(np.zeros((*SIZE, 3), np.uint8))
        image.save(tmp_path / "images" / f"{frame.index:05d}.jpg")
    folder = WALK.write(EXPORTS["yolo-seg"], tmp_path / "labels")
    (tmp_path / "data.yaml").write_text("names: [dog, cat]\n")
    assert (folder / "classes.txt").read_text() == "dog\ncat\n"
    data = sv.DetectionDataset.from_yolo(
        str(tmp_path / "images"), str(folder), str(tmp_path / "data.yaml")
    )
    found: Masks = {}
    for path, _, each in data:
        for label, mask in zip(each.class_id, each.mask if len(each) else [], strict=True):
            found[int(Path(path).stem), int(label) + 1] = mask
    assert found.keys() == WALK.masks.keys()
    for key, mask in WALK.masks.items():
        assert (found[key] & mask).sum() == mask.sum()
        assert found[key].sum() <= mask.sum() + 4  # the hole


def test_trackeval_reads_davis(tmp_path: Path) -> None:
    trackeval = pytest.importorskip("trackeval")
    pytest.importorskip("skimage")
    walk = scene([1, 2], range(6), absent=[(3, 0)])
    walk.write(EXPORTS["davis"], tmp_path / "truth" / "walk")
    walk.write(EXPORTS["davis"], tmp_path / "trackers" / "us" / "data" / "walk")
    (tmp_path / "sets").write_text("walk\n")
    dataset = trackeval.datasets.DAVIS(
        {
            "GT_FOLDER": str(tmp_path / "truth"),
            "TRACKERS_FOLDER": str(tmp_path / "trackers"),
            "SEQMAP_FILE": str(tmp_path / "sets"),
            "PRINT_CONFIG": False,
        }
    )
    data = dataset.get_preprocessed_seq_data(dataset.get_raw_seq_data("us", "walk"), "general")
    result = trackeval.metrics.JAndF().eval_sequence(data)
    assert result["J&F"] == pytest.approx(1) and data["num_gt_ids"] == 2
