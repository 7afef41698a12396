"""The table of modules, with nano on a short clip of the generated data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from samurai import TrackerConfig
from samurai.policies import POLICIES, PolicyChoice
from samurai.policies.base import Candidate, Decoded, PolicyContext
from samurai.policies.samurai_dam import SamuraiDamPolicy
from samurai.regions import Mask, Points
from vot_wrapper.rehearsal import modules
from vot_wrapper.rehearsal.modules import BASELINE, Clip, measure_modules
from vot_wrapper.rehearsal.plans import PLANS
from vot_wrapper.rehearsal.report import module_lines
from vot_wrapper.rehearsal.world import Size, cast, frames_of, write_data

LENGTH = 7


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Two sequences, the second with an object that starts late."""
    folder = tmp_path_factory.mktemp("data")
    plan, size = PLANS["vots2026/main"], Size(160, 120, LENGTH, 2)
    write_data(folder, plan, size)
    found = []
    for number in range(2):
        actors = cast(plan, size, number)[:2]
        masks = [each for _, each in frames_of(plan, size, number, actors)]
        prompts: dict[int, list[Mask | Points]] = {0: [Mask(masks[0][0])]}
        if number:
            prompts[3] = [Mask(masks[3][1])]
        files = sorted((folder / f"rehearsal-{number + 1:02d}" / "color").iterdir())
        found.append(Clip(files, prompts))
    return found


@pytest.mark.slow
def test_the_table_of_a_policy(clips: list[Clip]) -> None:
    table = measure_modules(TrackerConfig(device="cpu", policy="him2sam"), clips[:1])
    assert [row.module for row in table.rows] == [
        "motion model",
        "points",
        "selection of memories",
        "long-term memory",
        "the policy as a whole",
    ]
    assert table.frames == LENGTH - 1 and table.repeatable
    assert all(0 <= row.share <= 1 for row in table.rows)
    assert table.rows[-1].share > 0, "him2sam isn't sam2 under another name"
    heading, *lines = module_lines(table)
    assert "6 compared" in heading and "(off: sam2)" in lines[-1]


@pytest.mark.slow
def test_a_policy_that_is_the_baseline_has_no_rows(clips: list[Clip]) -> None:
    table = measure_modules(TrackerConfig(device="cpu", policy=BASELINE), clips)
    assert table.rows == [] and table.repeatable
    assert table.frames == 2 * (LENGTH - 1)


def test_every_policy_with_modules_can_be_switched() -> None:
    """The parameters exist and take these values; ours all have a row of their own."""
    assert set(modules._OFF) == set(POLICIES) - {BASELINE}
    for name in modules._OFF:
        for _, _, config in modules._variants(TrackerConfig(policy=name)):
            assert str(PolicyChoice.of(config.policy)) != name


def test_without_sam3s_selection_frames_without_the_object_are_remembered_too() -> None:
    """A threshold of 0 would still leave them out."""
    (off,) = [
        config.policy
        for module, _, config in modules._variants(TrackerConfig(policy="sam3"))
        if module == "selection of memories"
    ]
    for name, remembered in (("sam3", [0, 5]), (off, [0, 1, 2, 3, 4, 5])):
        policy = PolicyChoice.of(name).policy(PolicyContext())
        policy.start(seen_in(0, 8.0))
        for frame in range(1, 6):
            policy.choose([seen_in(frame, -8.0)])
            policy.remember(frame)
        [recall] = policy.recall(6)
        assert [entry.frame_index for entry in recall.maps] == remembered


def seen_in(frame: int, object_score: float) -> Decoded:
    """One candidate of a frame."""
    candidates = (Candidate(0.9),)
    return Decoded(frame, object_score, candidates, lambda _: np.zeros((1, 1), np.float32))


def test_the_recommended_policy_has_a_row_for_each_of_its_ideas() -> None:
    found = {
        module: off for module, off, _ in modules._variants(TrackerConfig(policy="samurai-dam"))
    }
    assert list(found) == [
        "motion model",
        "selection of memories",
        "anchors",
        "caution after an absence",
        "the policy as a whole",
    ]
    policy = PolicyChoice.of(found["caution after an absence"]).policy(PolicyContext())
    assert isinstance(policy, SamuraiDamPolicy)
    policy.start(seen_in(0, 8.0))
    for frame in range(1, 100):
        policy.choose([seen_in(frame, -8.0)])
    assert not policy.searching


def test_the_clips_show_a_return() -> None:
    """Caution after an absence can't act before the object is back."""
    plan, number = PLANS["vots2026/main"], modules.SEQUENCES - 1
    size = Size(320, 240, plan.length, plan.length)
    leaving = [actor for actor in cast(plan, size, number) if len(actor.away)]
    assert leaving and all(actor.away.stop < modules.FRAMES - 10 for actor in leaving)


def test_given_parameters_are_kept_and_settings_are_modules_too() -> None:
    config = TrackerConfig(policy="samurai:memory_iou=0.4", memory_check=True)
    found = {module: off for module, off, _ in modules._variants(config)}
    assert found["motion model"] == "samurai:memory_iou=0.4,motion_weight=0"
    assert found["check of memories"] == "SAMURAI_MEMORY_CHECK=none"
    assert "memories without shared pixels" not in found


def test_a_frame_differs_where_one_of_its_objects_does() -> None:
    masks = np.zeros((2, 4, 4), bool)
    masks[:, :2] = True
    other = masks.copy()
    other[1, 0, 0] = False
    changed = modules._changed({1: [masks, masks]}, {1: [masks, other]})
    assert changed == 0.5
    empty = np.zeros((2, 4, 4), bool)
    assert modules._changed({1: [empty]}, {1: [empty]}) == 0.0


def test_the_masks_of_the_clips_are_read_from_the_files(clips: list[Clip]) -> None:
    assert all(isinstance(file, Path) and file.is_file() for c in clips for file in c.frames)
    assert [sorted(clip.prompts) for clip in clips] == [[0], [0, 3]]
