"""Differences, their intervals and attributes, on numbers that a person can check."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from samurai.errors import ConfigurationError
from samurai.evaluation.ablation.values import Ablation, Combination
from samurai.evaluation.bootstrap import FEWEST, paired_difference
from vot_wrapper.commands.ablate import chosen, policies_of
from vot_wrapper.toolkit.attributes import attributes_of, read_table


def test_equal_pairs_differ_by_nothing() -> None:
    found = paired_difference([0.0] * 8)
    assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_constant_difference_is_certain_and_noise_is_not() -> None:
    sure = paired_difference([0.1] * 8)
    assert sure.low == pytest.approx(0.1) and sure.high == pytest.approx(0.1)
    noise = paired_difference([0.3, -0.3, 0.2, -0.25, 0.1, -0.05])
    assert noise.low is not None and noise.high is not None
    assert noise.low < 0 < noise.high


def test_the_interval_is_that_of_a_plain_bootstrap() -> None:
    values = np.random.default_rng(3).normal(0.05, 0.1, 40)
    found = paired_difference(values.tolist())
    rng = np.random.default_rng(99)
    means = [np.mean(rng.choice(values, len(values))) for _ in range(4000)]
    low, high = np.percentile(means, [2.5, 97.5])
    assert found.low == pytest.approx(low, abs=0.004)
    assert found.high == pytest.approx(high, abs=0.004)
    assert paired_difference(values.tolist()) == found, "the same again"


def test_few_sequences_have_no_interval() -> None:
    found = paired_difference([0.1] * (FEWEST - 1))
    assert (found.low, found.high, found.sequences) == (None, None, FEWEST - 1)


def sequence(tags: dict[str, list[int]], length: int = 6) -> SimpleNamespace:
    """What is asked of a toolkit's sequence."""

    class Sequence(SimpleNamespace):
        def __len__(self) -> int:
            return length

    def tagged(frame: int | None = None) -> list[str]:
        return [name for name, marks in tags.items() if frame is None or marks[frame]]

    return Sequence(name="lake", tags=tagged)


def test_attributes_are_tags_and_the_table_together(tmp_path: Path) -> None:
    (tmp_path / "attributes.yaml").write_text(
        "lake: {scale: all, out-of-view: 4-5, occlusion: 0-0}"
    )
    table = read_table(tmp_path)
    tags = {"occlusion": [0, 0, 1, 1, 0, 0], "empty": [0] * 6}
    found = {name: marks.tolist() for name, marks in attributes_of(sequence(tags), table).items()}
    assert found == {
        "scale": [True] * 6,
        "out-of-view": [False] * 4 + [True] * 2,
        "occlusion": [True, False, True, True, False, False],
    }
    assert read_table(tmp_path / "elsewhere") == {}


def test_frames_that_a_sequence_lacks_are_refused() -> None:
    for frames in ("4-6", "5-4", "some", "-1-3"):
        with pytest.raises(ConfigurationError, match=r"lake, scale: .* from 0 to 5"):
            attributes_of(sequence({}), {"lake": {"scale": frames}})


def test_a_table_of_another_shape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "attributes.yaml").write_text("- lake\n")
    with pytest.raises(ConfigurationError, match="must name attributes"):
        read_table(tmp_path)


def test_identifiers_are_words_of_the_toolkit_and_tell_parameters_apart() -> None:
    parameters = ("motion_weight=0.1", "motion_weight=1.0", "memory_object=-1.0")
    policies = ["samurai", *(f"samurai:{each}" for each in parameters), "dam:stride=1e-05"]
    made = [Combination(policy, "base_plus").identifier for policy in policies]
    assert made[:2] == ["samurai-base-plus", "samurai-motion-weight-0p1-base-plus"]
    assert all(re.fullmatch(r"[A-Za-z0-9-]+", name) for name in made)
    assert len(set(made)) == len(made)
    assert Combination("sam2", "/models/my net.toml").identifier == "sam2-my-net"


def test_each_policy_runs_without_and_with_each_setting() -> None:
    found = chosen(("sam2", "dam"), ("nano",), ("memory_check=motion", "memory_overlap=none"))
    assert [c.what for c in found[:3]] == [
        "sam2",
        "sam2 memory_check=motion",
        "sam2 memory_overlap=none",
    ]
    assert [c.identifier for c in found[3:]] == [
        "dam-nano",
        "dam-memory-check-motion-nano",
        "dam-memory-overlap-none-nano",
    ]
    ablation = Ablation(found, (), "sam2")
    compared = {c.what: other.what for c in found if (other := ablation.compared_with(c))}
    assert compared == {
        "sam2 memory_check=motion": "sam2",
        "sam2 memory_overlap=none": "sam2",
        "dam": "sam2",
        "dam memory_check=motion": "dam",
        "dam memory_overlap=none": "dam",
    }


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("memory_check", "write NAME=VALUE"),
        ("policy=dam", "options of their own"),
        ("memory_chek=motion", "did you mean memory_check"),
        ("memory_check=perhaps", "is not allowed"),
    ],
)
def test_other_settings_are_refused(setting: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        chosen(("sam2",), ("nano",), (setting,))


def test_commas_separate_policies_but_not_their_parameters() -> None:
    given = ["sam2,samurai:motion_weight=0.1,stable_frames=9,dam", "samurai"]
    found = policies_of(given)
    assert found == ("sam2", "samurai:motion_weight=0.1,stable_frames=9", "dam", "samurai")
    assert [c.policy for c in chosen(found, ("nano",))] == list(found)


def test_combinations_that_results_could_not_tell_apart_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        card = 'file = "w.pt"\nconfiguration = "nano.yaml"\nbox_prompt = "points"\n'
        (tmp_path / folder / "mine.toml").write_text(card + "motion_weight = 0.2\n")
    models = tuple(str(tmp_path / folder / "mine.toml") for folder in ("a", "b"))
    with pytest.raises(ConfigurationError, match="both be called sam2-mine"):
        chosen(("sam2",), models)
    with pytest.raises(ConfigurationError, match="no parameter 'wait'"):
        chosen(("samurai:wait=1",), ("nano",))
    assert len(chosen(("sam2", "sam2"), ("nano",))) == 1
