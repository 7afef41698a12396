"""Copies of the bundled workspace: where they go, and what stands in their way.

The package is made to believe that it was installed, with the workspace as its data.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import yaml

from samurai.cli.main import main
from samurai.errors import ConfigurationError
from vot_wrapper.toolkit import bundled
from vot_wrapper.toolkit.workspaces import open_workspace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation outside of a clone; returns its user's home."""
    package = tmp_path / "site" / "vot_wrapper"
    for inner in (".", "multiobject"):
        origin, target = ROOT / "vot_workspace" / inner, package / "workspace" / inner
        (target / "sequences").mkdir(parents=True)
        for name in bundled._FILES:
            (target / name).write_bytes((origin / name).read_bytes())
        for name in ("list.txt", "checksums.txt"):
            (target / "sequences" / name).write_bytes((origin / "sequences" / name).read_bytes())
    (package / "trackers.ini").write_bytes((ROOT / "trackers.ini").read_bytes())
    monkeypatch.setattr(bundled, "_PACKAGE", package)
    monkeypatch.setattr(bundled, "_importable", lambda: True)
    monkeypatch.setenv("HOME", str(tmp_path / "a home"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return tmp_path / "a home"


def test_it_goes_to_the_home_once(installed: Path) -> None:
    said: list[str] = []
    folder = bundled.open_user_workspace(said.append)
    assert folder == installed / ".local" / "share" / "samurai" / "workspace"
    assert [str(folder) in line for line in said] == [True]
    for inner, registry in ((".", "trackers.ini"), ("multiobject", "../trackers.ini")):
        configuration = yaml.safe_load((folder / inner / "config.yaml").read_text())
        assert configuration["registry"] == [registry]
        assert (folder / inner / registry).is_file()
    (folder / "trackers.ini").write_text("[mine]\n")
    assert bundled.open_user_workspace(said.append) == folder
    assert len(said) == 1
    assert (folder / "trackers.ini").read_text() == "[mine]\n"
    assert list(folder.parent.iterdir()) == [folder]  # nothing temporary is left


def test_the_data_folder_of_the_standard(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default = installed / ".local" / "share"
    for given, expected in {
        "/absolute": Path("/absolute"),
        "relative": default,
        "": default,
    }.items():
        monkeypatch.setenv("XDG_DATA_HOME", given)
        assert bundled.user_workspace() == expected / "samurai" / "workspace"


@pytest.mark.parametrize(
    "stamp", [json.dumps({"version": "0.0.9", "content": "other"}), "not JSON", None]
)
def test_a_copy_by_another_version_is_kept_and_told(installed: Path, stamp: str | None) -> None:
    folder = bundled.open_user_workspace(lambda _: None)
    (folder / bundled.STAMP).unlink()
    if stamp is not None:
        (folder / bundled.STAMP).write_text(stamp)
    (folder / "results").mkdir()
    before = sorted(folder.rglob("*"))
    said: list[str] = []
    bundled.open_user_workspace(said.append)
    assert len(said) == 1 and "differs" in said[0] and "move that folder away" in said[0]
    assert sorted(folder.rglob("*")) == before


def test_a_place_that_cant_be_written_to(installed: Path) -> None:
    """Here a file where a folder is needed; root may write to read-only folders."""
    installed.mkdir()
    (installed / ".local").touch()
    with pytest.raises(ConfigurationError, match="samurai workspace FOLDER"):
        bundled.open_user_workspace(lambda _: None)


def test_a_copy_that_isnt_writable(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled.open_user_workspace(lambda _: None)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ConfigurationError, match=r"not writable for you.*samurai workspace FOLDER"):
        bundled.open_user_workspace(lambda _: None)


def test_a_folder_that_exists(installed: Path, tmp_path: Path) -> None:
    file, full, empty = (tmp_path / name for name in ("file", "full", "empty"))
    file.write_text("mine")
    full.mkdir()
    (full / "notes.txt").write_text("mine")
    for folder in (file, full):
        with pytest.raises(ConfigurationError, match="isn't empty"):
            bundled.copy_workspace(folder)
    assert file.read_text() == "mine" and [path.name for path in full.iterdir()] == ["notes.txt"]
    empty.mkdir()
    assert bundled.copy_workspace(empty) and (empty / "config.yaml").is_file()
    assert not bundled.copy_workspace(empty), "it is there"


def test_no_home(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(ConfigurationError, match="set HOME"):
        bundled.user_workspace()


def test_an_incomplete_installation(installed: Path) -> None:
    (bundled._PACKAGE / "workspace" / "config.yaml").unlink()
    with pytest.raises(ConfigurationError, match="install samurai-vot again"):
        bundled.source()


def test_the_command_quotes_a_folder_with_spaces(
    installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["workspace", str(tmp_path / "w ro ä")]) == 0
    assert f"--workspace '{tmp_path / 'w ro ä'}'" in capsys.readouterr().out


@pytest.mark.parametrize("importable", [True, False])
def test_a_new_workspace_can_run_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, importable: bool
) -> None:
    """From a clone: the tracker's process finds the very package that wrote the file."""
    monkeypatch.setattr(bundled, "_importable", lambda: importable)
    folder = tmp_path / "a new one"
    sequences = folder / "sequences"
    sequences.mkdir(parents=True)
    origin = ROOT / "vot_workspace" / "multiobject" / "sequences"
    (sequences / "list.txt").write_text("twins\n")
    (sequences / "twins").symlink_to(origin / "twins")
    context = open_workspace(
        folder, ("samurai",), "tests/multiobject", (), bundled.template(), lambda _: None
    )
    section = context.trackers[0].describe()
    paths = str(section.get("paths") or "")
    assert (str(ROOT) in paths.split(os.pathsep)) is not importable
    text = (folder / "trackers.ini").read_text()
    assert "#   [samurai-mine]" in text  # how to make one's own
    assert "vot_wrapper and samurai" not in text or not importable


def test_importable_means_without_pythonpath(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")  # an interpreter that finds nothing
    assert not bundled._importable()


def test_outside_and_inside_of_another_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT / "tests")
    assert bundled.unused_clone() is None
    monkeypatch.chdir(tmp_path)
    assert bundled.unused_clone() is None
    (tmp_path / "sam2" / "samurai").mkdir(parents=True)
    (tmp_path / "install.py").touch()
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert bundled.unused_clone() == tmp_path
