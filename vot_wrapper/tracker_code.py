"""A digest of the tracker's code, so that results made by other code are known as such."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import samurai
from samurai.policies import policy_class

PACKAGE = "samurai"
ROOT = "samurai.tracker"
# It names every policy; which one runs is told by its own module.
REGISTRY = "samurai.policies"


@functools.cache
def code_digest(policy: str) -> str:
    """Of the package's modules that this policy needs; comments and docstrings don't count.

    Raises:
        ConfigurationError: there is no such policy.
    """
    own = policy_class(policy)
    trees: dict[str, ast.Module] = {}
    waiting = [ROOT, own.__module__]
    if _file(own.__module__) is None:  # from another package: only the module itself is known
        trees[own.__module__] = ast.parse(Path(inspect.getfile(own)).read_bytes())
    while waiting:
        name = waiting.pop()
        file = _file(name)
        if name in trees or file is None or name == REGISTRY:
            continue
        trees[name] = ast.parse(file.read_bytes())
        waiting += _imported(trees[name])
    seen = hashlib.sha256()
    for name in sorted(trees):
        seen.update(f"{name} {ast.dump(_without_docstrings(trees[name]))}\n".encode())
    return seen.hexdigest()[:12]


def _file(module: str) -> Path | None:
    """The file of one of this package's modules; None for any other."""
    first, *rest = module.split(".")
    if first != PACKAGE:
        return None
    place = Path(str(samurai.__file__)).parent.joinpath(*rest)
    found = (place / "__init__.py", place.with_suffix(".py"))
    return next((file for file in found if file.is_file()), None)


def _imported(tree: ast.Module) -> Iterator[str]:
    """Names that may be modules: `from a import b` may mean a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return tree
