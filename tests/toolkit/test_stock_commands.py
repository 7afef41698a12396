"""`vot evaluate`, `vot analysis`, `vot report` and `vot pack`, from the shell, with the bundled
tracker, untouched by our own commands: the copy of the bundled workspace and one of `vot
initialize`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BUNDLED = ROOT / "vot_workspace"
SHORT = 12  # frames
REGISTRY = f"""[samurai]
label = SAMURAI
protocol = traxpython
command = vot_wrapper
paths = {ROOT}:{ROOT / "sam2"}
timeout = 600
env_SAMURAI_MODEL = nano
"""


def vot(folder: Path, *arguments: str) -> str:
    """What a command of the toolkit prints, started in a workspace."""
    done = subprocess.run(
        [sys.executable, "-m", "vot", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def shortened(source: Path, target: Path, anchors: str | None = None) -> None:
    """A sequence's first frames; `anchors` replaces its anchors."""
    target.mkdir(parents=True)
    for file in source.iterdir():
        if file.is_file():
            lines = file.read_text().splitlines()
            if file.name == "sequence":
                lines = [line for line in lines if not line.startswith("length=")]
                lines.append(f"length={SHORT}")
            else:
                lines = lines[:SHORT]
            (target / file.name).write_text("".join(f"{line}\n" for line in lines))
    (target / "color").mkdir()
    for image in sorted((source / "color").iterdir())[:SHORT]:
        shutil.copyfile(image, target / "color" / image.name)
    if anchors is not None:
        (target / "anchor.value").write_text(anchors)


def run_all_four(folder: Path, experiments: set[str]) -> None:
    """The four commands in this order, and what each leaves behind."""
    assert "Evaluation concluded successfuly" in vot(folder, "evaluate", "samurai")
    assert {each.name for each in (folder / "results" / "samurai").iterdir()} == experiments
    vot(folder, "analysis", "samurai", "--format", "json", "--name", "numbers")
    (document,) = folder.rglob("numbers.json")
    found = json.loads(document.read_text())["results"]
    assert set(found) == experiments
    assert all(each["results"] for each in found.values())
    vot(folder, "report", "samurai", "--format", "html", "--name", "page")
    (page,) = folder.rglob("page/*.html")
    assert "SAMURAI" in page.read_text(encoding="utf-8")
    vot(folder, "pack", "samurai")
    (archive,) = folder.glob("*.zip")
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        manifest = yaml.safe_load(packed.read("manifest.yml"))
    assert manifest["identifier"] == "samurai"
    packed_files = {name for name in names if name.endswith(".bin")}
    results = folder / "results" / "samurai"
    assert packed_files == {str(each.relative_to(results)) for each in results.rglob("*.bin")}
    assert packed_files


@pytest.mark.slow
def test_in_a_copy_of_the_bundled_workspace(tmp_path: Path) -> None:
    folder = tmp_path / "copy" / "vot_workspace"
    name = (BUNDLED / "sequences" / "list.txt").read_text().split()[0]
    anchors = "1\n" + "0\n" * (SHORT - 2) + "-1\n"
    shortened(BUNDLED / "sequences" / name, folder / "sequences" / name, anchors)
    (folder / "sequences" / "list.txt").write_text(f"{name}\n")
    for file in ("config.yaml", "stack.yaml"):
        shutil.copyfile(BUNDLED / file, folder / file)
    (folder.parent / "trackers.ini").write_text(REGISTRY)  # where config.yaml expects it
    run_all_four(folder, {"baseline", "realtime", "unsupervised"})


def test_in_a_workspace_of_vot_initialize(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    printed = vot(folder, "initialize", "tests/multiobject", "--nodownload")
    assert "Initialized workspace" in printed
    several = BUNDLED / "multiobject" / "sequences"
    name = (several / "list.txt").read_text().split()[0]
    shortened(several / name, folder / "sequences" / name)
    (folder / "sequences" / "list.txt").write_text(f"{name}\n")
    (folder / "trackers.ini").write_text(REGISTRY)
    run_all_four(folder, {"baseline"})
