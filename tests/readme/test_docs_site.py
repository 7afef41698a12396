"""The site of docs/: every page is in its navigation, the API page has every public name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "sam2"
SITE = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^::: ([\w.]+)$", API, re.MULTILINE)


def module_and_name(target: str) -> tuple[ast.Module, str]:
    """The module of a dotted name, and the name in it; "" for the module itself."""
    place = PACKAGES.joinpath(*target.split("."))
    if place.with_suffix(".py").exists():
        return ast.parse(place.with_suffix(".py").read_text(encoding="utf-8")), ""
    return ast.parse(place.parent.with_suffix(".py").read_text(encoding="utf-8")), place.name


def test_every_page_is_in_the_navigation() -> None:
    listed = re.findall(r": ([\w-]+\.md)$", SITE, re.MULTILINE)
    assert sorted(listed) == sorted(page.name for page in (ROOT / "docs").glob("*.md"))


def test_the_site_loads_nothing_from_elsewhere() -> None:
    assert "font: false" in SITE and "http" not in SITE
    style = (ROOT / "docs" / "style.css").read_text(encoding="utf-8")
    assert "  - style.css" in SITE and "url(" not in style and "@import" not in style


@pytest.mark.parametrize("target", SHOWN)
def test_what_the_api_shows_is_there_with_words(target: str) -> None:
    module, name = module_and_name(target)
    if not name:
        assert ast.get_docstring(module)
        return
    named = {
        node.name: ast.get_docstring(node)
        for node in module.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    aliases = {  # a sentence of the page describes them
        ast.unparse(node.target): f"`{name}`" in API
        for node in module.body
        if isinstance(node, ast.AnnAssign)
    }
    assert {**named, **aliases}[name]


@pytest.mark.parametrize("package", ["samurai", "samurai.video", "samurai.jobs"])
def test_the_api_has_every_public_name(package: str) -> None:
    tree = ast.parse((PACKAGES.joinpath(*package.split(".")) / "__init__.py").read_text("utf-8"))
    (names,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    known = {target.rpartition(".")[2] for target in SHOWN} | {"SamuraiError", "__version__"}
    assert set(names) <= known
    for name in set(names) - {"__version__"}:
        assert f"`{name}`" in API, "a sentence names it"
