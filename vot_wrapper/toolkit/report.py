"""The HTML report: the toolkit's, with names, legends, our style and a table per sequence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import vot
from vot.analysis.accuracy import AverageSuccessPlot
from vot.analysis.longterm import AccuracyRobustness, AverageQualityAuxiliary
from vot.analysis.multistart import AverageAccuracyRobustness, EAOCurve
from vot.analysis.supervised import AverageAccuracyRobustness as SupervisedAccuracyRobustness
from vot.experiment import Experiment
from vot.report import Plot, Table, generate_document
from vot.report.common import StackAnalysesPlots, StackAnalysesTable
from vot.tracker import Tracker

from samurai.evaluation.pictures.report import add_item, link_pictures, pictures_page
from samurai.evaluation.report_page import Legend, improve
from samurai.evaluation.table import SequenceTable
from vot_wrapper.toolkit.experiments import Repaired
from vot_wrapper.toolkit.measures import MEANINGS, measures_of
from vot_wrapper.toolkit.report_style import own_style, page_look
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
LETTERS = 52  # in a line of it


class NamedTable(StackAnalysesTable):  # type: ignore[misc]
    """The toolkit's table of all measures, with their names of the project's other tables."""

    async def generate(
        self, experiments: Any, trackers: list[Tracker], sequences: Any
    ) -> dict[str, list[Table]]:
        """The table, in the section that the toolkit has for it."""
        found: dict[str, list[Table]] = await super().generate(experiments, trackers, sequences)
        names = [m.column.measure for each in experiments for m in measures_of(each)]
        for table in (table for section in found.values() for table in section):
            table.header[2][:] = [SimpleNamespace(abbreviation=name) for name in names]
        return found


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
    """Name the trackers below a plot; points at its edges are drawn as a whole."""
    from matplotlib.lines import Line2D

    handles = []
    for tracker in trackers:
        style = plot._manager.plot_style(tracker)
        if plot.axes.collections:  # points, not lines
            looks = {"marker": style.point_style()["marker"], "linestyle": ""}
            looks["color"] = _color(style)
        else:
            looks = style.line_style()
        handles.append(Line2D([], [], label=tracker.label, **looks))
    for points in plot.axes.collections:
        points.set_clip_on(False)
    columns = max(1, LETTERS // max(len(tracker.label) + 5 for tracker in trackers))
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16), "ncols": columns}
    plot.axes.legend(handles=handles, **below)


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
    index = list(workspace.report.index) or [NamedTable(), NamedPlots()]
    style = own_style(workspace.report.style)
    report = SimpleNamespace(style=style, sort=workspace.report.sort, index=index)
    shown = SimpleNamespace(
        storage=workspace.storage, stack=workspace.stack, dataset=workspace.dataset, report=report
    )
    selected = [sequence.name for sequence in context.sequences]
    with page_look(), _event_loop():
        generate_document(shown, trackers, "html", name, selected)
    page = context.folder / "reports" / name / "report.html"
    legends = [_legend(style, tracker) for tracker in trackers]
    improve(page, workspace.stack.title, legends, tables, _terms(context))
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


def _terms(context: EvaluationContext) -> dict[str, str]:
    """What the measures of the stack are, by their names; those that need no words are left out."""
    columns = [m.column for each in context.workspace.stack for m in measures_of(each)]
    meanings = {c.measure: c.meaning or MEANINGS.get(c.measure, "") for c in columns}
    return {name: meaning for name, meaning in meanings.items() if meaning}


def _legend(style: Any, tracker: Tracker) -> Legend:
    return Legend(tracker.label, _color(style.plot_style(tracker)))


def _color(style: Any) -> str:
    """A tracker's color in plots, as CSS."""
    from matplotlib.colors import to_hex

    return str(to_hex(style.point_style()["c"][0]))


@contextmanager
def _event_loop() -> Iterator[None]:
    """The event loop that the toolkit expects in this thread: Python 3.14 makes none by itself, nor
    do earlier ones after `asyncio.run`."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        loop.close()
        asyncio.set_event_loop(None)
