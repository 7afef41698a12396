"""`samurai rehearse` from the command line, with a tracker that says that nothing moves."""

from __future__ import annotations

import contextlib
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from vot.stack import list_integrated_stacks

from samurai.cli.main import main
from vot_wrapper.rehearsal import steps
from vot_wrapper.rehearsal.plans import PLANS
from vot_wrapper.toolkit.running import Failure

Rehearse = Callable[..., tuple[int, str]]

STEPS = (
    "data set",
    "evaluation",
    "analysis",
    "first masks",
    "modules act",
    "same bytes in another order",
    "samurai submit",
    "archive",
)
EXPERIMENTS = {
    "vots2026/main": {"baseline"},
    "vots2025/realtime": {"baseline", "realtime"},
    "vots2026/point": {"baseline"},
    "vot2022/shortterm": {"baseline", "realtime", "unsupervised"},
}


@pytest.mark.parametrize("stack", PLANS)
def test_every_challenge_from_the_data_to_the_archive(
    rehearse: Rehearse, tmp_path: Path, stack: str
) -> None:
    # One sequence suffices where more would only start more processes.
    few = () if stack == "vots2026/main" else ("--sequences", 1)
    code, printed = rehearse(stack, *few)
    assert code == 0, printed
    for number, name in enumerate(STEPS, start=1):
        assert f"== {number}/8 {name}" in printed
    assert "\nREADY: every step of the rehearsal passed" in printed
    (archive,) = (tmp_path / "work" / "submission").glob("*.zip")
    with zipfile.ZipFile(archive) as packed:
        folders = {name.partition("/")[0] for name in packed.namelist()} - {"manifest.yml"}
    assert folders == EXPERIMENTS[stack]
    page = (tmp_path / "work" / "rehearsal.md").read_text()
    assert all(f"| {name} | OK |" in page for name in STEPS)
    local = (tmp_path / "work" / "analysis" / "rehearsal.json").exists()
    assert local is (stack in ("vots2026/point", "vot2022/shortterm"))
    if PLANS[stack].scored_by:
        assert "above are the numbers of the same results by tests/multiobject" in printed


def test_answers_that_depend_on_the_process_are_noticed(rehearse: Rehearse) -> None:
    code, printed = rehearse("vots2026/main", mood="moody")
    assert code == 1
    assert "2 sequences in reverse order: " in printed and "files differ" in printed
    assert "_confidence.value" in printed


def test_it_continues_runs_again_after_a_change_and_notices_the_background(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    assert rehearse("vots2026/main")[0] == 0
    results = tmp_path / "work" / "results"

    def times() -> dict[Path, int]:
        return {file: file.stat().st_mtime_ns for file in results.rglob("*.bin")}

    before = times()
    code, printed = rehearse("vots2026/main")
    assert code == 0 and "kept from the rehearsal before" in printed
    assert times() == before
    code, printed = rehearse("vots2025/realtime")
    assert code == 2 and "has another rehearsal" in printed and "--workspace" in printed
    registry = tmp_path / "trackers.ini"
    registry.write_text(registry.read_text().replace("STILL = calm", "STILL = inverted"))
    code, printed = rehearse("vots2026/main")
    assert code == 1 and "settings or code have changed: everything is run again" in printed
    assert "the first mask lies outside its object's box, or is empty, in 2 of 2" in printed
    assert "<- the background, perhaps" in printed and "every file is the same" in printed
    assert "\nNOT READY: 1 step failed:\n  FAIL  first masks" in printed
    now = times()
    assert now.keys() == before.keys() and all(now[file] > before[file] for file in now)


def test_ctrl_c_in_the_second_run_ends_the_rehearsal(
    rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signal reaches the tracker too, and the toolkit may see no more than its exit."""

    def interrupted(*_: object) -> Failure:
        with contextlib.suppress(KeyboardInterrupt):  # as callbacks of libtrax do
            signal.raise_signal(signal.SIGINT)
        return Failure("still", "baseline", "rehearsal-02", "Process exited with code (130)")

    with monkeypatch.context() as patch:
        patch.setattr(steps, "run_one", interrupted)
        code, printed = rehearse("vots2026/main")
    assert code == 130 and "FAIL" not in printed and "== 7/8" not in printed
    code, printed = rehearse("vots2026/main")
    assert code == 0 and "kept from the rehearsal before" in printed
    assert "every file is the same" in printed


def test_a_failed_evaluation_ends_it(rehearse: Rehearse, tmp_path: Path) -> None:
    registry = tmp_path / "trackers.ini"
    registry.write_text("[still]\nprotocol = traxpython\ncommand = no_such_module\n")
    code, printed = rehearse("vots2026/main")
    assert code == 1
    assert "NOT READY" in printed and "FAIL  evaluation" in printed
    assert "== 3/8" not in printed


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    try:
        assert main(["rehearse", *arguments]) == 2
    except SystemExit as end:  # by the parser
        assert end.code == 2
    return capsys.readouterr().err


def test_an_unknown_stack_is_refused_with_those_of_the_installed_toolkit(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, "vots2027/main")
    assert all(name in said for name in list_integrated_stacks())
    assert "Remedy: rehearse one of vots2026/main, vots2025/realtime" in said
    said = refused(capsys, "vot2018/longterm")
    assert "can't be rehearsed" in said and "samurai evaluate --stack vot2018/longterm" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--size", "12x12"), "--size 12x12"),
        (("--size", "big"), "--size big"),
        (("--frames", "3"), "--frames"),
        (("--sequences", "0"), "--sequences"),
        (("--registry", "none.ini"), "there is no file"),
    ],
)
def test_wrong_options_are_refused(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, "vots2026/main", *options)
    assert complaint in said and "Remedy" in said
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_else_in_it_is_left_alone(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    (tmp_path / "work" / ".sequences").mkdir(parents=True)  # of a rehearsal that was interrupted
    (tmp_path / "work" / "thesis.txt").write_text("mine")
    code, printed = rehearse("vots2026/main")
    assert code == 2 and "isn't empty and has no rehearsal in it" in printed
    assert [file.name for file in (tmp_path / "work").iterdir()] == ["thesis.txt"]


OURS = "protocol = traxpython\ncommand = vot_wrapper\n"


@pytest.mark.parametrize(
    ("stack", "section", "complaint"),
    [
        ("vots2026/main", f"[stills]\n{OURS}", "no section [still] (did you mean stills?)"),
        ("vots2026/main", "", "Available: none"),
        ("vots2026/main", f"[still]\n{OURS}env_SAMURAI_MODEL = tiny\n", "weights of tiny"),
        ("vots2026/main", f"[still]\n{OURS}env_SAMURAI_POLICI = dam\n", "SAMURAI_POLICI"),
        (
            "vots2025/realtime",
            "[still]\nprotocol = folderpython\ncommand = vot_wrapper.folder\n",
            "still can't run realtime",
        ),
    ],
)
def test_a_tracker_that_cannot_run_is_refused_before_data_are_made(
    rehearse: Rehearse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stack: str,
    section: str,
    complaint: str,
) -> None:
    monkeypatch.setenv("SAMURAI_CHECKPOINTS", str(tmp_path / "nowhere"))
    (tmp_path / "trackers.ini").write_text(section)
    code, printed = rehearse(stack)
    assert code == 2 and complaint in printed and "Remedy" in printed
    assert not (tmp_path / "work").exists()


def test_a_name_that_challenges_refuse_is_refused_before_the_run(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    (tmp_path / "trackers.ini").write_text("[my_tracker]\nprotocol = traxpython\ncommand = x\n")
    code, printed = rehearse("vots2026/main", "--tracker", "my_tracker")
    assert code == 2 and "no underscores. Remedy: rename the section" in printed
    assert not (tmp_path / "work").exists()
