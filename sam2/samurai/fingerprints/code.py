"""Digests of the code between image and answer, so that results of changed code are recognized.

It is what the given modules import of the tracker's packages, sam2's modules that the network is
built of, and a policy's own package. Only source counts, without comments and docstrings: a folder,
a working directory, compiled files, a wheel or another version of Python change nothing.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import inspect
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import samurai
from samurai.policies import PolicyChoice

TRACKER = "samurai.tracker"
# These name every policy, flow and point tracker; a setting selects one of them.
REGISTRY = "samurai.policies"
MEMORY_CHECK = "samurai.policies.memory_check"
"""Counts where the setting is on."""
# None of these affects a reply.
IRRELEVANT = frozenset(
    (
        # Settings in force count by their values.
        "samurai.config",
        "samurai.config.settings",
        "samurai.config.text",
        "samurai.config.tracker_config",
        "samurai.networks.sam2.dependency",
        "samurai.networks.transformers_video",
        "samurai.networks.transformers_video.dependency",
        "samurai.spelling",
        "samurai.models.download",
        "samurai.version",
    )
)
_FOREIGN = frozenset(("torch", "numpy", *sys.stdlib_module_names))  # known by their versions
_SKIPPED_FIELDS = frozenset(("ctx", "kind", "type_comment"))

# Python's parser counts its depth for all threads together, and fails where they are in it at once.
_PARSING = threading.Lock()

Places = Mapping[str, Path]
"""Folders of packages, or files of modules, by top-level name."""


def own_places() -> dict[str, Path]:
    """Where this process has the packages of the tracker; sam2 only where it is installed."""
    places = {samurai.__name__: Path(str(samurai.__file__)).parent}
    found = importlib.util.find_spec("sam2")
    if found is not None and found.origin is not None:
        places["sam2"] = Path(found.origin).parent
    return places


def code_of(
    policy: str,
    places: Places | None = None,
    targets: Iterable[str] = (),
    roots: Iterable[str] = (TRACKER,),
    *,
    leaves: Iterable[str] = (),
    irrelevant: Iterable[str] = (),
) -> dict[str, str]:
    """A digest for each module that a policy's answers come from, by the module's name.

    Args:
        policy: a memory policy, with its parameters or without.
        places: where the packages are; None takes those of this process.
        targets: further modules or their members, as a network's configuration names them.
        roots: modules that count with all that they import.
        leaves: modules that count without what they import.
        irrelevant: modules that don't count, beside those that never do.

    Raises:
        ConfigurationError: there is no such policy, or no such parameter.
    """
    own = PolicyChoice.of(policy).kind
    places = {**_places_of(own), **(own_places() if places is None else places)}
    found: dict[str, str] = {}
    seen: set[str] = {REGISTRY, *IRRELEVANT, *irrelevant}
    leaves = frozenset(leaves)
    waiting = [*roots, *(cls.__module__ for cls in own.__mro__)]
    waiting += [name for target in targets for name in (target, target.rpartition(".")[0])]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        file = _file(name, places)
        if file is not None:
            with _PARSING:
                found[name], imports = _read(file.read_bytes())
            if name not in leaves:
                waiting += _absolute(imports, name, file.name == "__init__.py")
    return dict(sorted(found.items()))


def _places_of(policy: type) -> dict[str, Path]:
    """Folders of the packages of an external policy and of its base classes."""
    places = {}
    for cls in policy.__mro__:
        top = cls.__module__.partition(".")[0]
        if top not in _FOREIGN:
            package = sys.modules.get(top)
            file = Path(str(getattr(package, "__file__", None) or inspect.getfile(cls)))
            places[top] = file.parent if file.name == "__init__.py" else file
    return places


def _file(module: str, places: Places) -> Path | None:
    """The source of a module in one of the places; None for any other."""
    top, *rest = module.split(".")
    place = places.get(top)
    if place is None:
        return None
    if not rest:
        candidates = [place, place / "__init__.py"]
    else:
        inner = place.joinpath(*rest)
        candidates = [inner / "__init__.py", inner.parent / f"{inner.name}.py"]
    return next((file for file in candidates if file.is_file()), None)


_Import = tuple[int, str, tuple[str, ...]]  # level, module, names


@functools.lru_cache(maxsize=1024)
def _read(source: bytes) -> tuple[str, tuple[_Import, ...]]:
    """A module's digest and what it imports."""
    tree = _without_docstrings(ast.parse(source))
    digest = hashlib.sha256("".join(_dump(tree)).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return digest, tuple(_imports(tree))


def _imports(tree: ast.Module) -> Iterator[_Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", tuple(alias.name for alias in node.names)


def _absolute(imports: Iterable[_Import], importer: str, package: bool) -> Iterator[str]:
    """Names that may be modules: `from a import b` may mean a.b."""
    for level, module, names in imports:
        base = module
        if level:
            above = importer.split(".")
            above = above[: len(above) - level + package]
            base = ".".join([*above, *([module] if module else [])])
        yield base
        yield from (f"{base}.{name}" for name in names)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return tree


def _dump(node: object) -> Iterator[str]:
    """A tree as text. Not `ast.dump`: that differs from one version of Python to the next."""
    if isinstance(node, ast.AST):
        yield f"{type(node).__name__}("
        for name, value in ast.iter_fields(node):
            if name not in _SKIPPED_FIELDS and value is not None and value != []:
                yield f"{name}="
                yield from _dump(value)
                yield ","
        yield ")"
    elif isinstance(node, list):
        yield "["
        for each in node:
            yield from _dump(each)
            yield ","
        yield "]"
    else:
        yield repr(node)
