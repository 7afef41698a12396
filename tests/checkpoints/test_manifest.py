"""The manifest: what it says is there and makes sense; where files are looked for."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from samurai.errors import ConfigurationError
from samurai.models import manifest
from samurai.models.checkpoints import configuration_path
from samurai.models.manifest import checkpoint_path, checkpoints_folder, model_card, model_names
from samurai.networks.families import FAMILIES


def test_an_unknown_model_is_answered_with_the_list() -> None:
    with pytest.raises(ConfigurationError, match="nano, tiny, small, base_plus, large"):
        model_card("huge")


def test_every_card_makes_sense() -> None:
    for name in model_names():
        card = model_card(name)
        assert card.name == name
        assert configuration_path(card).suffix == (".yaml" if card.network == "sam2" else ".json")
        assert 0 <= card.motion_weight <= 1
        assert card.network in FAMILIES
        assert isinstance(card.bytes, int) and (card.bytes > 0) == (card.page is None)
        # from the repository, by `samurai download`, or by the user
        assert (card.sha256 is None, card.url is None, card.page is None).count(False) == 1
        if card.url is not None:
            assert card.url.startswith("https://") and card.url.endswith(f"/{card.file}")


def test_the_bundled_file_is_the_one_of_the_manifest() -> None:
    card = model_card("nano")
    content = checkpoint_path(card).read_bytes()
    assert len(content) == card.bytes <= 16 * 2**20
    assert hashlib.sha256(content).hexdigest() == card.sha256


def test_downloads_go_where_the_variable_says(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMURAI_CHECKPOINTS", raising=False)
    assert checkpoints_folder() == repository / "checkpoints"
    monkeypatch.setenv("SAMURAI_CHECKPOINTS", str(tmp_path))
    tiny = model_card("tiny")
    assert checkpoints_folder() == tmp_path
    assert checkpoint_path(tiny) == tmp_path / tiny.file
    assert checkpoint_path(model_card("nano")).is_file(), "the bundled model must stay in reach"


def test_downloads_go_to_the_cache_when_the_package_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMURAI_CHECKPOINTS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    cache = tmp_path / "samurai" / "checkpoints"
    tiny = model_card("tiny")
    assert checkpoint_path(tiny) == cache / tiny.file
    cache.mkdir(parents=True)
    (cache / tiny.file).write_bytes(b"")
    monkeypatch.setenv("SAMURAI_CHECKPOINTS", str(tmp_path / "elsewhere"))
    assert checkpoint_path(tiny) == cache / tiny.file


def test_a_damaged_manifest_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "bundled_folder", lambda: tmp_path)
    (tmp_path / "manifest.toml").write_text("[nano\n")
    with pytest.raises(ConfigurationError, match=r"manifest\.toml can't be read"):
        model_names()
    (tmp_path / "manifest.toml").write_text("[nano]\nfile = 'a'\ncolor = 'red'\n")
    with pytest.raises(ConfigurationError, match=r"table \[nano\].*color"):
        model_card("nano")


def run_alone(code: str, *path: Path) -> str:
    """What a fresh interpreter prints; `path` is all that it has beside its own library."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    environment.pop("SAMURAI_CHECKPOINTS", None)
    command = [sys.executable, "-S", "-c", code]
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True, timeout=60
    ).stdout.strip()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="reads TOML with the standard library")
def test_an_installed_package_finds_its_weights(repository: Path, tmp_path: Path) -> None:
    package = tmp_path / "site" / "samurai"
    (package / "models").mkdir(parents=True)
    needed = ("__init__", "version", "errors", "spelling", "models/__init__", "models/manifest")
    for name in needed:
        shutil.copy(repository / "sam2" / "samurai" / f"{name}.py", package / f"{name}.py")
    (package / "networks").mkdir()
    for name in ("__init__", "families"):
        source = repository / "sam2" / "samurai" / "networks" / f"{name}.py"
        shutil.copy(source, package / "networks")
    (package / "weights").mkdir()
    for name in ("manifest.toml", "nano.safetensors"):
        shutil.copy(repository / "checkpoints" / name, package / "weights")
    code = "from samurai.models.manifest import *; print(checkpoint_path(model_card('nano')))"
    found = run_alone(code, tmp_path / "site")
    assert found == str(package / "weights" / "nano.safetensors")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="reads TOML with the standard library")
def test_names_and_cards_need_no_torch(repository: Path) -> None:
    """Settings are checked with them before anything slow is imported; -S hides site-packages."""
    code = (
        "from samurai.models.manifest import *; print(*[model_card(n).file for n in model_names()])"
    )
    assert run_alone(code, repository / "sam2").startswith("nano.safetensors sam2.1_hiera_tiny.pt")
