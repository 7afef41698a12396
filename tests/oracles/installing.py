"""Installs a package of a page's own text, by the page's own command, but without a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def install(document: str, files: Mapping[str, str], folder: Path) -> Path:
    """The folder that the package was installed into.

    Args:
        document: has the command, `pip install ... -e .`.
        files: of the package, by name.
        folder: to work in.
    """
    project, site = folder / "project", folder / "site"
    project.mkdir()
    for name, content in files.items():
        (project / name).write_text(content, encoding="utf-8")
    command = re.search(r"\bpip (install [^`\n]*) -e \.", document)
    assert command is not None, "the page lost its command"
    offline = ["--no-index", "--no-build-isolation", "--quiet", "--target", str(site)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *command.group(1).split(), *offline, "."],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return site


def run_beside(site: Path, arguments: Sequence[str]) -> str:
    """What Python prints with these arguments where the package is installed beside samurai."""
    paths = [str(site), str(ROOT / "sam2"), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
