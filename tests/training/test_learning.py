"""Losses, schedule, the unrolled pass against the tracker, resuming, and the command line."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from oracles.agreement import assert_overlap
from oracles.tiers import quick
from safetensors.torch import load_file

from samurai.config import TrackerConfig
from samurai.core.preprocess import normalized
from samurai.models.checkpoints import load_model
from samurai.models.manifest import checkpoint_path, model_card
from samurai.networks.sam2 import network as sam2_network
from samurai.networks.sam2.network import IMAGENET_MEAN, IMAGENET_STD
from samurai.regions import Box, Mask, Points, Region
from samurai.tracker import Tracker
from samurai_training.__main__ import main
from samurai_training.assets import Assets
from samurai_training.clips import training_clip
from samurai_training.dataloader import MOST_CLICKS, Clips, _clicks, to_batch
from samurai_training.errors import TrainingError
from samurai_training.export import averaged, with_file
from samurai_training.loop import Options, Run, rate_at
from samurai_training.losses import Weights, compute_losses
from samurai_training.recipe import RECIPES, START, Recipe, Stage, recipe
from samurai_training.unroll import Batch, Prediction, _correcting, filled, unroll
from samurai_training.view_sampling import ViewRule

SIDE = 160
NANO = checkpoint_path(model_card("nano"))
TINY = Recipe(steps=6, rate=1e-3, stages=(Stage(1.0, 64, 2.7, 2, 3, START),), warm_up=2)


@pytest.fixture(autouse=True)
def _few_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(int(os.environ.get("TEST_THREADS", "1")))
    yield
    torch.set_num_threads(before)


def a_batch(kind: str = "filled_box") -> tuple[Batch, np.ndarray]:
    """One clip whose target is never so small that a pixel counts for much."""
    assets = Assets.procedural()
    clips = (training_clip(assets, ViewRule(SIDE), 5, (seed,)) for seed in range(100))
    clip = next(clip for clip in clips if clip.masks.sum((1, 2)).min() > 1500)
    rows, columns = np.nonzero(clip.masks[0])
    box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    masks = torch.from_numpy(clip.masks)[:, None, None].float()
    batch = Batch(
        normalized(torch.from_numpy(clip.frames).movedim(-1, -3), IMAGENET_MEAN, IMAGENET_STD)[
            :, None
        ],
        masks,
        kind,  # type: ignore[arg-type]
        torch.tensor([box]).float(),
        torch.tensor([[[columns[len(columns) // 2] + 0.5, rows[len(rows) // 2] + 0.5]]]).float(),
        torch.ones(1, 1, dtype=torch.int32),
    )
    return batch, clip.frames


@pytest.mark.parametrize(
    "kind", quick(["filled_box", "mask", "box", "clicks", "many clicks"], "mask", "clicks")
)
@torch.no_grad()
def test_the_unrolled_pass_says_what_the_tracker_says(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With maps in float32, as the pass keeps them."""
    monkeypatch.setattr(sam2_network, "MAP_DTYPE", torch.float32)
    model = load_model(model_card("nano"))
    batch, frames = a_batch(kind.removeprefix("many "))
    if kind == "many clicks":  # which have one candidate instead of three
        places = batch.points + torch.tensor([[[0.0, 0.0], [3.0, 2.0], [60.0, -50.0]]])
        batch = replace(batch, points=places, labels=torch.tensor([[1, 1, 0]]).int())
    predictions = unroll(model, batch, gated=True)
    left, top, right, bottom = batch.boxes[0].tolist()
    box = Box(left, top, right - left, bottom - top)
    region: Region = Mask(batch.masks[0, 0, 0].numpy()) if kind == "mask" else box
    if "clicks" in kind:
        region = Points(batch.points[0].numpy(), batch.labels[0].numpy())
    config = TrackerConfig(policy="sam2", device="cpu", box_prompt="filled_mask")
    if kind == "box":
        config = config.changed(box_prompt="points")
    session = Tracker(model, config).session()
    session.start(frames[0], [region])
    compared = 0
    for prediction in predictions:
        if prediction.time > 0:
            session.step(frames[prediction.time])
        if prediction.object_scores[0] <= 0:
            continue
        best = int(prediction.ious[0].argmax())
        mine = prediction.logits[0, best].numpy() > 0
        theirs = session.logits[0] > 0
        assert_overlap(mine, theirs, 0.98)  # seen: 1
        compared += 1
    assert compared >= 2


@torch.no_grad()
def test_mistaken_memories_change_what_follows_and_nothing_before() -> None:
    model = load_model(model_card("nano"))
    batch, _ = a_batch()
    right = unroll(model, batch, gated=True)
    torch.manual_seed(0)
    wrong = unroll(model, batch, gated=True, mistakes=1.0)
    assert torch.equal(right[0].logits, wrong[0].logits)  # the prompt's memory is never wrong
    assert any(not torch.allclose(r.logits, w.logits) for r, w in zip(right, wrong, strict=True))


@torch.no_grad()
def test_a_correction_is_a_click_on_the_largest_error() -> None:
    truth = torch.zeros(2, 1, 64, 64)
    truth[:, :, 8:40, 8:40] = 1
    logits = F.interpolate(truth, (16, 16), mode="area") * 2 - 1
    logits[0, :, 3:7, 3:7] = -1  # a hole
    logits[1, :, 11:16, 10:16] = 1  # and something that isn't the object
    logits[1, :, 2, 2] = -1
    places, labels = _correcting(logits, truth)
    assert labels.tolist() == [[1], [0]]
    (x, y), (u, v) = places[:, 0].tolist()
    assert 12 <= x <= 28 and 12 <= y <= 28 and 40 <= u <= 64 and 44 <= v <= 64


@torch.no_grad()
def test_a_correction_answers_with_the_further_click_and_the_logits_before() -> None:
    model = load_model(model_card("nano"))
    batch, _ = a_batch("clicks")
    before = unroll(model, batch, gated=True)
    after = unroll(model, replace(batch, prompt="correction"), gated=True)
    assert [p.time for p in after] == [p.time for p in before]
    assert not torch.allclose(after[0].logits, before[0].logits)


def test_clicks_are_where_their_labels_say() -> None:
    random = np.random.default_rng(0)
    mask = np.zeros((40, 50), bool)
    mask[10:30, 20:35] = True
    for count in range(1, MOST_CLICKS + 1):
        clicks = _clicks([mask] * 20, count, random)
        assert clicks["points"].shape == (20, count, 2) and clicks["labels"].shape == (20, count)
        assert clicks["labels"][:, 0].all()
        for (x, y), label in zip(
            clicks["points"].flatten(0, 1).tolist(),
            clicks["labels"].flatten().tolist(),
            strict=True,
        ):
            assert mask[int(y), int(x)] == bool(label)
    assert not clicks["labels"].all()  # of a hundred, some are beside it
    everywhere = _clicks([np.ones((9, 9), bool)], MOST_CLICKS, random)
    assert everywhere["labels"].all()


def test_the_trunk_has_a_rate_of_its_own(tmp_path: Path) -> None:
    run = Run(replace(TINY, trunk=0.25), options(tmp_path))
    run._train_step(Clips(Assets.procedural(), TINY, seed=1)[0])
    trunk = {id(p) for p in run.model.image_encoder.trunk.parameters()}
    grouped = [(group["lr"], p) for group in run.optimizer.param_groups for p in group["params"]]
    assert len(grouped) == len(list(run.model.parameters()))
    base = rate_at(TINY, 0)
    assert all(rate == base * (0.25 if id(p) in trunk else 1) for rate, p in grouped)


def prediction_of(truth: torch.Tensor, confidence: float) -> Prediction:
    logits = (truth * 2 - 1) * confidence
    return Prediction(1, logits.expand(-1, 3, -1, -1), torch.ones(1, 3), torch.full((1, 1), 9.0))


def test_losses_against_a_plain_restatement() -> None:
    generator = torch.Generator().manual_seed(0)
    truth = (torch.rand(2, 1, 1, 16, 16, generator=generator) > 0.6).float()
    logits = torch.randn(1, 3, 16, 16, generator=generator)
    ious = torch.rand(1, 3, generator=generator)
    score = torch.tensor([[0.7]])
    weights = Weights(focal=20.0, entropy=2.0, dice=1.0, iou=1.0, visible=0.3, others=0.1)
    found = compute_losses([Prediction(1, logits, ious, score)], truth, weights)
    per_candidate, errors = [], []
    for candidate in range(3):
        focal = entropy = shared = size = 0.0
        for x, y in zip(logits[0, candidate].flatten(), truth[1, 0, 0].flatten(), strict=True):
            p, y = 1 / (1 + math.exp(-float(x))), float(y)
            cross = -math.log(p if y else 1 - p)
            entropy += (1 + 4 * y) * cross / 256
            focal += (0.25 if y else 0.75) * (1 - (p if y else 1 - p)) ** 2 * cross / 256
            shared += p * y
            size += p + y
        dice = 1 - (2 * shared + 1) / (size + 1)
        per_candidate.append(20 * focal + 2 * entropy + dice)
        answer, wanted = logits[0, candidate] > 0, truth[1, 0, 0] > 0.5
        actual = float((answer & wanted).sum() / (answer | wanted).sum())
        errors.append(abs(float(ious[0, candidate]) - actual))
    mask = 0.9 * min(per_candidate) + 0.1 * sum(per_candidate) / 3
    visible = -math.log(1 / (1 + math.exp(-0.7)))
    assert found.mask == pytest.approx(mask, rel=1e-4)
    assert found.iou == pytest.approx(sum(errors) / 3, rel=1e-4)
    assert found.total.item() == pytest.approx(mask + sum(errors) / 3 + 0.3 * visible, rel=1e-4)


def test_a_perfect_answer_costs_nothing_and_an_absent_target_has_no_mask_loss() -> None:
    truth = torch.zeros(2, 1, 1, 16, 16)
    truth[1, 0, 0, 4:9, 4:9] = 1
    good = compute_losses([prediction_of(truth[1], 30.0)], truth, START)
    assert good.total.item() < 0.02 and good.overlap == 1
    absent = compute_losses([prediction_of(truth[1], 30.0)], torch.zeros_like(truth), START)
    assert absent.mask == 0 and absent.visible > 8


def test_boxes_are_filled_by_pixel_centers() -> None:
    mask = filled(torch.tensor([[1.4, 2.0, 3.6, 3.4]]), torch.zeros(1, 1, 6, 6))[0, 0]
    assert [tuple(place) for place in mask.nonzero().tolist()] == [(2, 1), (2, 2), (2, 3)]


def test_the_rate_rises_then_falls() -> None:
    plan = replace(TINY, steps=100, warm_up=10, rate=1.0)
    rates = [rate_at(plan, step) for step in range(100)]
    assert rates[0] == 0.1 and rates[9] == rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True) and rates[-1] < 0.03


def test_stages_cover_a_recipe() -> None:
    for plan in map(recipe, RECIPES):
        assert sum(stage.share for stage in plan.stages) == pytest.approx(1)
        met = [plan.stage(step) for step in range(plan.steps)]
        assert list(dict.fromkeys(met)) == list(plan.stages)
        for stage in plan.stages:
            assert sum(share for _, share in stage.prompts) == pytest.approx(1)
    with pytest.raises(TrainingError, match="cuda"):
        recipe("no such")


def test_a_batch_depends_on_its_number_alone() -> None:
    clips = Clips(Assets.procedural(), TINY, seed=5)
    first, again = (to_batch(clips[3], torch.device("cpu")) for _ in range(2))
    assert torch.equal(first.frames, again.frames) and first.prompt == again.prompt
    assert torch.equal(first.boxes, again.boxes)
    assert not torch.equal(first.frames, to_batch(clips[4], torch.device("cpu")).frames)


def options(folder: Path) -> Options:
    return Options(folder, archive=None, device="cpu", workers=0)


@pytest.mark.slow
def test_an_interrupted_run_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samurai_training.loop.LOG_EVERY", 1)
    Run(TINY, options(tmp_path / "whole")).train()
    half = Run(TINY, replace(options(tmp_path / "parts"), minutes=0.0))
    half.train()
    assert half.step == 1
    (tmp_path / "parts" / "state.pt").unlink()  # weights and their mean are enough
    rest = Run(TINY, options(tmp_path / "parts"))
    assert rest.step == 1
    rest.train()
    for run in ("whole", "parts"):
        log = (tmp_path / run / "log.jsonl").read_text().splitlines()
        assert [json.loads(line)["step"] for line in log] == [1, 2, 3, 4, 5, 6]
    assert (tmp_path / "parts" / "curves.png").stat().st_size > 1000
    whole = load_file(tmp_path / "whole" / "average.safetensors")
    parts = load_file(tmp_path / "parts" / "average.safetensors")
    assert whole.keys() == parts.keys()
    assert all(value.dtype == torch.float16 for value in whole.values())


def test_training_moves_towards_the_data(tmp_path: Path) -> None:
    """From the bundled weights, a few steps on one repeated batch lower its loss."""
    plan = replace(TINY, steps=12, rate=3e-4)
    run = Run(plan, replace(options(tmp_path), begin_with=NANO))
    raw = Clips(Assets.procedural(), plan, seed=1)[0]
    losses = [run._train_step(raw).total.item() for _ in range(12)]
    assert np.mean(losses[-3:]) < 0.9 * np.mean(losses[:2])


@pytest.mark.slow
def test_half_precision_as_on_a_gpu_trains_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every mixture of dtypes that autocast makes goes through losses and gradients."""
    run = Run(TINY, replace(options(tmp_path), begin_with=NANO))
    monkeypatch.setattr(run, "_precision", lambda: torch.autocast("cpu", torch.bfloat16))
    for step in range(3):
        losses = run._train_step(Clips(Assets.procedural(), TINY, seed=1)[step])
        assert math.isfinite(losses.total.item())
    assert all(p.grad is None or p.grad.isfinite().all() for p in run.model.parameters())


def test_the_commands_say_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--folder", str(tmp_path), "--assets", str(tmp_path / "no.zip")]) == 2
    assert "python -m samurai_training assets" in capsys.readouterr().err
    assert main(["export", "--folder", str(tmp_path)]) == 2
    assert "train first" in capsys.readouterr().err
    assert main(["train", "--recipe", "none", "--folder", str(tmp_path)]) == 2
    assert "cpu" in capsys.readouterr().err


def test_an_export_changes_one_table_of_the_manifest() -> None:
    before = '# top\n[nano]\nfile = "n"\nbytes = 1\nsha256 = "a"\n\n[tiny]\nbytes = 2\n'
    after = with_file(before, "nano", 77, "beef")
    assert after == before.replace("bytes = 1", "bytes = 77").replace('"a"', '"beef"')


def test_weights_are_averaged_name_by_name() -> None:
    first = {"a": torch.tensor([1.0, 3.0]).half(), "b": torch.zeros(2)}
    second = {"b": torch.ones(2), "a": torch.tensor([2.0, 5.0]).half()}
    mean = averaged([first, second])
    assert mean["a"].dtype == torch.float32
    assert mean["a"].tolist() == [1.5, 4.0] and mean["b"].tolist() == [0.5, 0.5]
    assert averaged([first, second, second])["b"].tolist() == pytest.approx([2 / 3, 2 / 3])
