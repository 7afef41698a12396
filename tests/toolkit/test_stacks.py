"""The shipped stacks: copies of the official ones, and the one for the bundled sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import vot.stack
import yaml
from vot.dataset import load_dataset
from vot.stack import Stack

from vot_wrapper.toolkit.experiments import Repaired
from vot_wrapper.toolkit.workspaces import STACKS, reason_against_it, reason_against_the_toolkits

OFFICIAL = Path(vot.stack.__file__).parent
BUNDLED = Path(__file__).parents[2] / "vot_workspace"
NAMES = sorted(
    path.relative_to(STACKS).with_suffix("").as_posix() for path in STACKS.rglob("*.yaml")
)


def affected(experiment: dict[str, Any], stack: str) -> bool:
    """Whether vot-toolkit 0.9.0 can't run an experiment of a stack, and ours can."""
    return (
        experiment["type"] in ("multistart", "supervised")
        or "realtime" in experiment
        or "transformers" in experiment  # redetection, everywhere
        or stack == "vots2026/point"
    )


def test_every_affected_stack_is_there_unless_it_is_refused() -> None:
    found = []
    for path in OFFICIAL.rglob("*.yaml"):
        name = path.relative_to(OFFICIAL).with_suffix("").as_posix()
        experiments = yaml.safe_load(path.read_text())["experiments"].values()
        refused = any(reason_against_it(experiment) for experiment in Stack.read(str(path)))
        if not refused and any(affected(experiment, name) for experiment in experiments):
            found.append(name)
    assert sorted(found) == NAMES


def test_a_copy_differs_in_the_type_of_affected_experiments_only() -> None:
    for name in NAMES:
        official = yaml.safe_load((OFFICIAL / f"{name}.yaml").read_text())
        for experiment in official["experiments"].values():
            if affected(experiment, name):
                experiment["type"] = f"samurai-{experiment['type']}"
        text = (STACKS / f"{name}.yaml").read_text()
        assert yaml.safe_load(text) == official, name
        assert text.startswith(f"# The toolkit's {name} with its ")


def test_the_toolkit_reads_a_stack_and_finds_the_repaired_experiments() -> None:
    for path in (*(STACKS / f"{name}.yaml" for name in NAMES), BUNDLED / "stack.yaml"):
        stack = Stack.read(str(path))
        assert any(isinstance(experiment, Repaired) for experiment in stack), path
        assert not any(reason_against_the_toolkits(experiment) for experiment in stack), path
        assert compatible(stack), path


def compatible(stack: Stack) -> bool:
    """Whether all analyses of all experiments can be made."""
    return all(analysis.compatible(each) for each in stack for analysis in each.analyses)


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
    assert compatible(stack)
