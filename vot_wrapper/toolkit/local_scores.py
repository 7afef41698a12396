"""Scoring results with the measures of another stack: VOTS's stacks have none of their own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vot.dataset import Sequence
from vot.experiment import Experiment
from vot.experiment.multirun import SupervisedExperiment, UnsupervisedExperiment
from vot.experiment.multistart import MultiStartExperiment
from vot.region import Special
from vot.stack import Stack

from samurai.errors import ConfigurationError
from vot_wrapper.toolkit.needs import scores_nothing
from vot_wrapper.toolkit.workspaces import EvaluationContext, from_here, stack_file, with_stack


def rescored(context: EvaluationContext, name: str) -> EvaluationContext:
    """The same workspace, trackers and sequences with another stack, to score the same results.

    Args:
        context: as it is run.
        name: of the other stack, or the path of a stack file.

    Raises:
        ConfigurationError: there is no such stack, or none of its experiments with measures has
            the results of one of `context`.
    """
    file = stack_file(from_here(name), context.folder)
    if not same_results(context.workspace.stack, file):
        known = ", ".join(e.identifier for e in context.workspace.stack)
        raise ConfigurationError(
            f"the stack {name} measures no results of this one ({known}): an experiment needs the "
            "same name and the same kind of runs. Remedy: take tests/multiobject for the stacks of "
            "VOTS, or a copy of your stack with `analyses`"
        )
    return with_stack(context, name)


def same_results(stack: Stack, file: Path) -> bool:
    """Whether the stack in a file measures results of this one."""
    mine = {experiment.identifier: experiment for experiment in stack}
    other = Stack.read(str(file))
    return not scores_nothing(other) and any(
        list(experiment.analyses) and _is_run_alike(mine.get(experiment.identifier), experiment)
        for experiment in other
    )


def _is_run_alike(mine: Experiment | None, other: Experiment) -> bool:
    """Whether two experiments of one name write the same results."""
    if mine is None or (mine.realtime is None) != (other.realtime is None):
        return False
    kinds = (UnsupervisedExperiment, SupervisedExperiment, MultiStartExperiment)
    if any(isinstance(mine, kind) != isinstance(other, kind) for kind in kinds):
        return False
    return getattr(mine, "multiobject", None) == getattr(other, "multiobject", None)


def have_truth(sequences: Iterable[Sequence]) -> bool:
    """Whether every sequence is annotated after its first region."""
    return all(
        any(_annotated(sequence, name) > 1 for name in sequence.objects()) for sequence in sequences
    )


def _annotated(sequence: Sequence, name: str) -> int:
    """How many frames of an object are annotated."""
    unknown = Sequence.UNKNOWN
    return sum(
        not (isinstance(region, Special) and region.code == unknown)
        for region in sequence.object(name)
    )
