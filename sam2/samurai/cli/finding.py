"""Findings: how every check of the project reports, and how findings are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Level = Literal["OK", "INFO", "WARN", "FAIL"]
"""INFO reports something optional that is absent; with WARN the work can go on, with FAIL not."""

INSTALL = "run `make setup` in the clone; outside of one, install the package again"


@dataclass(frozen=True)
class Finding:
    """One result of a check of the installation, of a workspace's data or of a submission.

    Attributes:
        level: how serious it is.
        where: the part that was checked, a file (with its line), or tracker, experiment, sequence
            and object, as far as they apply.
        what: what was found; names the file or the setting. Never holds a secret's value.
        remedy: what to do about it; "" where nothing has to be done.
        kind: equal for findings with the same cause and remedy, which `merged` joins.
        sequence: name of the sequence whose own files it is about; "" for everything else.
    """

    level: Level
    where: str
    what: str
    remedy: str = ""
    kind: str = ""
    sequence: str = ""

    @property
    def warning(self) -> bool:
        """Whether the work can go on all the same."""
        return self.level == "WARN"

    def __str__(self) -> str:
        """One sentence, for errors that quote findings."""
        return f"{self.statement}. Remedy: {self.remedy}"

    @property
    def statement(self) -> str:
        """`where: what`, without a full stop at its end (quoted errors often have one)."""
        return f"{self.where}: {self.what}".rstrip(". ")


def report_line(finding: Finding) -> str:
    """A line of a report in columns; the remedy, if any, follows on a line of its own."""
    what, _, own = finding.what.partition(". Remedy: ")  # of an error that is quoted
    remedies = [f"\n{'':17}-> {each}" for each in (own, finding.remedy) if each]
    return f"{finding.level:4} {finding.where:11} {what}{''.join(remedies)}"


Check = Callable[[Path | None], Iterator[Finding]]
"""Yields the findings of a check; it gets the workspace of the command line, or None."""
