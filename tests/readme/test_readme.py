"""The commands of README.md and of the pages on VOT and the library, run as written, and their
claims held against the code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from samurai.models.manifest import model_names
from samurai.policies import POLICIES
from samurai.video.exports import supervision
from vot_wrapper.settings import variable_names

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/vot.md", "docs/library.md")
TEXTS = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
README = TEXTS["README.md"]
FRAMES = 12

ELSEWHERE = {
    "pip install torch setuptools": "needs a network",
    'pip install ".[v': "tests/install builds the wheel",
    "pip uninstall -y opencv-python": "would change this environment",
    "pip install --no-deps 'opencv-python-headless": "the same",
    "SAM2_BUILD_CUDA=0 pip install": "held against the lock below",
    "samurai download large": "needs a network; tests/checkpoints has a server of its own",
    "samurai evaluate samurai-l --stack": "needs a network for the sequences of the challenge",
    "samurai submit samurai-l": "needs a challenge's results; tests/toolkit makes some",
}
"""Commands that can't be run as written without a network, and what stands for them."""


def blocks(language: str) -> list[str]:
    found = []
    for text in TEXTS.values():
        found += re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return found


def commands() -> list[str]:
    lines = [line.split(" #")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line]


def runnable() -> list[str]:
    return [line for line in commands() if not line.startswith(tuple(ELSEWHERE))]


def test_every_command_is_known() -> None:
    for start in ELSEWHERE:
        assert any(line.startswith(start) for line in commands()), f"the pages lost {start!r}"
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


@pytest.mark.slow
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


def test_the_python_example_of_the_readme_runs_as_pasted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    exec(blocks("python")[0], {})
    assert "Box(" in capsys.readouterr().out


@pytest.fixture
def noise() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 255, (120, 160, 3), dtype=np.uint8) for _ in range(4)]


def test_the_first_example_of_the_library_runs(noise: list[np.ndarray]) -> None:
    exec(blocks("python")[1], {"first_frame": noise[0], "frames": noise[1:]})


def test_the_example_of_a_camera_runs(
    noise: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a test source for the camera, and without a screen."""
    shown: list[np.ndarray] = []
    monkeypatch.setattr(cv2, "selectROI", lambda title, picture: (20, 30, 40, 50))
    monkeypatch.setattr(cv2, "imshow", lambda title, picture: shown.append(picture))
    monkeypatch.setattr(cv2, "waitKey", lambda delay: ord("q") if len(shown) == 2 else -1)
    example = blocks("python")[2].replace("(0)", "('lavfi:testsrc2=size=160x120:rate=30')")
    exec(example, {})
    assert [picture.shape for picture in shown] == [(120, 160, 3)] * 2


def test_the_example_of_detections_runs(
    noise: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = SimpleNamespace(xyxy=np.array([[5, 5, 60, 60], [80, 40, 159, 119]], np.float32))
    monkeypatch.setattr(supervision, "to_detections", list)
    names: dict[str, Any] = {"frames": noise, "detect": lambda frame: found}
    exec(blocks("python")[3], names)
    assert [answer.object_id for answer in names["tracked"]] == [0, 1]


def test_the_pinned_sam2_is_the_locked_one() -> None:
    [version] = set(re.findall(r"sam2==([\d.]+)", "".join(TEXTS.values())))
    assert f"sam2=={version}" in (ROOT / "requirements.lock").read_text().split()


def test_settings_that_are_named_are_settings() -> None:
    """All of them are in docs/settings.md, which is generated."""
    named = set(re.findall(r"SAMURAI_\w+", "".join(TEXTS.values())))
    assert named <= {*variable_names(), "SAMURAI_"}
    for name in (*model_names(), *POLICIES):
        assert f"`{name}`" in TEXTS["docs/vot.md"]


def test_every_section_of_trackers_ini_is_in_the_table() -> None:
    vot = TEXTS["docs/vot.md"]
    sections = re.findall(r"^\[([\w-]+)\]", (ROOT / "trackers.ini").read_text(), re.MULTILINE)
    assert [name for name in sections if name != "DEFAULT" and f"`{name}`" not in vot] == []


def pages() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("checkpoints/*.md")]


def anchors(page: Path) -> set[str]:
    """What headings of a page are called in links."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)]+)\)", page.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        linked = page.parent / file if file else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def test_the_readme_fits_in_120_lines() -> None:
    assert README.count("\n") <= 120


def linked(page: Path) -> set[Path]:
    """The pages that a page links to."""
    targets = re.findall(r"\]\((?!https?://)([^)#]+\.md)", page.read_text(encoding="utf-8"))
    return {(page.parent / target).resolve() for target in targets}


@pytest.mark.parametrize("door", ["README.md", "docs/index.md"])
def test_every_page_is_two_clicks_away(door: str) -> None:
    first = linked(ROOT / door)
    within = {*first, *(page for each in first for page in linked(each))}
    site = {ROOT / "docs" / "index.md"}  # the other door
    assert set((ROOT / "docs").glob("*.md")) - site <= within
