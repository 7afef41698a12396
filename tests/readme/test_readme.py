"""README.md's commands, run as written, and its claims held against the code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from samurai.models.manifest import model_names
from samurai.policies import policy_names
from vot_wrapper.settings import variable_names

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FRAMES = 12

ELSEWHERE = {
    "pip install torch setuptools": "needs a network",
    'pip install ".[evaluation]"': "tests/install builds the wheel",
    "SAM2_BUILD_CUDA=0 pip install": "held against the lock below",
    "samurai download large": "needs a network; tests/checkpoints has a server of its own",
    "samurai evaluate samurai-l --stack": "needs a network for the sequences of the challenge",
    "samurai submit samurai-l": "needs a challenge's results; tests/toolkit makes some",
}
"""Commands that can't be run as written without a network, and what stands for them."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    lines = [line.split(" #")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line]


def runnable() -> list[str]:
    return [line for line in commands() if not line.startswith(tuple(ELSEWHERE))]


def test_every_command_is_known() -> None:
    for start in ELSEWHERE:
        assert any(line.startswith(start) for line in commands()), f"README lost {start!r}"
    assert len(runnable()) >= 7


@pytest.mark.parametrize("target", [line for line in runnable() if line.startswith("make ")])
def test_make_knows_the_target(target: str) -> None:
    dry = [*target.split(), "-n", f"PYTHON={sys.executable}"]
    done = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled workspace with the first frames of one sequence."""
    folder = tmp_path_factory.mktemp("clone") / "vot_workspace"
    source = ROOT / "vot_workspace"
    name = (source / "sequences" / "list.txt").read_text().split()[0]
    sequence = folder / "sequences" / name
    (sequence / "color").mkdir(parents=True)
    (folder / "sequences" / "list.txt").write_text(name + "\n")
    shutil.copy(ROOT / "trackers.ini", folder.parent)
    for package in ("vot_wrapper", "sam2"):
        (folder.parent / package).symlink_to(ROOT / package)
    for file in ("config.yaml", "stack.yaml"):
        shutil.copy(source / file, folder)
    for image in sorted((source / "sequences" / name / "color").iterdir())[:FRAMES]:
        shutil.copy(image, sequence / "color")
    for values in ("groundtruth.txt", "anchor.value"):
        lines = (source / "sequences" / name / values).read_text().splitlines()[:FRAMES]
        (sequence / values).write_text("\n".join(lines) + "\n")
    described = (source / "sequences" / name / "sequence").read_text()
    (sequence / "sequence").write_text(re.sub(r"length=\d+", f"length={FRAMES}", described))
    return folder


def run(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    scripts = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": scripts + os.pathsep + os.environ["PATH"]}
    return subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def written(workspace: Path) -> list[Path]:
    """Files in the workspace after the toolkit's own commands."""
    lines = [line for line in runnable() if line.startswith("vot ")]
    assert [line.split()[1] for line in lines] == ["evaluate", "analysis", "report"]
    for line in lines:
        done = run(line, workspace)
        assert done.returncode == 0, done.stdout + done.stderr
    return [path.relative_to(workspace) for path in workspace.rglob("*")]


@pytest.fixture(scope="module")
def evaluated(workspace: Path, written: list[Path]) -> str:
    """What `samurai evaluate` prints where the toolkit's commands have left their results."""
    assert written
    done = run("samurai evaluate", workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_toolkits_own_commands_work_in_the_workspace(written: list[Path]) -> None:
    results = {
        path.parts[2]
        for path in written
        if path.parts[:2] == ("results", "samurai") and path.suffix == ".bin"
    }
    assert results == {"baseline", "realtime", "unsupervised"}
    assert any(path.parts[0] == "analysis" and path.suffix == ".json" for path in written)
    assert any(path.parts[0] == "reports" and path.suffix == ".html" for path in written)


@pytest.mark.slow
def test_samurai_evaluate_goes_on_from_the_toolkits_results(evaluated: str) -> None:
    assert "EAO" in evaluated and "report" in evaluated


def test_the_other_samurai_commands(workspace: Path) -> None:
    """`doctor` is content; an official tracker without its weights says how to get them."""
    for line in runnable():
        if line == "samurai doctor":
            assert run(line, workspace).returncode == 0
        elif line == "samurai evaluate samurai-l":
            done = run("SAMURAI_CHECKPOINTS=/nonexistent " + line, workspace)
            assert done.returncode == 2
            assert "samurai download large" in done.stderr


@pytest.mark.slow
def test_results_are_drawn(workspace: Path, evaluated: str) -> None:
    """The sequence in the README isn't in this small workspace."""
    assert evaluated
    [name] = (workspace / "sequences" / "list.txt").read_text().split()
    lines = [line for line in runnable() if line.startswith("samurai visualize")]
    assert len(lines) == 2
    for line in lines:
        done = run(line.replace("reentry", name), workspace)
        assert done.returncode == 0, done.stdout + done.stderr
    pictures = workspace / "reports" / "pictures"
    assert (pictures / "index.html").is_file()
    assert list(pictures.rglob("*.png")) and list(pictures.rglob("*.mp4"))


def test_the_python_example_runs() -> None:
    [example] = blocks("python")
    random = np.random.default_rng(0)
    frames = [random.integers(0, 255, (120, 160, 3), dtype=np.uint8) for _ in range(3)]
    exec(example, {"first_frame": frames[0], "frames": frames[1:]})


def test_the_pinned_sam2_is_the_locked_one() -> None:
    [version] = set(re.findall(r"sam2==([\d.]+)", README))
    assert f"sam2=={version}" in (ROOT / "requirements.lock").read_text().split()


def test_settings_that_are_named_are_settings() -> None:
    """All of them are in docs/settings.md, which is generated."""
    assert set(re.findall(r"SAMURAI_\w+", README)) <= {*variable_names(), "SAMURAI_"}
    for name in (*model_names(), *policy_names()):
        assert f"`{name}`" in README


def test_every_section_of_trackers_ini_is_in_the_table() -> None:
    sections = re.findall(r"^\[([\w-]+)\]", (ROOT / "trackers.ini").read_text(), re.MULTILINE)
    assert [name for name in sections if name != "DEFAULT" and f"`{name}`" not in README] == []


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
