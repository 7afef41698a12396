"""Proposals against a plain restatement of SAM 2's automatic mask generator."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles.inputs import network_view

from samurai.core import proposals
from samurai.core.proposals import Proposal, ProposalSettings
from samurai.masks import PackedMask
from samurai.regions import Box
from samurai.tracker import Tracker

Video = list[NDArray[np.uint8]]

LOOSE = ProposalSettings(6, min_predicted_iou=0.3, min_stability=0.3, nms_overlap=1.0)
"""A random network's masks are coarse, not very stable, and reach over most of the image."""


def restated(model: Any, frame: NDArray[np.uint8], of: ProposalSettings) -> list[dict[str, Any]]:
    """The same, click by click, with the installed model's own functions and everything kept."""
    height, width = frame.shape[:2]
    size = model.image_size
    with torch.inference_mode():
        backbone = model.forward_image(network_view(frame, size))
        _, features, _, sizes = model._prepare_backbone_features(backbone)
        features[-1] = features[-1] + model.no_mem_embed
        *fine, coarse = [
            f.permute(1, 2, 0).view(1, -1, *s) for f, s in zip(features, sizes, strict=True)
        ]
        found = []
        for row in range(of.points_per_side):
            for column in range(of.points_per_side):
                x = (column + 0.5) / of.points_per_side * width
                y = (row + 0.5) / of.points_per_side * height
                point = torch.tensor([[[x / width * size, y / height * size]]])
                sparse, dense = model.sam_prompt_encoder(
                    points=(point, torch.ones(1, 1, dtype=torch.int32)), boxes=None, masks=None
                )
                low, ious, _, _ = model.sam_mask_decoder(
                    image_embeddings=coarse,
                    image_pe=model.sam_prompt_encoder.get_dense_pe(),
                    sparse_prompt_embeddings=sparse,
                    dense_prompt_embeddings=dense,
                    multimask_output=True,
                    repeat_image=False,
                    high_res_features=fine,
                )
                full = torch.nn.functional.interpolate(
                    low.float(), (height, width), mode="bilinear"
                )
                for logits, iou in zip(full[0].numpy(), ious[0].tolist(), strict=True):
                    found.append({"logits": logits, "iou": iou, "point": (x, y)})
    kept: list[dict[str, Any]] = []
    for each in sorted(found, key=lambda each: -each["iou"]):
        mask = each["logits"] > 0
        outer = (each["logits"] > -of.stability_offset).sum()
        stable = (each["logits"] > of.stability_offset).sum() / outer if outer else 0.0
        if each["iou"] <= of.min_predicted_iou or stable < of.min_stability or not mask.any():
            continue
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        each |= {"mask": mask, "box": (columns[0], rows[0], columns[-1], rows[-1])}
        if all(overlap(each["box"], other["box"]) <= of.nms_overlap for other in kept):
            kept.append(each)
    return kept


def overlap(a: Any, b: Any) -> float:
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    union = sum(areas) - width * height
    return width * height / union if union else 0.0


def test_proposals_are_those_of_sam_2s_generator(
    small_predictor: Any, make_tracker: Callable[..., Tracker], video: Video
) -> None:
    expected = restated(small_predictor, video[0], LOOSE)
    found = make_tracker().propose(video[0], LOOSE)
    assert len(found) > 3
    places = [each["point"] for each in expected]
    np.testing.assert_allclose([each.point for each in found], places, atol=1e-4)
    for proposal, wanted in zip(found, expected, strict=True):
        assert proposal.predicted_iou == pytest.approx(wanted["iou"], abs=1e-4)
        sure = np.abs(wanted["logits"]) > 1e-3
        np.testing.assert_array_equal(proposal.mask[sure], wanted["mask"][sure])
        assert proposal.area == proposal.mask.sum()
        left, top, right, bottom = wanted["box"]
        box = proposal.box
        assert (box.x, box.y, box.width, box.height) == pytest.approx(
            (left, top, right - left + 1, bottom - top + 1), abs=1
        )


def test_of_overlapping_boxes_the_surest_stays() -> None:
    """Against the plain rule, on random boxes."""
    random = np.random.default_rng(5)
    given = []
    for number in range(60):
        mask = np.zeros((64, 64), bool)
        x, y, width, height = random.integers(2, 30, 4)
        mask[y : y + height, x : x + width] = True
        box = Box.of_mask(mask)
        assert box is not None
        given.append(Proposal(PackedMask.of(mask), box, float(random.random()), 1.0, (number, 0)))
    expected: list[Proposal] = []
    for each in sorted(given, key=lambda each: -each.predicted_iou):
        edges = [
            (p.box.x, p.box.y, p.box.x + p.box.width - 1, p.box.y + p.box.height - 1)
            for p in (each, *expected)
        ]
        if all(overlap(edges[0], other) <= 0.2 for other in edges[1:]):
            expected.append(each)
    kept = proposals.without_overlaps(given, [each.predicted_iou for each in given], 0.2)
    assert [each.point for each in kept] == [each.point for each in expected]
    assert 5 < len(kept) < 50


def test_progress_is_reported_and_a_budget_ends_the_search(
    make_tracker: Callable[..., Tracker], video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: list[float] = []
    settings = ProposalSettings(12, 0.0, 0.0, nms_overlap=1.0)
    everything = make_tracker().propose(video[0], settings, progress=shares.append)
    assert shares == [64 / 144, 128 / 144, 1.0]
    ticks = iter([0.0, 0.0, 9.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks))
    some = make_tracker().propose(video[0], settings, budget=5.0)
    assert len({each.point for each in some}) <= 64 < 144
    assert {each.point for each in everything} - {each.point for each in some}


def test_small_islands_and_holes_go_and_the_largest_island_stays() -> None:
    mask = np.zeros((40, 40), bool)
    mask[5:25, 5:25] = True
    mask[10:12, 10:12] = False
    mask[30:32, 30:32] = True
    clean = proposals.without_small(proposals.without_small(mask, 9, holes=True), 9, holes=False)
    expected = np.zeros_like(mask)
    expected[5:25, 5:25] = True
    np.testing.assert_array_equal(clean, expected)
    dot = np.zeros((9, 9), bool)
    dot[4, 4] = True
    np.testing.assert_array_equal(proposals.without_small(dot, 9, holes=False), dot)
    assert proposals.without_small(expected, 9, holes=True) is expected


def test_of_masks_that_cleaning_makes_alike_the_unchanged_one_stays() -> None:
    whole = np.zeros((40, 40), bool)
    cv2.circle(view := whole.astype(np.uint8), (20, 20), 12, 1, -1)
    whole = view.astype(bool)
    holed = whole.copy()
    holed[20, 20] = False
    proposal = [
        Proposal(PackedMask.of(mask), Box.of_mask(mask), iou, 1.0, (0.0, 0.0))  # type: ignore[arg-type]
        for mask, iou in ((holed, 0.9), (whole, 0.8))
    ]
    [kept] = proposals.cleaned(proposal, ProposalSettings(min_region_area=4))
    assert kept.predicted_iou == 0.8
    np.testing.assert_array_equal(kept.mask, whole)
