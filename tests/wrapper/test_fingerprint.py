"""What a fingerprint holds: every member that decides an answer changes it, and nothing else."""

from __future__ import annotations

import dataclasses
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from samurai.config.settings import setting_names
from samurai.fingerprints import fingerprint as of_the_library
from samurai.models import manifest
from samurai.models.checkpoints import configuration_path
from samurai.models.manifest import ModelCard, bundled_folder, model_card
from samurai.networks.families import FAMILIES
from vot_wrapper.settings import Settings
from vot_wrapper.toolkit import fingerprint as fingerprints
from vot_wrapper.toolkit.fingerprint import differences, fingerprint
from vot_wrapper.toolkit.sections import Section

pytestmark = pytest.mark.usefixtures("plain_environment")
ROOT = Path(__file__).parents[2]
OTHER_VALUES = {
    "model": "tiny",
    "policy": "dam",
    "device": "cpu",
    "dtype": "bfloat16",
    "speed": "fast",
    "init": "box",
    "output": "mask",
    "objects": "sequential",
    "overlap": "none",
    "points": "cotracker",
    "flow": "raft",
    "box_prompt": "points",
    "window": "whole",
    "motion_weight": "0.5",
    "conditioning_frames": "3",
    "memory_check": "motion",
    "memory_overlap": "none",
}
OTHER_CARD: dict[str, Any] = {
    "file": "other.safetensors",
    "configuration": "sam2.1/sam2.1_hiera_t.yaml",
    "bytes": 1,
    "box_prompt": "points",
    "motion_weight": 0.15,
    "large": True,
    "window": 9.9,
    "confidence": (0.0, 1.0),
    "url": "https://example.org/nano",
    "sha256": "0" * 64,
    "network": "sam3",
    "page": "https://example.org/page",
    "gated": True,
}


def section(env: Mapping[str, str] | None = None, **rest: str) -> Section:
    content = {"protocol": "traxpython", "command": "vot_wrapper", "env": dict(env or {}), **rest}
    return Section.of("mine", ROOT / "trackers.ini", content)


def test_every_setting_counts_and_is_named() -> None:
    assert OTHER_VALUES.keys() | {"log", "offline"} == set(setting_names(Settings))
    then = fingerprint(section())
    for name, value in OTHER_VALUES.items():
        told = differences(then, section({f"SAMURAI_{name.upper()}": value}))
        before = Settings().texts().get(name, "none")
        assert told[0] == f"{name} {before} -> {value}"
        assert not any(part in told for part in ("weights", "configuration")), told


def test_defaults_count_as_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    then = fingerprint(section())
    assert differences(then, section({"SAMURAI_POLICY": "samurai", "SAMURAI_SPEED": ""})) == []
    monkeypatch.setenv("SAMURAI_OVERLAP", "none")  # the process inherits the shell's variables
    assert differences(then, section()) == ["overlap allowed -> none"]
    assert differences(then, section({"SAMURAI_OVERLAP": "allowed"})) == []


def test_every_field_of_the_model_card_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    card = model_card("nano")
    assert OTHER_CARD.keys() | {"name", "own"} == {
        field.name for field in dataclasses.fields(ModelCard)
    }
    then = fingerprint(section())
    for field, value in OTHER_CARD.items():
        changed = replace(card, **{field: value})
        monkeypatch.setattr(of_the_library, "model_card", lambda _, changed=changed: changed)
        told = differences(then, section())
        assert f"model card: {field} {getattr(card, field)} -> {value}" in told


def test_other_weights_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in (bundled_folder() / "manifest.toml", bundled_folder() / "nano.safetensors"):
        shutil.copy(file, tmp_path)
    monkeypatch.setattr(manifest, "bundled_folder", lambda: tmp_path)
    weights = tmp_path / "nano.safetensors"
    then = fingerprint(section())
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert differences(then, section()) == ["weights"]
    weights.unlink()
    assert differences(then, section()) == [], "results are packed where the weights aren't"


def test_the_configuration_counts_by_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = fingerprint(section())
    copy = tmp_path / "nano.yaml"
    original = configuration_path(model_card("nano"))
    text = original.read_text()
    monkeypatch.setattr(of_the_library, "configuration_path", lambda _: copy)
    copy.write_text(f"# a word\n{text}")
    assert differences(then, section()) == []
    copy.write_text(re.sub(r"num_maskmem: \d+", "num_maskmem: 99", text))
    assert differences(then, section()) == ["configuration"]


def test_versions_of_what_computes_masks_count(monkeypatch: pytest.MonkeyPatch) -> None:
    then = fingerprint(section())
    versions = {
        name: version
        for name, version in fingerprints._versions().items()
        if name not in ("transformers", "timm")  # of other networks
    }
    assert set(versions) == {"torch", "sam2", "numpy", "opencv-python", "pillow", "vot-trax"}
    for name in versions:
        monkeypatch.setattr(
            fingerprints, "_versions", lambda name=name: {**versions, name: "0.0.1"}
        )
        assert differences(then, section()) == [f"{name} {versions[name]} -> 0.0.1"]


def test_weights_of_motion_models_count_where_they_are_read(tmp_path: Path) -> None:
    weights = tmp_path / "cotracker.pth"
    weights.write_bytes(b"one")
    variables = {"SAMURAI_POINTS": "cotracker", "SAMURAI_COTRACKER": str(weights)}
    for policy, expected in (("him2sam", ["weights of cotracker"]), ("samurai", [])):
        mine = section({**variables, "SAMURAI_POLICY": policy})
        then = fingerprint(mine)
        weights.write_bytes(weights.read_bytes() + b"more")
        assert differences(then, mine) == expected


def test_the_memory_check_counts_with_the_motion_that_it_uses(tmp_path: Path) -> None:
    weights = tmp_path / "raft.pth"
    weights.write_bytes(b"one")
    variables = {"SAMURAI_FLOW": "raft", "SAMURAI_RAFT": str(weights)}
    for check, expected in (("motion", ["weights of raft"]), ("none", [])):
        mine = section({**variables, "SAMURAI_MEMORY_CHECK": check})
        then = fingerprint(mine)
        assert ("code of samurai.policies.memory_check" in then) is (check == "motion")
        weights.write_bytes(weights.read_bytes() + b"more")
        assert differences(then, mine) == expected


def test_what_touches_no_answer_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = fingerprint(section())
    harmless: list[Section] = [
        section(timeout="5", label="Mine"),
        section({"SAMURAI_LOG": "/tmp/log", "SAMURAI_CHECKPOINTS": str(bundled_folder())}),
        section({"SAMURAI_LOG": "/no/such/folder/log"}),
        section({"HF_TOKEN": "secret", "CACHE": "/home/me/cache", "CUDA_VISIBLE_DEVICES": "1"}),
        section({"TRAX": "1", "PYTHONUNBUFFERED": "1", "PYTHONPATH": "a:b"}),  # as after a run
        section(paths=".:sam2"),
        section(paths=f"{ROOT}:{ROOT / 'sam2'}"),
        section(python=sys.executable),
        replace(section(), command="samurai serve", source=tmp_path / "trackers.ini"),
    ]
    for mine in harmless:
        assert differences(then, mine) == [], mine
    monkeypatch.chdir(tmp_path)
    assert differences(then, section()) == []
    gpus = [fingerprint(section({"SAMURAI_DEVICE": d})) for d in ("cuda", "cuda:0", "cuda:1")]
    assert gpus[0] == gpus[1] == gpus[2]


def test_another_variable_of_the_section_counts() -> None:
    told = differences(fingerprint(section()), section({"OMP_NUM_THREADS": "2"}))
    assert told == ["env_OMP_NUM_THREADS (new)"]


def test_code_that_the_sections_paths_name_counts(tmp_path: Path) -> None:
    for name, place in (("samurai", ROOT / "sam2/samurai"), ("vot_wrapper", ROOT / "vot_wrapper")):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(place, tmp_path / "a copy" / name, ignore=ignore)
    mine = section(paths=str(tmp_path / "a copy"))
    then = fingerprint(section())
    assert differences(then, mine) == []
    for name in ("samurai/core/search_region.py", "samurai/mask_cleanup.py"):
        file = tmp_path / "a copy" / name
        file.write_text(file.read_text() + "\nADDED = 1\n")
    assert differences(then, mine) == ["code of samurai.core.search_region, samurai.mask_cleanup"]


def test_another_interpreter_is_asked(tmp_path: Path) -> None:
    link = tmp_path / "python"
    link.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    link.chmod(0o755)
    assert differences(fingerprint(section()), section(python=str(link), paths=".:sam2")) == []


def test_no_secret_is_written_down() -> None:
    other = replace(section({"TOKEN": "hf_abc"}, weights="secret"), command="other_tracker")
    assert "hf_abc" not in str(fingerprint(other)) and "secret" not in str(fingerprint(other))


def test_a_secret_that_went_to_the_shell_is_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(section({"TOKEN": "hf_abc"}), command="other_tracker")
    then = fingerprint(other)
    without = replace(other, env={})
    assert differences(then, without) == ["env_TOKEN (gone)"]
    monkeypatch.setenv("TOKEN", "hf_abc")
    assert differences(then, without) == []


@pytest.mark.parametrize("model", ["nano", "sam3", "edgetam"])
def test_the_code_of_the_models_network_counts(model: str) -> None:
    """And no other family's, nor the version of transformers where nothing of it is used."""
    found = fingerprint(section({"SAMURAI_MODEL": model}))
    family = model_card(model).network
    for each in FAMILIES:
        assert (f"code of samurai.networks.{each}.network" in found) == (each == family), each
    assert "code of samurai.networks.base" in found
    if family == "sam2":
        assert not any("transformers" in name for name in found)
    else:
        assert "code of samurai.networks.transformers_video.network" in found
