"""The shipped stacks: copies of the official ones, and the one for the bundled sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import vot.stack
import yaml
from vot.dataset import load_dataset
from vot.stack import Stack

from vot_wrapper.toolkit.experiments import Repaired
from vot_wrapper.toolkit.workspaces import STACKS

OFFICIAL = Path(vot.stack.__file__).parent
BUNDLED = Path(__file__).parents[2] / "vot_workspace"
COPIES = sorted(path.relative_to(STACKS).as_posix() for path in STACKS.rglob("*.yaml"))
REPAIRED = {"multistart": "samurai-multistart"}


def test_every_affected_short_term_stack_is_there() -> None:
    affected = [
        path.relative_to(OFFICIAL).as_posix()
        for year in ("vot2020", "vot2021", "vot2022")
        for path in (OFFICIAL / year).glob("shortterm*.yaml")
        if "type: multistart" in path.read_text()
    ]
    assert sorted(affected) == COPIES


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_differs_in_the_type_of_its_experiments_only(name: str) -> None:
    official = yaml.safe_load((OFFICIAL / name).read_text())
    copy = yaml.safe_load((STACKS / name).read_text())
    for experiment in official["experiments"].values():
        experiment["type"] = REPAIRED.get(experiment["type"], experiment["type"])
    assert copy == official


@pytest.mark.parametrize("path", [*(STACKS / name for name in COPIES), BUNDLED / "stack.yaml"])
def test_the_toolkit_reads_a_stack_and_finds_the_repaired_experiments(path: Path) -> None:
    stack = Stack.read(str(path))
    repaired = [e.identifier for e in stack if isinstance(e, Repaired)]
    assert repaired == ["baseline", "realtime"]
    assert all(
        analysis.compatible(experiment) for experiment in stack for analysis in experiment.analyses
    )


def test_the_bundled_bounds_fit_the_bundled_sequences() -> None:
    lengths = [len(sequence) for sequence in load_dataset(str(BUNDLED / "sequences"))]
    experiments: dict[str, Any] = yaml.safe_load((BUNDLED / "stack.yaml").read_text())[
        "experiments"
    ]
    bounds = {
        (analysis["low"], analysis["high"])
        for experiment in experiments.values()
        for analysis in experiment["analyses"]
        if analysis["type"] == "multistart_eao_score"
    }
    ((low, high),) = bounds
    assert 10 < low < high < min(lengths)  # every sequence counts at every length


def test_several_objects_are_measured_as_the_toolkit_does_it_but_for_the_first_frame() -> None:
    official = yaml.safe_load((OFFICIAL / "tests" / "multiobject.yaml").read_text())
    ours = yaml.safe_load((BUNDLED / "multiobject" / "stack.yaml").read_text())
    (expected,), (experiment,) = (s["experiments"].values() for s in (official, ours))
    for analysis in expected["analyses"]:
        if "burnin" in analysis:
            analysis["burnin"] = 1  # why: see stack.yaml
    assert experiment == expected
    stack = Stack.read(str(BUNDLED / "multiobject" / "stack.yaml"))
    assert all(
        analysis.compatible(experiment) for experiment in stack for analysis in experiment.analyses
    )
