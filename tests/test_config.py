"""A setting stands once: from its field come reader, flags, help, tables and comments."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import os
import pickle
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from samurai import Tracker
from samurai.config import DTYPES, TrackerConfig
from samurai.config.settings import setting, setting_names, settings_of
from samurai.config.text import add_flags, describe, from_flags, misspelt
from samurai.errors import ConfigurationError
from samurai.policies import POLICIES, PolicyChoice
from samurai.policies.base import PolicyContext
from samurai.runtime import precision
from vot_wrapper import settings_pages
from vot_wrapper.settings import Settings

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SAMURAI_")]:
        monkeypatch.delenv(name)


@dataclass(frozen=True)
class WithTea(Settings):
    """A stranger's setting: one field."""

    tea: str = setting("green", "which tea to brew", lambda: ("green", "black"))


def test_one_field_is_a_setting_everywhere() -> None:
    assert WithTea.from_environment({"SAMURAI_TEA": "black"}).tea == "black"
    with pytest.raises(ConfigurationError, match=r"SAMURAI_TEA=mate .* green, black"):
        WithTea.from_environment({"SAMURAI_TEA": "mate"})
    with pytest.raises(ConfigurationError, match=r"tea=mate .* green, black"):
        WithTea(tea="mate")
    parser = argparse.ArgumentParser()
    add_flags(parser, WithTea)
    assert from_flags(WithTea(), parser.parse_args(["--tea", "black"])).tea == "black"
    assert "which tea to brew" in parser.format_help()
    assert "SAMURAI_TEA" in describe(WithTea, {}) and "which tea to brew" in describe(WithTea, {})
    for text in settings_pages.texts(WithTea).values():
        assert "SAMURAI_TEA" in text and "which tea to brew" in text
    known = [each.variable for each in settings_of(WithTea)]
    assert misspelt("SAMURAI_TEE", known) == "SAMURAI_TEA"
    assert "tea=green" in str(WithTea())
    assert "SAMURAI_TEA" not in describe(Settings, {})


def test_generated_texts_are_up_to_date() -> None:
    for name, text in settings_pages.texts().items():
        old = (ROOT / name).read_text(encoding="utf-8")
        new = settings_pages.renewed(ROOT / name, text)
        assert new == old, f"{name}: run python -m vot_wrapper.settings_pages"


def test_every_setting_has_all_that_is_said_of_it() -> None:
    for each in settings_of(Settings):
        assert each.help and each.allowed()
        assert (each.default is None) == bool(each.unset)
        assert each.checked(each.default) == each.default


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ({"overlap": "none"}, {"overlap": "none"}),
        ({"window": 3}, {"window": "3.0"}),
        ({"window": "whole"}, {"window": "whole"}),
        ({"offline": True}, {"offline": "yes"}),
        ({"device": "cuda:3"}, {"device": "cuda:3"}),
        ({"policy": "dam: stride=05 , anchors=2"}, {"policy": "dam:stride=5,anchors=2"}),
    ],
)
def test_values_and_texts_are_each_others(values: dict[str, Any], texts: dict[str, str]) -> None:
    made = TrackerConfig(**values)
    assert {name: made.texts()[name] for name in texts} == texts
    environ = {f"SAMURAI_{name.upper()}": text for name, text in texts.items()}
    assert TrackerConfig.from_environment(environ) == made
    assert pickle.loads(pickle.dumps(made)) == made and hash(made) == hash(TrackerConfig(**values))


@pytest.mark.parametrize(
    "values",
    [
        {"window": 0.5},
        {"window": float("nan")},
        {"motion_weight": 2},
        {"policy": None},
        {"policy": "dam:stride"},
        {"policy": "dam:stride=5,stride=6"},
        {"policy": "dam:stride=0"},
        {"policy": "dam:stride=1.5"},
        {"policy": "sam2:stride=5"},
        {"overlap": "maybe"},
        {"device": "tpu"},
    ],
)
def test_a_value_that_is_not_allowed_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=f"{next(iter(values))}="):
        TrackerConfig(**values)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"'polcy' \(did you mean policy\?\)"):
        TrackerConfig().changed(polcy="dam")
    with pytest.raises(ConfigurationError, match=r"did you mean motion_weight\?\); it has motion_"):
        TrackerConfig(policy="samurai:motion_wieght=0.1")


def test_a_configuration_knows_where_its_values_come_from() -> None:
    config = TrackerConfig.from_environment({"SAMURAI_MODEL": "nano", "SAMURAI_POLICY": "dam"})
    assert [config.source(name) for name in ("model", "policy", "dtype")] == [
        *("environment", "environment", "default")
    ]
    changed = config.changed(policy="sam2", dtype="auto")
    assert changed.source("policy") == changed.source("dtype") == "argument"
    assert changed.source("model") == "environment"
    assert dataclasses.replace(config, policy="sam2").source("policy") == "argument"
    assert TrackerConfig(device="cpu").source("device") == "argument"


def test_dtypes_are_those_of_the_network() -> None:
    assert ("auto", *precision.DTYPES) == DTYPES


def test_settings_load_no_torch() -> None:
    code = (
        "import sys; from samurai.config import TrackerConfig\n"
        "TrackerConfig(policy='dam:stride=4')\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# Trackers


def test_a_tracker_says_where_its_settings_come_from(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMURAI_POLICY", "dam")
    with caplog.at_level(logging.INFO, logger="samurai.tracker"):
        tracker = Tracker.load("nano", device="cpu", motion_weight=0.5)
    assert tracker.sources == {
        **dict.fromkeys(setting_names(TrackerConfig), "default"),
        **dict.fromkeys(("model", "device", "motion_weight"), "argument"),
        **dict.fromkeys(("box_prompt", "window"), "model card"),
    }
    [line] = [record.getMessage() for record in caplog.records]
    assert "policy samurai (default)" in line, "the environment is read only where it is asked to"
    assert "window 3.4 (model card)" in line and "motion_weight 0.5 (argument)" in line
    asked = Tracker.load(TrackerConfig.from_environment(), device="cpu")
    assert asked.sources["policy"] == "environment" and asked.new_policy().name == "dam"


def test_settings_come_before_the_model_card() -> None:
    plain = Tracker.load("nano", device="cpu")
    assert (plain.window, plain.box_prompt) == (3.4, "filled_mask")
    ours = Tracker.load(
        TrackerConfig(device="cpu", window="whole", box_prompt="points"), motion_weight=0.4
    )
    assert (ours.window, ours.box_prompt) == (None, "points")
    assert ours.new_policy().context.motion_weight == 0.4
    with pytest.raises(ConfigurationError, match="two models"):
        Tracker.load("nano", model="tiny")


def test_the_example_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(example, {})
    assert capsys.readouterr().out == "model card\n"


# Policies


def test_every_parameter_of_every_policy_is_taken() -> None:
    for name, policy in POLICIES.items():
        kind = policy.parameters_type
        for each in dataclasses.fields(kind) if kind else ():
            value = 1 if each.default is None else each.default
            choice = PolicyChoice.of(f"{name}:{each.name}={value}")
            assert getattr(choice.parameters, each.name) == value
            assert choice.policy(PolicyContext()).name == name
            assert str(PolicyChoice.of(str(choice))) == str(choice)


def test_a_parameter_comes_before_the_setting_and_the_card() -> None:
    for text, weight in (("samurai", 0.15), ("samurai:motion_weight=0.4", 0.4)):
        policy: Any = PolicyChoice.of(text).policy(PolicyContext(motion_weight=0.15))
        assert policy.motion._weight == weight
