"""The folder protocol in the toolkit's hands: equal to TraX, and points on the stock stack."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import vot.tracker.trax
from colored.local import LocalProcess
from colored.world import Data
from vot.region import Point
from vot.stack import resolve_stack
from vot.tracker import Trajectory

from samurai.errors import ConfigurationError
from vot_wrapper.toolkit.folder_log import captured_output
from vot_wrapper.toolkit.running import Failure, run_missing
from vot_wrapper.toolkit.sections import faults, sections_of
from vot_wrapper.toolkit.workspaces import EvaluationContext, open_workspace

ROOT = Path(__file__).parents[2]
PATHS = f"paths = {ROOT / 'tests'}:{ROOT}:{ROOT / 'sam2'}\n"
REGISTRY = (
    f"[trax]\nprotocol = traxpython\ncommand = colored\n{PATHS}"
    f"[folder]\nprotocol = folderpython\ncommand = colored.folder\n{PATHS}"
)


def several(region: str) -> Data:
    return Data(region, starts=(0, 0, 15), length=36, absence=True)


class Silent:
    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


def workspace(tmp_path: Path, data: Data, stack: str) -> EvaluationContext:
    folder = tmp_path / "workspace"
    data.write(folder / "sequences", ("only",))
    registry = tmp_path / "trackers.ini"
    registry.write_text(REGISTRY)
    return open_workspace(folder, ("trax", "folder"), stack, (), registry, lambda line: None)


def run(context: EvaluationContext, index: int) -> Failure | None:
    return next(iter(run_missing(context, context.trackers[index], Silent(), force=False)), None)


def results(folder: Path, tracker: str) -> dict[str, bytes]:
    root = folder / "results" / tracker
    files = [file for file in root.rglob("only*") if file.is_file() and "_time" not in file.name]
    return {str(file.relative_to(root)): file.read_bytes() for file in files}


@pytest.mark.parametrize("region", ["mask", "rectangle", "point"])
def test_both_protocols_write_the_same_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    """Bit for bit, late objects, absences and confidences included."""
    monkeypatch.setattr(vot.tracker.trax, "TrackerProcess", LocalProcess)
    stack = "vots2026/point" if region == "point" else "vots2026/main"
    context = workspace(tmp_path, several(region), stack)
    assert run(context, 0) is None and run(context, 1) is None
    over_trax, by_folder = (results(context.folder, name) for name in ("trax", "folder"))
    assert by_folder == over_trax
    assert len([name for name in by_folder if name.endswith(".bin")]) == 3
    assert len([name for name in by_folder if name.endswith("_confidence.value")]) == 3


def vot_command(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "vot", *arguments, "--workspace", str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_stock_toolkit_runs_its_own_point_stack(tmp_path: Path) -> None:
    """`vot evaluate`, and the toolkit's own vots2026/point, which fails over TraX."""
    folder = tmp_path / "workspace"
    several("point").write(folder / "sequences", ("only",))
    (folder / "trackers.ini").write_text(REGISTRY)
    (folder / "config.yaml").write_text("registry: [./trackers.ini]\nstack: vots2026/point\n")
    printed = vot_command(folder, "evaluate", "folder")
    assert "Evaluation concluded successfuly" in printed, printed
    found = folder / "results" / "folder" / "baseline" / "only"
    assert len(list(found.glob("*.bin"))) == 3
    context = open_workspace(folder, ("folder",), None, (), folder, lambda line: None, to_run=False)
    (experiment,) = context.workspace.stack
    stored = experiment.results(context.trackers[0], context.sequences[0])
    regions = Trajectory.read(stored, "only_002_001").regions()
    assert [type(region) for region in regions[16:]] == [Point] * 20
    truth = context.sequences[0].object("002")
    near = [abs(a.x - b.x) <= 2 for a, b in zip(regions, truth, strict=True) if type(b) is Point]
    assert len(near) > 5


def test_a_trackers_own_reason_reaches_the_command(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The toolkit's error has an exit code only."""
    context = workspace(tmp_path, several("mask"), "vots2026/main")
    broken = context.folder / "sequences" / "only" / "color" / "00000005.png"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:60] + bytes(len(whole) - 60))
    failure = run(context, 1)
    assert failure is not None
    assert "RequestError: frame 4" in failure.reason and "00000005.png" in failure.reason
    assert failure.log is not None and "00000005.png" in failure.log.read_text()
    assert results(context.folder, "folder") == {}
    assert "Tracker process output" not in capfd.readouterr().err


@pytest.mark.parametrize("stack", ["vots2025/realtime", "vot2019/shortterm"])
def test_experiments_that_go_frame_by_frame_are_refused(tmp_path: Path, stack: str) -> None:
    with pytest.raises(ConfigurationError, match="hands over whole videos") as caught:
        workspace(tmp_path, Data("rectangle", length=8), stack)
    assert "folder can't run" in str(caught.value) and "Remedy: " in str(caught.value)


def test_a_timeout_of_the_section_is_a_fault(tmp_path: Path) -> None:
    """The toolkit compares the text with a number: "'<=' not supported"."""
    registry = tmp_path / "trackers.ini"
    text = "[mine]\nprotocol = folderpython\ncommand = vot_wrapper.folder\n"
    registry.write_text(text)
    assert faults(sections_of(registry)[0]) == []
    registry.write_text(f"[DEFAULT]\ntimeout = 600\n{text}")
    (fault,) = faults(sections_of(registry)[0])
    assert "`timeout`" in fault.what and "[DEFAULT]" in fault.remedy


def test_the_captured_log_is_the_trackers_only() -> None:
    from vot import get_logger, log_debug

    level = get_logger().level
    with captured_output() as printed:
        log_debug("something else")
        log_debug("Tracker process output:\na\nb")
    assert printed == ["a\nb"] and get_logger().level == level


def test_the_sections_are_run_by_the_toolkits_own_stack() -> None:
    """trackers.ini has the folder protocol as the toolkit spells it."""
    from vot.tracker import Registry

    from vot_wrapper.toolkit.workspaces import _runnable

    assert resolve_stack("vots2026/point") is not None
    tracker = Registry([str(ROOT / "trackers.ini")])["samurai-folder"]
    assert tracker.protocol == "folderpython"
    runtime = _runnable(tracker).runtime()
    assert runtime._command.endswith("-m vot_wrapper.folder")
