"""What the code imports is what setup.cfg declares: at the top of a file, or as an extra inside."""

from __future__ import annotations

import ast
import configparser
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Where a module has another name than the distribution that brings it.
DISTRIBUTIONS = {
    "antlr4": "antlr4-python3-runtime",
    "cv2": "opencv-python",
    "hydra": "hydra-core",
    "PIL": "pillow",
    "trax": "vot-trax",
    "vot": "vot-toolkit",
    "yaml": "pyyaml",
}
OWN = {"benchmarks", "samurai", "samurai_training", "vot_wrapper"}
# sam2 is installed by a command of its own (README.md); cotracker is on no index.
ELSEWHERE = {"sam2", "cotracker"}
# With the extra whose modules a room may import at the top of a file.
ROOMS = {"sam2/samurai": None, "vot_wrapper": "vot", "sam2/samurai_training": None}


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """Top-level modules that a file imports, and whether its own import waits for them.

    An import inside a function may be of an extra; so may one for type checkers only.
    """
    tree = ast.parse(file.read_text(encoding="utf-8"))
    late = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef))
        or (isinstance(outer, ast.If) and "TYPE_CHECKING" in ast.dump(outer.test))
        for inner in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found = [node.module or ""]
        else:
            continue
        yield from ((name.partition(".")[0], id(node) not in late) for name in found)


def declared(repository: Path) -> tuple[set[str], dict[str, set[str]]]:
    """The names of setup.cfg: what everybody gets, and every extra."""
    setup = configparser.ConfigParser()
    setup.read(repository / "setup.cfg")

    def names(text: str) -> set[str]:
        return {canonicalize_name(Requirement(line).name) for line in text.splitlines() if line}

    extras = {name: names(text) for name, text in setup["options.extras_require"].items()}
    return names(setup["options"]["install_requires"]), extras


def third_party(repository: Path, room: str) -> Iterator[tuple[str, bool, str]]:
    for file in sorted((repository / room).rglob("*.py")):
        for module, at_once in imports(file):
            if module not in sys.stdlib_module_names | OWN | ELSEWHERE:
                yield DISTRIBUTIONS.get(module, module), at_once, f"{file.name}: {module}"


@pytest.mark.parametrize("room", ROOMS)
def test_every_import_is_declared(repository: Path, room: str) -> None:
    required, extras = declared(repository)
    at_top = required | extras.get(ROOMS[room] or "", set())
    optional = required.union(*(names for extra, names in extras.items() if extra != "test"))
    problems = {
        what
        for name, at_once, what in third_party(repository, room)
        if canonicalize_name(name) not in (at_top if at_once else optional)
    }
    assert problems == set()


def used(repository: Path, rooms: Iterable[str]) -> set[str]:
    return {canonicalize_name(name) for room in rooms for name, *_ in third_party(repository, room)}


def test_every_requirement_is_imported_by_the_library(repository: Path) -> None:
    """What only the VOT side imports is an extra; and what sam2 needs (see README.md) is there."""
    required, extras = declared(repository)
    of_sam2 = {"hydra-core", "iopath", "omegaconf", "tqdm"}
    assert required - used(repository, ["sam2/samurai"]) <= of_sam2
    assert required & extras["vot"] == set()


def test_the_extra_vot_is_what_the_vot_side_imports(repository: Path) -> None:
    """But for what is named to keep a broken version of a dependency's dependency away."""
    _, extras = declared(repository)
    assert extras["vot"] - used(repository, ["vot_wrapper"]) == {"attributee"}


def test_an_undeclared_import_is_found(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(
        "import numpy.linalg\nfrom . import b\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import pandas\n\ndef f():\n    from ray.util import x\n"
    )
    assert set(imports(file)) == {
        ("numpy", True),
        ("typing", True),
        ("pandas", False),
        ("ray", False),
    }
