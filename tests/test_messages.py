"""Every message that a user can get for a fault, in one file: a changed cause or remedy is a diff.

`tests/messages.txt` is written again by

    .venv/bin/python tests/test_messages.py

The messages are read from the source: what is passed to the project's exceptions, to `Finding`,
`Failure` and `Fault`, to `sys.exit`, `SystemExit` and `parser.error`, and to a log's `warning` and
`error`. `{...}` stands for values; a variable that holds a text is replaced by the text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = Path(__file__).with_name("messages.txt")
SOURCES = ("install.py", "sam2/samurai", "vot_wrapper")
RECORDS = {"Failure", "Fault", "Finding"}
EXITS = {"SystemExit", "exit", "sys.exit", "parser.error", "log.warning", "log.error"}
TEXTS = {"remedy", "replacement"}
"""Methods whose results are parts of messages."""

HEAD = """\
# Every message of tests/test_messages.py, which says how this file is written again.
"""


@dataclass
class Source:
    """A parsed file, named as in the repository."""

    name: str
    tree: ast.Module


def sources() -> list[Source]:
    files: list[Path] = []
    for name in SOURCES:
        path = ROOT / name
        files += [path] if path.is_file() else sorted(path.rglob("*.py"))
    return [
        Source(str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8")))
        for file in files
    ]


def exceptions(read: list[Source]) -> set[str]:
    """Names of the project's exception classes, however deep."""
    bases = {
        node.name: {ast.unparse(base).split(".")[-1] for base in node.bases}
        for source in read
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
    }
    found: set[str] = set()
    while True:
        more = {
            name
            for name, parents in bases.items()
            if parents & ({"Exception", "ValueError", "RuntimeError"} | found)
        }
        if more == found:
            return found
        found = more


def constants(read: list[Source]) -> dict[str, str]:
    """Texts of module constants, where a name has only one."""
    found: dict[str, set[str]] = {}
    for source in read:
        for node in source.tree.body:
            for name, value in assigned(node):
                if is_text(value):
                    found.setdefault(name, set()).add(template(value, {}))
    return {name: next(iter(texts)) for name, texts in found.items() if len(texts) == 1}


def assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Names and values of an assignment, also of one to several names."""
    if not isinstance(node, ast.Assign):
        return
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for name, part in zip(target.elts, value.elts, strict=False):
            if isinstance(name, ast.Name):
                yield name.id, part


def is_text(node: ast.AST) -> bool:
    """Whether an expression has words in it, and isn't only a value that has a name."""
    if isinstance(node, ast.IfExp):
        return is_text(node.body) or is_text(node.orelse)
    added = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)
    joined = isinstance(node, ast.Constant | ast.JoinedStr) or added
    return joined and any(letter.isalpha() for letter in plain(template(node, {})))


def template(node: ast.AST, known: dict[str, str]) -> str:
    """The text that an expression makes, with `{...}` for what isn't known."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(template(part, known) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return template(node.value, known)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [template(side, known) for side in (node.left, node.right)]
        if any(plain(side) for side in sides):
            return "".join(sides)
    if isinstance(node, ast.IfExp):
        return f"({template(node.body, known)} | {template(node.orelse, known)})"
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".format"):
        assert isinstance(node.func, ast.Attribute)
        return template(node.func.value, known)
    if isinstance(node, ast.Name) and node.id in known:
        return known[node.id]
    return "{" + ast.unparse(node) + "}"


def messages(
    function: ast.AST, types: set[str], known: dict[str, str]
) -> Iterator[tuple[str, list[str]]]:
    """Type and texts of every message made in a function (or at a module's top)."""
    local: dict[str, str] = {}
    used: set[str] = set()
    for node in own_nodes(function):
        for name, value in assigned(node):
            again = name not in used
            if is_text(value):
                text = template(value, known | local)
                local[name] = f"{local[name]} | {text}" if again and name in local else text
            elif not again:
                local.pop(name, None)
            used.discard(name)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
            local[name] = local.get(name, "") + template(node.value, known | local)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.split(".")[-1] in types | RECORDS or called in EXITS:
                values = [*node.args, *(key.value for key in node.keywords)]
                texts = [template(value, known | local) for value in values]
                used |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                yield called, [text for text in texts if text]


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """In the order of the text, without the functions inside."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(child, ast.Assign | ast.AugAssign):  # after the calls of its value
            yield from own_nodes(child)
            yield child
        else:
            yield child
            yield from own_nodes(child)


def collected() -> str:
    """The file's text."""
    read = sources()
    types, known = exceptions(read), constants(read)
    out = [HEAD]
    for source in read:
        lines: set[str] = set()
        for function in (source.tree, *ast.walk(source.tree)):
            if not isinstance(function, ast.Module | ast.FunctionDef):
                continue
            for name, texts in messages(function, types, known):
                if any(letter.isalpha() for text in texts for letter in plain(text)):
                    lines.add(f"{name}: {' / '.join(texts)}".replace("\n", "\\n"))
            if isinstance(function, ast.FunctionDef) and function.name in TEXTS:
                for node in own_nodes(function):
                    if isinstance(node, ast.Return) and node.value is not None:
                        lines.add(f"{function.name}: {template(node.value, known)}")
        if lines:
            out += ["", source.name, *(f"  {line}" for line in sorted(lines))]
    return "\n".join(out) + "\n"


def plain(text: str) -> str:
    """Without the values."""
    depth, kept = 0, []
    for letter in text:
        depth += (letter == "{") - (letter == "}")
        kept += [] if depth or letter == "}" else [letter]
    return "".join(kept)


def test_every_message_is_in_the_committed_file() -> None:
    assert collected() == GOLDEN.read_text(encoding="utf-8"), (
        "messages have changed: read them, then run .venv/bin/python tests/test_messages.py"
    )


if __name__ == "__main__":
    GOLDEN.write_text(collected(), encoding="utf-8")
