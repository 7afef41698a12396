"""docs/stacks.md: its table has every stack of the toolkit, and says of each what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from vot.stack import Stack, list_integrated_stacks, resolve_stack

from vot_wrapper.toolkit.experiments import Repaired
from vot_wrapper.toolkit.workspaces import STACKS, reason_against_it, reason_against_the_toolkits

PAGE = (Path(__file__).parents[2] / "docs" / "stacks.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w/]+)` \| .+ \| (.+) \| (.+) \|$", re.MULTILINE)


def handling(name: str) -> tuple[str, str, bool]:
    """What the code does with a stack: the table's cell of how, the beginning of its cell of the
    state, and whether there are local scores."""
    file, copy = Path(resolve_stack(name)), STACKS / f"{name}.yaml"
    if any(reason_against_it(experiment) for experiment in Stack.read(str(file))):
        assert not copy.exists()
        return "not at all", "refused", True
    stack = Stack.read(str(copy if copy.exists() else file))
    assert not any(reason_against_the_toolkits(experiment) for experiment in stack)
    repaired = ", ".join(e.identifier for e in stack if isinstance(e, Repaired))
    content = yaml.safe_load(file.read_text())["experiments"]
    analyzed = any("analyses" in experiment for experiment in content.values())
    return f"`--stack {name}`", f"repaired: {repaired}" if copy.exists() else "runs", analyzed


def test_the_table_has_every_stack_and_says_what_the_code_does() -> None:
    rows = ROW.findall(PAGE)
    assert sorted(name for name, *_ in rows) == sorted(list_integrated_stacks())
    for name, how, state in rows:
        expected, beginning, analyzed = handling(name)
        assert how == expected, name
        assert ("no local scores" in state) is not analyzed, name
        if name == "vots2026/point":
            beginning = "repaired: TraX has no point"
        assert re.fullmatch(rf"{re.escape(beginning)}([:;].*)?", state), name
