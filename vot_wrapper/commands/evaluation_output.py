"""What `samurai evaluate` prints after the runs: table, legend, tables per sequence, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samurai.evaluation.pictures.report import pictures_page
from samurai.evaluation.table import REPAIRED_MARK, render
from vot_wrapper.commands.console import Console

if TYPE_CHECKING:
    from vot_wrapper.toolkit.scoring import Scores
    from vot_wrapper.toolkit.workspaces import EvaluationContext

LOCAL_STACK = "tests/multiobject"  # scores the results of the VOTS challenges
OFFICIAL_EAO_BOUNDS = (115, 755)  # frames; the short-term stacks of VOT 2020 to 2022


def show_scores(
    console: Console,
    context: EvaluationContext,
    scores: Scores,
    stale: list[str],
    per_sequence: bool,
) -> None:
    """Print the table, its legend, its stale numbers, and the paths of the reports.

    Args:
        console: prints the lines.
        context: the workspace, with the stack that scored.
        scores: the numbers.
        stale: lines about numbers of other settings.
        per_sequence: whether to print the measures of every sequence too.
    """
    for line in _without_measures(context):
        console.say(line)
    if per_sequence:
        for table in scores.sequences:
            console.say(f"\n{table.title}, worst first")
            console.say(render(table.columns, table.rows, "sequence"))
    if all(value is None for row in scores.rows for value in row.values):
        console.say("\nno scores: not one experiment is complete")
        return
    console.say(f"\n{render(scores.columns, scores.rows)}\n")
    for line in [*_legend(context, scores), *stale]:
        console.say(line)
    console.say()
    if scores.report is None:
        console.say("report       none: no tracker is complete")
    else:
        console.say(f"report       {scores.report}")
        console.say(f"numbers      {scores.document}")
    if scores.csv is not None:
        console.say(f"sequences    {scores.csv}")
    _show_pictures(console, context)


def _without_measures(context: EvaluationContext) -> list[str]:
    """Advice for a stack without measures; nothing for others."""
    from vot_wrapper.toolkit.local_scores import have_truth, same_results
    from vot_wrapper.toolkit.needs import is_hidden, scores_nothing
    from vot_wrapper.toolkit.workspaces import stack_file

    if not scores_nothing(context.workspace.stack):
        return []
    server = ": the challenge's server scores what is submitted"
    lines = [f"\nthis stack has no local scores{server * is_hidden(context.workspace.stack)}"]
    if not have_truth(context.sequences):
        lines.append(
            "These sequences have no ground truth after the first region, so nothing can be scored "
            "here. Look at the results with `samurai visualize`."
        )
    elif same_results(context.workspace.stack, stack_file(LOCAL_STACK, context.folder)):
        lines.append(
            f"The same results are scored on this workspace's ground truth by `--score-with "
            f"{LOCAL_STACK}`, which runs nothing again."
        )
    return lines


def _show_pictures(console: Console, context: EvaluationContext) -> None:
    """Print the path of the pictures, if there are any."""
    from vot_wrapper.toolkit.recordings import newest_result

    page = pictures_page(context.folder)
    if page.exists():
        old = page.stat().st_mtime < newest_result(context.folder)
        note = " (older than some results: draw them again with `samurai visualize`)" if old else ""
        console.say(f"pictures     {page}{note}")


def _legend(context: EvaluationContext, scores: Scores) -> list[str]:
    """A line for every term of the table."""
    from vot_wrapper.toolkit.measures import MEANINGS

    known = {
        **MEANINGS,
        "EAO": f"{MEANINGS['EAO']} over {_bounds(scores)}",
        "fps": "frames per second until the reply, reading the image included; without realtime",
    }
    # Each pair once, in the table's order; a name may mean different things in two experiments.
    words = dict.fromkeys((c.measure, c.meaning or known.get(c.measure)) for c in scores.columns)
    pairs = [(mark, text) for mark, text in words if text]
    if any(column.repaired for column in scores.columns):
        pairs.append(
            (
                REPAIRED_MARK,
                "repaired experiment: vot-toolkit 0.9.0 can't run its own; ours measures what "
                "0.7.4 did",
            )
        )
    if scores.eao_note:
        pairs.append(("!", scores.eao_note))
    if scores.shared:
        text = f"measured while several processes shared the machine: {', '.join(scores.shared)}"
        pairs.append(("fps", text))
    return [f"{mark:8}  {text}" for mark, text in pairs]


def _bounds(scores: Scores) -> str:
    """The run lengths that EAO is averaged over, with a note where they aren't VOT's."""
    runs = "runs of " + ", ".join(f"{low} to {high}" for low, high in scores.eao_bounds) + " frames"
    if scores.eao_bounds == [OFFICIAL_EAO_BOUNDS]:
        return runs
    return f"{runs} (VOT's published values: {OFFICIAL_EAO_BOUNDS[0]} to {OFFICIAL_EAO_BOUNDS[1]})"
