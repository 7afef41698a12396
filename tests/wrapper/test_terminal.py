"""What every program says about its use and its end, as somebody sees it who has never used it."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from samurai.cli import ending
from samurai.cli import main as cli
from samurai.cli.benchmark.actions import OTHERS, RUN
from samurai.cli.command import commands
from samurai.cli.ending import status_of
from samurai.cli.finding import Finding, report_line
from samurai.cli.track.stopping import Stopping
from samurai.errors import ConfigurationError, DeviceError, StorageError
from vot_wrapper.commands import ACTIONS

DOCS = Path(__file__).parents[2] / "docs"

GIVEN = [
    ("samurai.cli.main", []),
    *[("samurai.cli.main", [each.name]) for each in commands()],
    *[("samurai.cli.main", ["benchmark", each.name]) for each in (RUN, *OTHERS, *ACTIONS)],
    ("samurai.cli.main", ["benchmark", "lasot"]),
    ("samurai_training.__main__", []),
    ("samurai_training.__main__", ["train"]),
    ("benchmarks.speed.__main__", []),
    ("benchmarks.speed.__main__", ["run"]),
    ("benchmarks.track.__main__", []),
    ("benchmarks.answers", []),
    ("benchmarks.interactive", []),
    ("benchmarks.against_csrt.__main__", []),
    ("benchmarks.against_csrt.__main__", ["speed"]),
]
every_program = pytest.mark.parametrize(
    ("module", "command"),
    [
        pytest.param(
            *(module, command),
            id=" ".join([module, *command]),
            marks=[pytest.mark.slow] if module.startswith("benchmarks") else [],  # imports torch
        )
        for module, command in GIVEN
    ],
)


def end_of(module: str, arguments: list[str]) -> int:
    try:
        return int(importlib.import_module(module).main(arguments))
    except SystemExit as end:
        return int(end.code or 0)


@every_program
def test_help_is_for_strangers(
    module: str,
    command: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert end_of(module, [*command, "--help"]) == 0
    printed = capsys.readouterr()
    assert not printed.err and not re.search(r"[\x00-\x09\x0b-\x1f]", printed.out)
    first, *rest = printed.out.splitlines()
    assert first.startswith("usage: ")
    assert len(indented(rest)) <= 2, "no wall of options"
    assert "exit status: 0 done" in printed.out
    if module == "samurai.cli.main":
        assert "\nexamples:\n  samurai " in printed.out


def indented(lines: list[str]) -> list[str]:
    return lines[: next(i for i, line in enumerate(lines) if not line.startswith(" "))]


@every_program
def test_a_misspelt_option_is_one_line_with_the_remedy_last(
    module: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert end_of(module, [*command, "--hepl"]) == 2
    printed = capsys.readouterr()
    [line] = printed.err.splitlines()
    assert not printed.out and "did you mean --help?" in line
    shown = re.search(r"Remedy: see `(.+) --help`$", line)
    assert shown is not None
    program = module.removesuffix(".__main__") if not module.endswith("cli.main") else "samurai"
    place = "run" if module == "benchmarks.speed.__main__" and not command else ""
    assert shown[1].removeprefix("python -m ").split() == [program, *command, *place.split()]


@pytest.mark.parametrize(
    "given",
    [
        ["trakc"],
        ["benchmark"],
        ["benchmark", "lasott"],
        ["benchmark", "lasot"],
        ["benchmark", "lasot", "--root", "x", "--first", "some"],
        ["download"],
        ["evaluate", "--workers", "-1"],
        ["visualize", "--frames", "x"],
        ["workspace"],
        ["track"],
        ["track", "a.mp4", "--start", "x"],
        ["track", "nothere.mp4", "--box", "1,2,3,4"],
    ],
    ids=" ".join,
)
def test_a_mistake_is_one_line(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert end_of("samurai.cli.main", given) == 2
    printed = capsys.readouterr()
    assert not printed.out and len(printed.err.splitlines()) == 1


def test_examples_can_be_typed() -> None:
    every = [
        *cli.EXAMPLES,
        *(line for each in (*commands(), RUN, *OTHERS, *ACTIONS) for line in each.examples),
    ]
    parsers = {line.split()[1]: cli._parser(line.split()[1:2]) for line in every}
    for line in every:
        program, *given = shlex.split(line)
        assert program == "samurai"
        parsers[given[0]].parse_args(given)


def raising(error: BaseException) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


def unread() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "samurai.cli.main", "--help"]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            command, stdout=closed, stderr=subprocess.PIPE, timeout=60, env=buffered
        )
    assert not done.stderr
    return done.returncode


def terminated() -> int:
    with Stopping() as stopping:
        signal.raise_signal(signal.SIGTERM)
    return stopping.code


def test_the_table_of_exit_statuses_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A case of each row, and no row without a case."""
    cases: dict[int, Callable[[], int]] = {
        0: lambda: cli.main(["benchmark", "example", "lasot", str(tmp_path / "lasot")]),
        1: lambda: cli.main(["benchmark", "check", "lasot", "--root", str(tmp_path / "none")]),
        2: lambda: cli.main(["benchmark", "check", "lasott", "--root", str(tmp_path)]),
        130: lambda: status_of(raising(KeyboardInterrupt()), "samurai"),
        141: unread,
        143: terminated,
    }
    text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|", text.partition("## Exit status and output")[2], re.M)
    assert [int(row) for row in rows] == sorted(cases)
    assert {code: case() for code, case in cases.items()} == {code: code for code in cases}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigurationError("c. Remedy: r"), ending.UNUSABLE),
        (StorageError("c. Remedy: r"), ending.FAILED),
        (DeviceError("c. Remedy: r"), ending.FAILED),
        (PermissionError(13, "Permission denied", "folder/file"), ending.FAILED),
        (OSError(28, "No space left on device"), ending.FAILED),
    ],
    ids=repr,
)
def test_an_expected_error_is_one_line(
    error: Exception, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(raising(error), "name") == status
    printed = capsys.readouterr()
    [line] = printed.err.splitlines()
    assert line.startswith("name: ") and ". Remedy: " in line and not printed.out


def test_an_unexpected_error_keeps_its_traceback() -> None:
    for error in (ZeroDivisionError(), OSError("without a file"), ImportError("numpy")):
        with pytest.raises(type(error)):
            status_of(raising(error), "name")


def test_a_quoted_error_has_its_remedy_behind_an_arrow() -> None:
    first, second = report_line(Finding("FAIL", "here", "it is so. Remedy: do this")).splitlines()
    assert first.endswith("it is so") and second.endswith("-> do this")
