"""The arrows between rooms: who may import whom, in every form that an import has."""

from __future__ import annotations

import ast
import configparser
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from vot_wrapper.commands import ACTIONS, COMMANDS

ROOT = Path(__file__).resolve().parents[1]
SAMURAI = ROOT / "sam2" / "samurai"
WRAPPER = ROOT / "vot_wrapper"

ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "spelling": set(),
    "version": set(),
    "geometry": set(),
    "confidence": set(),
    "speed": {"errors"},
    "regions": {"errors", "geometry"},
    "masks": {"errors", "geometry", "regions"},
    "motion": {"errors", "geometry"},
    "policies": {"errors", "geometry", "motion", "spelling"},
    "runtime": {"errors", "speed"},
    "networks": {"errors", "runtime", "speed"},
    "models": {"errors", "networks", "spelling"},
    "config": {"errors", "models.manifest", "motion", "policies", "speed", "spelling"},
    "core": {
        *("confidence", "errors", "geometry", "masks", "regions", "runtime"),
        *("networks.base", "policies", "models.manifest"),
    },
    "tracker": {
        *("config", "core", "errors", "models", "networks", "policies", "runtime", "speed"),
    },
    "verification": {
        "config",
        "core",
        "errors",
        "models",
        "networks",
        "regions",
        "speed",
        "tracker",
    },
    "loading": {"config", "runtime", "speed", "tracker"},
    "fingerprints": {"config", "errors", "models", "networks.families", "policies"},
    "mask_cleanup": {"errors", "regions"},
    "painting": {"errors"},
    "video": {"errors", "geometry", "masks", "painting", "regions", "runtime", "spelling"},
    "jobs": {
        "discovery",
        *("config", "core", "errors", "fingerprints", "geometry", "masks", "regions", "runtime"),
        *("tracker", "version", "video"),
    },
    "datasets": {"errors", "spelling"},
    "discovery": {"core", "discovery.detectors", "errors", "masks", "regions", "spelling"},
    "discovery.detectors": {
        *("errors", "masks", "networks.transformers_video", "regions", "runtime"),
        "spelling",
    },
    "benchmark": {
        *("config", "confidence", "core", "datasets", "errors", "evaluation", "geometry", "masks"),
        *("fingerprints", "loading", "models", "painting", "policies", "regions", "runtime"),
        *("spelling", "tracker", "version", "video"),
    },
    "evaluation": {"errors", "painting"},
    "web": {
        *("config", "core", "discovery", "errors", "jobs", "loading", "masks", "models"),
        *("painting", "regions", "runtime", "speed", "spelling", "tracker", "version", "video"),
    },
    "cli": {
        "benchmark",
        "datasets",
        "config",
        "core.snapshots",
        "discovery",
        "errors",
        "jobs",
        "loading",
        "models",
        "networks.families",
        "networks.sam2.dependency",
        "regions",
        "runtime",
        "speed",
        "spelling",
        "tracker",
        "version",
        "video",
        "web",
    },
}
"""What each room of `samurai` may import beside itself and the installed packages. A package inside
of another has its own line where it may import less."""

WITHOUT_TORCH = (
    *("confidence", "config", "discovery.detectors", "errors", "geometry", "masks", "motion"),
    *("policies", "regions", "spelling"),
)


def modules(package: Path, name: str) -> Iterator[tuple[str, Path]]:
    """Dotted names and files."""
    for file in sorted(package.rglob("*.py")):
        parts = [name, *file.relative_to(package).with_suffix("").parts]
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def imports(name: str, file: Path, *, inside_functions: bool = True) -> Iterator[str]:
    """Every module that a file imports: absolute, relative, and by `importlib`."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in _nodes(ast.parse(file.read_text(encoding="utf-8")), inside_functions):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base]).rstrip(".")
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func)
            first = node.args[0]
            imported = called.endswith("import_module") or called == "__import__"
            if imported and isinstance(first, ast.Constant):
                yield str(first.value)


def _nodes(tree: ast.AST, inside_functions: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        yield node
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        types_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if inside_functions or not (function or types_only):
            yield from _nodes(node, inside_functions)


def room(name: str) -> str:
    """The room of a module of `samurai`: the innermost that has a line of its own."""
    parts = name.split(".")[1:]
    inner = (".".join(parts[:length]) for length in range(len(parts), 1, -1))
    return next((each for each in inner if each in ROOMS), parts[0] if parts else "")


def within(name: str, allowed: set[str]) -> bool:
    return any(name == f"samurai.{each}" or name.startswith(f"samurai.{each}.") for each in allowed)


ALL = [*modules(SAMURAI, "samurai"), *modules(WRAPPER, "vot_wrapper")]
OWN = [(name, file) for name, file in ALL if name.startswith("samurai.")]
KNOWN = {name for name, _ in ALL}
FILES = dict(ALL)


@functools.cache
def imported(name: str) -> tuple[str, ...]:
    """Every module that one of ours imports."""
    return tuple(imports(name, FILES[name]))


FOREIGN = {"vot_wrapper", "benchmarks", "tests", "samurai_training", "vot", "trax"}


def test_arrows_point_one_way() -> None:
    """`samurai` imports nothing of the wrapper, benchmarks or tests, and its rooms only others
    that they may know."""
    assert {room(name) for name, _ in OWN} == set(ROOMS)
    for name, _ in OWN:
        own = room(name)
        for found in imported(name):
            top = found.split(".")[0]
            assert top not in FOREIGN, f"{name} imports {found}"
            if found in KNOWN and found != "samurai" and room(found) != own:
                assert within(found, ROOMS[own]), f"{name} imports {found}"
            if top == "sam2":
                assert name.startswith("samurai.networks.sam2"), f"{name} imports {found}"


def test_opinions_and_geometry_import_no_torch() -> None:
    """But learned point trackers and flows, inside functions."""
    for name, file in OWN:
        if room(name) in WITHOUT_TORCH:
            found = {each.split(".")[0] for each in imports(name, file, inside_functions=False)}
            assert not found & {"torch", "torchvision"}, name


def test_there_are_no_circles() -> None:
    """Neither at import nor inside functions."""
    graph = {
        name: {each for each in imported(name) if each in KNOWN and each != name} for name in FILES
    }
    graph["samurai"].clear()  # the public names are imported when they are used
    done: set[str] = set()
    path: list[str] = []

    def walk(name: str) -> None:
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name in done:
            return
        path.append(name)
        for each in sorted(graph[name]):
            walk(each)
        path.pop()
        done.add(name)

    for name in graph:
        walk(name)


def test_nobody_starts_benchmarks_or_tests() -> None:
    """In another process, which no import shows."""
    command = re.compile(r"^(benchmarks|tests|samurai_training)(\.\w+)*$")
    for name, file in ALL:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not command.match(node.value), f"{name}: {node.value!r}"


def test_the_toolkit_is_imported_by_its_own_side_only() -> None:
    """It is under the GPL: the tracker process must work without it."""
    process = {"vot_wrapper.trax.process", "vot_wrapper.trax.server"}
    reached, todo = set(process), list(process)
    while todo:
        name = todo.pop()
        for found in imported(name):
            assert found.split(".")[0] != "vot", f"{name} imports {found}"
            if found in FILES and found not in reached:
                reached.add(found)
                todo.append(found)


NEEDED = {"vot": "vot-toolkit", "trax": "vot-trax"}
DOCTOR = "vot_wrapper.toolkit.checks"  # looks first; tests/install/test_without_toolkit.py runs it


def reached(start: str) -> set[str]:
    """Distributions of the extra `vot` that a module imports, or what it imports, however late."""
    found: set[str] = set()
    seen, todo = {start}, [start]
    while todo:
        for each in imported(todo.pop()):
            found |= {NEEDED[top] for top in {each.split(".")[0]} & set(NEEDED)}
            if each in FILES and each not in seen:
                seen.add(each)
                todo.append(each)
    return found


def test_commands_name_what_they_import_of_the_extra() -> None:
    """So that `samurai` can refuse them in one line where it isn't installed."""
    commands = [*COMMANDS, *ACTIONS]
    assert any(reached(command.module) for command in commands)
    for command in commands:
        named = set(command.needs.distributions) if command.needs else set()
        assert reached(command.module) <= named, command.name


def test_what_is_there_without_the_extra_imports_nothing_of_it() -> None:
    """All other entry points that `samurai` loads."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    points = setup["options.entry_points"]
    groups = (group for group in points if group.startswith("samurai."))
    values = [line.split("=")[1] for group in groups for line in points[group].split("\n") if line]
    places = {value.split(":")[0].strip() for value in values}
    assert len(places) > 3
    for module in places - {DOCTOR}:
        assert reached(module) == set(), module


def test_importing_the_package_is_light() -> None:
    """Nothing heavy, before a session is made."""
    code = (
        "import sys; before = set(sys.modules); import samurai; "
        "samurai.Box(1, 2, 3, 4); samurai.SamuraiError; "
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SAMURAI.parent
    )
    loaded = set(run.stdout.split()) - set(sys.stdlib_module_names)
    assert {name for name in loaded if not name.startswith("_")} <= {"samurai", "numpy"}
    assert not loaded & {"torch", "av", "matplotlib", "fastapi", "transformers", "ray", "vot"}


def test_files_and_functions_fit_on_a_screen_or_two() -> None:
    for _, file in ALL:
        text = file.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, f"{file} has {text.count(chr(10))} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= 50, f"{file}: {node.name} has {length} lines"


def test_few_files_lie_flat() -> None:
    assert len(list(SAMURAI.glob("*.py"))) <= 14
