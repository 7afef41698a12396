"""One line of the report of `samurai doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Level = Literal["OK", "INFO", "WARN", "FAIL"]

INSTALL = "run `make setup` in the clone; outside of one, install the package again"


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    `level` is INFO for what isn't there and needn't be; `remedy` says what to do, or what can be
    done.
    """

    level: Level
    subject: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f"\n{'':17}-> {self.remedy}" if self.remedy else ""
        return f"{self.level:4} {self.subject:11} {self.text}{remedy}"


Check = Callable[[Path | None], Iterator[Finding]]
"""What is checked; a check gets the workspace that was asked for, or None."""
