from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import samurai
from samurai.cli import doctor
from samurai.cli import main as cli
from samurai.config.settings import setting_names
from vot_wrapper.settings import Settings

HEAVY = ("torch", "numpy", "cv2", "trax", "vot", "sam2")


def test_help_imports_nothing_heavy() -> None:
    code = f"""
import sys
from samurai.cli.main import main
try:
    main(["--help"])
except SystemExit as end:
    assert end.code == 0
assert not set(sys.modules) & set({HEAVY!r}), set(sys.modules) & set({HEAVY!r})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for command in ("serve", "doctor", "download", "evaluate", "visualize", "submit"):
        assert command in done.stdout


def test_a_reader_that_leaves_early_gets_no_traceback() -> None:
    """As `samurai ... | head -1`: the pipe is closed before anything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "samurai.cli.main", "--version"]
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, timeout=60)
    assert b"Traceback" not in done.stderr and b"Broken" not in done.stderr
    assert done.returncode == 141


def test_serve_help_lists_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["serve", "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for name in setting_names(Settings):
        assert f"SAMURAI_{name.upper()}" in text
    assert "nano, tiny, small, base_plus, large" in text


def test_without_a_command_there_is_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    printed = capsys.readouterr()
    assert "COMMAND" in printed.out and "evaluate" in printed.out and not printed.err


def test_the_versions(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"samurai {samurai.__version__}"
    assert all(f"{name} " in second for name in cli.VERSIONED)


def test_download_names_the_file_or_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["download", "nano"]) == 0, "bundled: only verified"
    assert "nano.safetensors" in capsys.readouterr().out
    assert cli.main(["download", "huge"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    [line] = printed.err.strip().splitlines()
    assert line.startswith("samurai: ")
    assert "nano, tiny, small, base_plus, large" in line


def test_other_errors_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(doctor, "run", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["doctor"])


@pytest.mark.parametrize(
    "command", [["-m", "vot_wrapper"], ["-m", "samurai.cli.main", "serve"]], ids=" ".join
)
def test_serve_by_hand_says_what_it_is_for(command: list[str], tmp_path: Path) -> None:
    """On a terminal, where a person would otherwise wait for ever."""
    terminal, other_end = pty.openpty()
    done = subprocess.run(
        [sys.executable, *command],
        stdin=other_end,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    os.close(terminal)
    os.close(other_end)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "vot evaluate" in done.stderr


def test_without_sam2_the_line_names_the_commands(tmp_path: Path) -> None:
    """A Python that has nothing but the standard library and our sources."""
    root = Path(cli.__file__).parents[3]
    code = f"""
import sys
sys.path[:0] = [{str(root)!r}, {str(root / "sam2")!r}]
from samurai.cli.main import main
sys.exit(main(["doctor"]))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert done.stderr == ""
    assert "FAIL torch       not installed" in done.stdout
    assert "sam2==1.1.0" in done.stdout
    assert "commands and checks of this package aren't registered" in done.stdout
