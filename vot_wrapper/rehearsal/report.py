"""What a rehearsal found, as lines for the terminal and as a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from samurai.spelling import counted
from vot_wrapper.rehearsal.archive import Check
from vot_wrapper.rehearsal.guards import FirstMask
from vot_wrapper.rehearsal.modules import ModuleTable
from vot_wrapper.toolkit.runs import UNNAMED

OK, WARN, FAIL = "OK", "WARN", "FAIL"


@dataclass
class Step:
    """A step of a rehearsal.

    Attributes:
        name: what is done.
        seconds: how long it took.
        state: OK, WARN or FAIL.
        result: in one line.
        details: further lines.
    """

    name: str
    seconds: float = 0.0
    state: str = OK
    result: str = ""
    details: list[str] = field(default_factory=list)

    def finish(self, state: str, result: str, details: list[str] | None = None) -> None:
        """Set the outcome."""
        self.state, self.result, self.details = state, result, details or []


@dataclass
class Rehearsal:
    """A rehearsal so far.

    Attributes:
        title: stack, tracker and data.
        steps: in their order.
    """

    title: str
    steps: list[Step] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Whether nothing failed."""
        return all(step.state != FAIL for step in self.steps)

    def verdict(self) -> list[str]:
        """The result in a line, and what stands against it."""
        against = [step for step in self.steps if step.state != OK]
        failed = sum(step.state == FAIL for step in against)
        if not against:
            return ["READY: every step of the rehearsal passed"]
        if not failed:
            heading = f"READY, with {counted(len(against), 'warning')}"
        else:
            heading = f"NOT READY: {counted(failed, 'step')} failed"
        return [heading + ":", *(f"  {s.state:4}  {s.name}: {s.result}" for s in against)]

    def page(self) -> str:
        """The rehearsal as a Markdown page."""
        lines = [f"# {self.title}", "", *self.verdict(), ""]
        lines += ["| step | state | seconds | result |", "|---|---|---|---|"]
        for step in self.steps:
            lines.append(f"| {step.name} | {step.state} | {step.seconds:.1f} | {step.result} |")
        for step in self.steps:
            if step.details:
                lines += ["", f"## {step.name}", "", "```", *step.details, "```"]
        return "\n".join(lines) + "\n"


def first_mask_lines(found: list[FirstMask]) -> list[str]:
    """A line per sequence: the worst share of a first mask inside its object's box."""
    return [
        f"{each.sequence:16} {_object(each.object):12} "
        + ("empty" if each.share is None else f"{each.share:6.1%} inside the box")
        + ("  <- the background, perhaps" if each.suspicious and each.share is not None else "")
        for each in found
    ]


def _object(name: str) -> str:
    return name if name == UNNAMED else f"object {name}"


def module_lines(table: ModuleTable) -> list[str]:
    """The table of modules, with a heading."""
    width = max((len(row.module) for row in table.rows), default=6)
    heading = f"{'module':{width}}  frames that differ without it ({table.frames} compared)"
    return [heading, *_module_rows(table, width)]


def _module_rows(table: ModuleTable, width: int) -> Iterator[str]:
    for row in table.rows:
        yield f"{row.module:{width}}  {row.share:6.1%}  (off: {row.off})"


def check_lines(checks: list[Check]) -> list[str]:
    """A line per requirement of the challenge, and one per problem."""
    lines = []
    for check in checks:
        lines.append(f"{FAIL if check.problems else OK:4}  {check.what}")
        lines += [f"      {problem}" for problem in check.problems]
    return lines
