"""The Dockerfile's own steps in a virtual environment, without a container engine: what the image
installs, its command, its health check, and that it needs no privileges.

The packages come from pip's index, as in the image. Where there is none, the test is skipped.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.wheel,
    pytest.mark.timeout(2400),
    pytest.mark.skipif(sys.version_info < (3, 11), reason="the extra web needs Python 3.11"),
]

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("/opt/samurai", "/build", "/data", "/checkpoints", "/home/samurai")
USER = "10001"
UNREACHABLE = ("NewConnectionError", "NameResolutionError", "ProxyError")
"""Errors of pip where there is no network."""


@dataclass
class Stage:
    """What one FROM of the Dockerfile begins: its instructions, in order."""

    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, name: str) -> str:
        """The last instruction of this name."""
        return [text for kind, text in self.steps if kind == name][-1]

    def variables(self) -> dict[str, str]:
        """Of ENV."""
        every = [text for kind, text in self.steps if kind == "ENV"]
        return dict(part.split("=", 1) for text in every for part in shlex.split(text))


def stages() -> list[Stage]:
    text = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    found: list[Stage] = []
    for line in filter(None, text.splitlines()):
        name, rest = line.split(maxsplit=1)
        if name == "FROM":
            found.append(Stage())
        elif found:
            found[-1].steps.append((name, rest))
    return found


class Image:
    """A folder that plays the image's root: absolute paths of the Dockerfile lie in it.

    Attributes:
        root: of the image.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in PLACES:
            self.path(name).mkdir(parents=True)

    def path(self, name: str) -> Path:
        """Where a path of the image is."""
        return self.root / name.lstrip("/")

    def translated(self, text: str) -> str:
        """A text of the Dockerfile with the paths that it has here."""
        for name in PLACES:
            text = re.sub(rf"(?<![\w/]){name}\b", str(self.path(name)), text)
        return text

    def environment(self, stage: Stage) -> dict[str, str]:
        """The variables of a stage, in an environment without others of ours."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SAMURAI_", "PYTHON"))}
        kept.pop("VIRTUAL_ENV", None)
        inner = Path(sys.base_prefix) / "bin"
        path = f"{inner}{os.pathsep}{os.environ['PATH']}"
        mine = {k: self.translated(v) for k, v in stage.variables().items()}
        mine["PATH"] = mine["PATH"].replace("$PATH", path)
        return {**kept, **mine, "HOME": str(self.path("/home/samurai"))}

    def run(self, command: str, stage: Stage, folder: str) -> None:
        """A RUN."""
        done = subprocess.run(
            ["sh", "-ec", self.translated(command)],
            cwd=self.path(folder),
            env=self.environment(stage),
            capture_output=True,
            text=True,
        )
        if any(each in done.stderr for each in UNREACHABLE):
            pytest.skip("pip's index can't be reached")
        assert done.returncode == 0, done.stderr[-3000:]


def context(target: Path) -> None:
    """The files that a builder is given: those of git that the ignore file leaves."""
    rules = (ROOT / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this isn't a clone")
    for name in listed.stdout.splitlines():
        out = False
        for rule in rules:
            path = rule.removeprefix("!")
            if path == "*" or name == path or name.startswith(path + "/"):
                out = not rule.startswith("!")
        if not out and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The builder's steps done; readable by all, as the image is."""
    made = Image(Path(tempfile.mkdtemp(prefix="samurai-image-")))
    made.root.chmod(0o755)
    builder = stages()[0]
    folder = "/"
    try:
        for kind, text in builder.steps:
            if kind == "WORKDIR":
                folder = text
            elif kind == "RUN":
                made.run(text, builder, folder)
            elif kind == "COPY":
                context(made.path(folder))  # all of it; a COPY of a part comes first for the cache
        shutil.rmtree(made.path("/build"))
        yield made
    finally:
        shutil.rmtree(made.root)


def test_it_has_no_graphical_library_and_no_tests(image: Image) -> None:
    packages = {each.name for each in image.path("/opt/samurai").glob("lib/*/site-packages/*")}
    assert {"samurai", "vot_wrapper", "sam2", "fastapi", "torch"} <= packages
    assert not packages & {"tests", "benchmarks", "samurai_training", "pytest"}
    names = {each.partition("-")[0] for each in packages if each.endswith(".dist-info")}
    assert "opencv_python_headless" in names and "opencv_python" not in names


def as_another_user(image: Image) -> list[str]:
    """What runs a command as the image's user, who may read everything and write only what is
    hers; nothing where we aren't root."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return []
    for name in ("/data", "/checkpoints", "/home/samurai"):
        os.chown(image.path(name), int(USER), int(USER))
    read = "+dac_read_search"  # the interpreter may lie in a folder of ours
    user = [f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    return ["setpriv", *user, f"--inh-caps={read}", f"--ambient-caps={read}", "--no-new-privs"]


def test_the_server_starts_and_is_healthy_without_privileges(image: Image) -> None:
    last = stages()[-1]
    assert last.last("USER") == USER
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [port if part == "8000" else part for part in json.loads(last.last("CMD"))]
    said = last.last("HEALTHCHECK").partition(" CMD ")[2].replace(":8000", f":{port}")
    check = json.loads(said)
    environment, runner = image.environment(last), as_another_user(image)
    folder = image.path(last.last("WORKDIR"))
    log = image.path("/data") / "log"
    with log.open("w") as written:
        server = subprocess.Popen(
            [*runner, *command], cwd=folder, env=environment, stderr=written, stdout=written
        )
    try:
        assert subprocess.run(check, env=environment, capture_output=True).returncode != 0
        while server.poll() is None:
            run = subprocess.run([*runner, *check], cwd=folder, env=environment, timeout=60)
            if run.returncode == 0:
                break
            time.sleep(0.5)
        assert server.poll() is None, log.read_text()
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/videos/sample", method="POST")
        with urllib.request.urlopen(asked, timeout=120) as answer:
            assert answer.status == 201
        if runner:
            status = Path(f"/proc/{server.pid}/status").read_text()
            assert re.search(rf"^Uid:\t{USER}\t{USER}\t", status, re.MULTILINE)
        assert list(image.path("/data/uploads/videos").iterdir())
    finally:
        server.terminate()
        assert server.wait(60) is not None
