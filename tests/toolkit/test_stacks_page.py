"""docs/stacks.md: its table has every stack of the toolkit, and says of each what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from vot.stack import Stack, list_integrated_stacks, resolve_stack

from vot_wrapper.toolkit.experiments import Repaired
from vot_wrapper.toolkit.workspaces import STACKS, reason_against_it, reason_against_the_toolkits

PAGE = (Path(__file__).parents[2] / "docs" / "stacks.md").read_text(encoding="utf-8")
ROWS = {
    name: (measures, how, state)
    for name, measures, how, state in re.findall(
        r"^\| `([\w/]+)` \| (.+) \| (.+) \| (.+) \|$", PAGE, flags=re.MULTILINE
    )
}


def official(name: str) -> Stack:
    return Stack.read(resolve_stack(name))


def test_the_table_has_every_stack_once() -> None:
    assert sorted(ROWS) == sorted(list_integrated_stacks())
    assert len(re.findall(r"^\| `[\w/]+` \|", PAGE, flags=re.MULTILINE)) == len(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_the_state_is_what_the_code_does(name: str) -> None:
    _, how, state = ROWS[name]
    copy = STACKS / f"{name}.yaml"
    if any(reason_against_it(experiment) for experiment in official(name)):
        assert state.startswith("refused: ") and how == "not at all"
        assert not copy.exists()
        return
    assert how == f"`--stack {name}`"
    assert re.split("[:;]", state)[0] == ("repaired" if copy.exists() else "runs")
    stack = Stack.read(str(copy)) if copy.exists() else official(name)
    assert not any(reason_against_the_toolkits(experiment) for experiment in stack)


@pytest.mark.parametrize("name", ROWS)
def test_the_repaired_experiments_are_named(name: str) -> None:
    copy = STACKS / f"{name}.yaml"
    named = re.fullmatch(r"repaired: ([\w, ]+)(;.*)?", ROWS[name][2])
    if not copy.exists():
        assert named is None
        return
    repaired = [e.identifier for e in Stack.read(str(copy)) if isinstance(e, Repaired)]
    assert named is not None
    assert named.group(1) in (", ".join(repaired), "TraX has no point")


@pytest.mark.parametrize("name", ROWS)
def test_local_scores_are_promised_where_the_stack_has_analyses(name: str) -> None:
    content = yaml.safe_load(Path(resolve_stack(name)).read_text())
    analyzed = any("analyses" in experiment for experiment in content["experiments"].values())
    assert ("no local scores" in ROWS[name][2]) is not analyzed or "refused" in ROWS[name][2]
