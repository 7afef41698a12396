"""The HTML report: the toolkit's, with named curves, legends and a table per sequence."""

from __future__ import annotations

import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import vot
from vot.analysis.accuracy import AverageSuccessPlot
from vot.analysis.longterm import AccuracyRobustness, AverageQualityAuxiliary
from vot.analysis.multistart import AverageAccuracyRobustness, EAOCurve
from vot.analysis.supervised import AverageAccuracyRobustness as SupervisedAccuracyRobustness
from vot.experiment import Experiment
from vot.report import Plot, generate_document
from vot.report.common import StackAnalysesPlots, StackAnalysesTable
from vot.tracker import Tracker

from samurai.evaluation.pictures.report import add_item, link_pictures, pictures_page
from samurai.evaluation.report_page import Legend, improve
from samurai.evaluation.table import SequenceTable
from vot_wrapper.toolkit.experiments import Repaired
from vot_wrapper.toolkit.workspaces import EvaluationContext

TITLES = {
    EAOCurve: "expected average overlap by length of run",
    AverageAccuracyRobustness: "accuracy by robustness",
    SupervisedAccuracyRobustness: "accuracy by robustness",
    AverageSuccessPlot: "share of frames whose overlap exceeds a threshold",
    AccuracyRobustness: "accuracy by robustness",
    AverageQualityAuxiliary: "absence detection and errors",
}
MOST_IN_PLOT = 10  # trackers that a plot's own legend names


class NamedPlots(StackAnalysesPlots):  # type: ignore[misc]
    """The toolkit's plots of all analyses, with titles for readers and legends."""

    async def perexperiment(
        self, experiment: Experiment, trackers: list[Tracker], sequences: Any
    ) -> list[Plot]:
        """The plots of one experiment."""
        plots: list[Plot] = await super().perexperiment(experiment, trackers, sequences)
        titles = {analysis.name: _title(analysis) for analysis in experiment.analyses}
        for plot in plots:
            name = plot.identifier.removeprefix(f"{experiment.identifier}_").rpartition("_")[0]
            plot._identifier = f"{experiment.identifier}: {titles.get(name, name)}"
            if len(trackers) <= MOST_IN_PLOT:
                _add_legend(plot, trackers)
        return plots


def _title(analysis: Any) -> str:
    """What an analysis' plot shows, in words."""
    known = next((text for kind, text in TITLES.items() if type(analysis) is kind), "")
    return known or str(analysis.title)


def _add_legend(plot: Plot, trackers: list[Tracker]) -> None:
    from matplotlib.colors import to_hex
    from matplotlib.lines import Line2D

    handles = []
    for tracker in trackers:
        style = plot._manager.plot_style(tracker).point_style()
        handle = Line2D([], [], color=to_hex(style["c"][0]), label=tracker.label)
        if plot.axes.collections:  # points, not lines
            handle.set(marker=style["marker"], linestyle="")
        handles.append(handle)
    plot.axes.legend(handles=handles, loc="best", fontsize="small", frameon=False)


def write_report(
    context: EvaluationContext, trackers: list[Tracker], name: str, tables: list[SequenceTable]
) -> Path:
    """Write the report called `name` and return its page.

    Args:
        context: the workspace, with the stack that scored.
        trackers: those with complete results.
        name: of the report.
        tables: the measures of every sequence.
    """
    workspace = context.workspace
    index = list(workspace.report.index) or [StackAnalysesTable(), NamedPlots()]
    style = own_colors(workspace.report.style)
    report = SimpleNamespace(style=style, sort=workspace.report.sort, index=index)
    shown = SimpleNamespace(
        storage=workspace.storage, stack=workspace.stack, dataset=workspace.dataset, report=report
    )
    selected = [sequence.name for sequence in context.sequences]
    generate_document(shown, trackers, "html", name, selected)
    page = context.folder / "reports" / name / "report.html"
    improve(page, [_legend(style, tracker) for tracker in trackers], tables)
    repaired = [e.identifier for e in workspace.stack if isinstance(e, Repaired)]
    if repaired:
        label = (
            f"{', '.join(repaired)} (vot-toolkit {vot.__version__} can't run its own; these "
            "measure what 0.7.4 did)"
        )
        add_item(page, "Repaired experiments", label)
    pictures = pictures_page(context.folder)
    if pictures.exists():
        link_pictures(page, pictures)
    return page


def own_colors(style: Any) -> Any:
    """A style manager that begins with the first color.

    The toolkit has one for all workspaces of a process, which counts every tracker that it has ever
    seen, so that two of a report could get the same color.
    """
    own = copy.copy(style)
    own._legends = {}
    return own


def _legend(style: Any, tracker: Tracker) -> Legend:
    from matplotlib.colors import to_hex

    return Legend(tracker.label, str(to_hex(style.plot_style(tracker).point_style()["c"][0])))
