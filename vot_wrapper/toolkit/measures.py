"""The measures of a stack's analyses, as columns of the project's tables."""

from __future__ import annotations

from dataclasses import dataclass

from vot.analysis import Analysis, Axes, Measure, Sorting
from vot.analysis.accuracy import AverageAccuracy
from vot.analysis.longterm import AccuracyRobustness, AverageQualityAuxiliary
from vot.experiment import Experiment

from samurai.evaluation.table import Column
from vot_wrapper.toolkit.experiments import Repaired

QUALITY = "Q"
MEANINGS = {
    "EAO": "expected average overlap",
    "A": "accuracy: mean overlap while the target is held",
    "R": "robustness: how long the target is held",
    "accuracy": "mean overlap over whole sequences, lost or not",
}
"""Of the measures of single objects."""
# VOTS's measures. Its A and R are not those of multi-start, though they are called the same.
OF_VOTS = {
    QUALITY: "quality: mean overlap over all frames, 1 where truth and answer are both empty",
    "A": "accuracy: mean overlap in the frames in which a visible object is held (overlap > 0)",
    "R": "robustness: part of the frames with a visible object in which it is held",
    "NRE": "not-reported error: part of these frames in which the tracker says it is absent",
    "DRE": "drift-rate error: part of these frames in which the tracker is somewhere else",
    "ADQ": "absence-detection quality: part of the frames without the object in which it says so",
}


@dataclass(frozen=True)
class Measured:
    """One number of an analysis.

    Attributes:
        experiment, analysis: where it comes from.
        index: its place among the analysis' results.
        measure: the toolkit's description.
    """

    experiment: Experiment
    analysis: Analysis
    index: int
    measure: Measure

    @property
    def column(self) -> Column:
        """Its column in a table."""
        name = self.measure.abbreviation or self.measure.name
        severally = getattr(self.experiment, "multiobject", False)
        quality = isinstance(self.analysis, AverageAccuracy) and severally
        if quality:
            name = QUALITY
        of_vots = isinstance(self.analysis, (AccuracyRobustness, AverageQualityAuxiliary))
        meaning = OF_VOTS.get(name, "") if quality or of_vots else ""
        repaired = isinstance(self.experiment, Repaired)
        return Column(self.experiment.identifier, name, repaired, meaning=meaning)

    @property
    def is_error(self) -> bool:
        """Whether less is better."""
        return bool(self.measure.direction == Sorting.ASCENDING)


def measures_of(experiment: Experiment) -> list[Measured]:
    """All numbers of an experiment's analyses, in their order."""
    return [
        Measured(experiment, analysis, index, measure)
        for analysis in per_tracker(experiment)
        for index, measure in enumerate(analysis.describe())
        if isinstance(measure, Measure)
    ]


def per_tracker(experiment: Experiment) -> list[Analysis]:
    """Analyses with one result per tracker."""
    return [
        analysis
        for analysis in experiment.analyses
        if analysis.compatible(experiment) and analysis.axes == Axes.TRACKERS
    ]
