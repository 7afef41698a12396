"""An installation without the extra `vot`: what needs it is refused in a line, the rest works.

The processes here have the library's requirements on their path, without the toolkit, and without
the site-packages of the environment that runs the tests. test_wheel.py has the same with a wheel.
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from oracles.lending import lend, with_requirements

from samurai.cli.benchmark import actions
from samurai.cli.command import OWN, Command, commands
from samurai.cli.installed import Need
from samurai.errors import DependencyError
from vot_wrapper.commands import ACTIONS
from vot_wrapper.needs import INSTALL

ABSENT = {"attributee", "trax", "vot"}
OF_THE_TOOLKIT = "vot_experiment"
"""Entry points that only the toolkit loads."""

CALLS = """
import contextlib, io, json, sys
from importlib import metadata
from samurai.cli.command import commands
from samurai.cli.main import main

def call(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as end:
            code = end.code
    return [code, out.getvalue(), err.getvalue()]

loaded = {each.value: bool(each.load() or True)
          for each in metadata.distribution("samurai-vot").entry_points
          if each.group != OF_THE_TOOLKIT}
names = [command.name for command in commands()]
needing = [command.name for command in commands() if command.needs]
print(json.dumps({
    "loaded": loaded,
    "list": call("--help"),
    "help": {name: call(name, "--help") for name in names},
    "alone": {name: call(name) for name in needing},
    "wrong": {name: call(name, "--no-such-option", "x") for name in needing},
    "modules": sorted({name.partition(".")[0] for name in sys.modules}),
}))
"""


@pytest.fixture(scope="module")
def path(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """PYTHONPATH of the library's requirements and of this tree."""
    setup = configparser.ConfigParser()
    setup.read(repository / "setup.cfg")
    lines = setup["options"]["install_requires"].strip().splitlines()
    names = with_requirements([*lines, "sam2"]) | {"samurai-vot"}
    lent = lend(names, tmp_path_factory.mktemp("without") / "site")
    assert not ABSENT & {each.name for each in lent.iterdir()}
    return os.pathsep.join(map(str, (lent, repository / "sam2", repository)))


def run(path: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python without its site-packages."""
    return subprocess.run(
        [sys.executable, "-S", *arguments],
        env={**os.environ, "PYTHONPATH": path, "HOME": str(folder), "XDG_DATA_HOME": str(folder)},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def called(path: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    code = CALLS.replace("OF_THE_TOOLKIT", repr(OF_THE_TOOLKIT))
    done = run(path, tmp_path_factory.mktemp("folder"), "-c", code)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_commands_that_need_the_extra_are_refused_in_one_line(called: dict[str, Any]) -> None:
    expected = {command.name: command.needs for command in commands() if command.needs}
    of_toolkit = {name for name, need in expected.items() if need.install == INSTALL}
    assert {"ablate", "evaluate", "rehearse", "serve", "submit", "visualize"} <= of_toolkit
    assert set(called["alone"]) == set(called["wrong"]) == set(expected)
    for name, need in expected.items():
        for code, out, err in (called["alone"][name], called["wrong"][name]):
            [line] = err.splitlines()
            assert (code, out) == (2, "")
            assert f"`samurai {name}`" in line and line.endswith(need.install)


def test_all_commands_are_listed_and_have_their_help(called: dict[str, Any]) -> None:
    code, listed, _ = called["list"]
    assert code == 0
    for command in commands():
        assert command.name in listed.split()
        code, out, err = called["help"][command.name]
        assert (code, err) == (0, "") and command.help.split()[0].capitalize() in out


def test_every_entry_point_of_samurai_loads(called: dict[str, Any]) -> None:
    assert "vot_wrapper.toolkit.contenders:contenders" in called["loaded"]
    assert not ABSENT & set(called["modules"])
    assert "torch" not in called["modules"], "all this is at once"


@pytest.mark.parametrize("module", ["vot_wrapper", "vot_wrapper.folder"])
def test_the_tracker_process_says_what_it_lacks(path: str, tmp_path: Path, module: str) -> None:
    done = run(path, tmp_path, "-m", module)
    [line] = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert "vot-trax" in line and line.endswith(INSTALL)


def test_a_broken_toolkit_keeps_its_own_error(path: str, tmp_path: Path) -> None:
    """Installed, as far as pip knows, but its import fails: that isn't repaired by an extra."""
    broken = tmp_path / "broken"
    for name, version in (("vot_toolkit", "0.9.0"), ("vot_trax", "4.0.2")):
        info = broken / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        text = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n"
        (info / "METADATA").write_text(text)
    (broken / "vot").mkdir()
    (broken / "vot" / "__init__.py").write_text("raise ImportError('no libsomething.so.1')\n")
    command = ("-m", "samurai.cli.main", "rehearse", "vots2022/box")
    done = run(f"{broken}{os.pathsep}{path}", tmp_path, *command)
    assert done.returncode == 1
    assert "no libsomething.so.1" in done.stderr and "samurai-vot[vot]" not in done.stderr


def test_the_library_needs_no_extra_but_for_its_server() -> None:
    needing = {each.name: each.needs for each in (*OWN, *actions.OTHERS, actions.RUN, *ACTIONS)}
    assert {name for name, need in needing.items() if need} == {"pick", "web"}


def test_an_action_that_needs_something_is_refused_too() -> None:
    action = Command("act", "", "no.module", (), Need(("no-such-a", "no-such-b"), "pip install c"))
    with pytest.raises(DependencyError, match=r"`samurai benchmark act`.*aren't.*pip install c$"):
        actions.run(argparse.Namespace(benchmark=action))


@pytest.mark.slow
def test_doctor_is_content_and_a_tracker_answers(path: str, tmp_path: Path) -> None:
    done = run(path, tmp_path, "-m", "samurai.cli.main", "doctor")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert not any(line.startswith("FAIL") for line in lines)
    [at] = [number for number, line in enumerate(lines) if "vot-toolkit" in line]
    assert lines[at].startswith("INFO") and INSTALL in lines[at + 1]
    assert "OK   self-test   nano, policy samurai: answered 1 object" in done.stdout
    asked = run(path, tmp_path, "-m", "samurai.cli.main", "doctor", "--workspace", ".")
    assert asked.returncode == 1 and INSTALL in asked.stdout
