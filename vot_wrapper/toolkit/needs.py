"""Requirements of a stack's experiments on the sequences, for the check before the first frame."""

from __future__ import annotations

from vot.experiment import Experiment
from vot.experiment.multirun import MultiRunExperiment, SupervisedExperiment
from vot.experiment.multistart import MultiStartExperiment
from vot.stack import Stack

from vot_wrapper.preflight import Needs


def needs_of(stack: Stack) -> Needs:
    """The needs of experiments that run on the sequences as they are.

    An experiment with transformers makes other sequences of them; its requirements aren't known.
    """
    plain = [experiment for experiment in stack if not list(experiment.transformers)]
    first = [e.identifier for e in plain if isinstance(e, MultiRunExperiment)]
    restarts = [e.identifier for e in plain if isinstance(e, SupervisedExperiment)]
    single = [experiment.identifier for experiment in plain if _takes_one_object(experiment)]
    realtime = [e.identifier for e in stack if e.realtime is not None]
    return Needs(
        anchors={e.anchor: e.identifier for e in plain if isinstance(e, MultiStartExperiment)},
        first=next(iter(first), ""),
        restarts=next(iter(restarts), ""),
        single=next(iter(single), ""),
        realtime=next(iter(realtime), ""),
        burnin={e.identifier: burnin for e in plain if (burnin := _burnin(e))},
        masks=is_hidden(stack),
        downloads=bool(stack.dataset),
    )


def scores_nothing(stack: Stack) -> bool:
    """Whether a stack has no measures of its own: a server scores what is submitted."""
    return not any(list(experiment.analyses) for experiment in stack)


def is_hidden(stack: Stack) -> bool:
    """Whether it is a challenge whose truth is masks that stay on its server."""
    return scores_nothing(stack) and "VOTS" in str(stack.title)


def _takes_one_object(experiment: Experiment) -> bool:
    if isinstance(experiment, (MultiStartExperiment, SupervisedExperiment)):
        return True
    return isinstance(experiment, MultiRunExperiment) and not experiment._multiobject


def _burnin(experiment: Experiment) -> int:
    """The most frames that a measure of an experiment leaves out after the start."""
    if isinstance(experiment, MultiStartExperiment):
        return 0  # there it only says whether regions are cut at the image's border
    measures = [a for a in experiment.analyses if a.compatible(experiment)]
    parts = [part for measure in measures for part in (measure, *measure.dependencies())]
    return max((int(getattr(part, "burnin", 0) or 0) for part in parts), default=0)
