"""How `samurai evaluate` marks stale results and results of unknown origin."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from samurai.errors import ConfigurationError
from samurai.evaluation.pictures.report import add_item
from samurai.evaluation.table import STALE_MARK, UNKNOWN_MARK
from samurai.spelling import counted
from vot_wrapper.toolkit.provenance import Place, ResultStatus, result_status
from vot_wrapper.toolkit.scoring import Scores
from vot_wrapper.toolkit.sections import Section, faults
from vot_wrapper.toolkit.workspaces import EvaluationContext


def refuse_faulty(sections: Iterable[Section]) -> None:
    """Refuse to run trackers whose sections have faults.

    Raises:
        ConfigurationError: names every fault of every section, each with its remedy.
    """
    lines = [
        f"[{section.identifier}]: {fault.what}. Remedy: {fault.remedy}"
        for section in sections
        for fault in faults(section)
    ]
    if lines:
        raise ConfigurationError("\n  ".join(lines))


def command(
    tracker: str, stack: str | None, workspace: Path | None, sequences: Sequence[str] = ()
) -> str:
    """The command that runs a tracker, quoted for a shell."""
    parts = ["samurai", "evaluate", tracker.partition("@")[0]]
    parts += ["--stack", stack] if stack is not None else []
    parts += ["--workspace", str(workspace)] if workspace is not None else []
    parts += ["--sequences", *sequences] if sequences else []
    return shlex.join(parts)


def marked(
    context: EvaluationContext, scores: Scores
) -> tuple[Scores, list[tuple[str, ResultStatus]]]:
    """The scores with marks at what is stale or of unknown origin, and why, by tracker.

    The HTML report, if there is one, gets a line for each.
    """
    found = [(tracker.identifier, result_status(context, tracker)) for tracker in context.trackers]
    rows = [
        replace(row, marks=_marks(each)) for row, (_, each) in zip(scores.rows, found, strict=True)
    ]
    told = [(name, each) for name, each in found if each.stale or each.unknown]
    if scores.report is not None:
        for name, each in told:
            for line in [*_reasons("stale", each.stale), *_reasons("unknown", each.unknown)]:
                add_item(scores.report, "Not of the present state", f"{name}, {line}")
    return replace(scores, rows=rows), told


def lines(name: str, found: ResultStatus, again: str) -> list[tuple[str, str]]:
    """Marks and sentences for below the table, with the command that renews the results."""
    renew = f"; renew: {again} --force"
    return [
        *((STALE_MARK, f"{name}, {text}{renew}") for text in _reasons("stale", found.stale)),
        *((UNKNOWN_MARK, f"{name}, {text}{renew}") for text in _reasons("unknown", found.unknown)),
    ]


def _reasons(kind: str, places: dict[str, list[Place]]) -> list[str]:
    return [f"{_named(found)}: {kind}: {reason}" for reason, found in places.items()]


def _named(places: list[Place]) -> str:
    """Experiments with the number of their sequences: `baseline (2 sequences)`."""
    counts: dict[str, int] = {}
    for experiment, _ in places:
        counts[experiment] = counts.get(experiment, 0) + 1
    return ", ".join(f"{e} ({counted(n, 'sequence')})" for e, n in counts.items())


def _marks(found: ResultStatus) -> dict[str, str]:
    """By experiment, and under "" for all; stale goes before unknown."""
    marks = {}
    for mark, reasons in ((UNKNOWN_MARK, found.unknown), (STALE_MARK, found.stale)):
        for places in reasons.values():
            for experiment, _ in places:
                marks[experiment] = marks[""] = mark
    return marks
