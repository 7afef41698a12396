"""What the check of a workspace found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from vot_wrapper.problems import Problem

OF_IMAGES = ("images missing", "image damaged", "no images")
NAMED = 3  # further places of the same kind that are named


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the data, or (a warning) that a person should look at.

    Attributes:
        kind: equal for findings that have the same cause and remedy.
        where: the file, with its line where it has any.
        what: what is wrong with it.
        remedy: what to do about it.
        warning: whether results are right all the same.
        sequence: name of the sequence whose own files it is about; "" for all else.
    """

    kind: str
    where: str
    what: str
    remedy: str
    warning: bool = False
    sequence: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. Remedy: {self.remedy}"

    def as_problem(self, folder: Path) -> Problem:
        """The finding among those of `samurai submit`, whose results don't need images any more.

        Paths are told from the workspace's `folder` on: the texts go out into the world.
        """
        texts = [self.where, self.what, self.remedy]
        where, what, remedy = (text.replace(f"{folder}/", "") for text in texts)
        return Problem(where, what, remedy, self.warning or self.kind in OF_IMAGES)

    def as_values(self) -> dict[str, Any]:
        """JSON values, from which `Finding(**values)` makes it again."""
        return asdict(self)


def merged(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding per kind, which counts and names the others; grave ones before warnings."""
    kinds: dict[tuple[bool, str], list[Finding]] = {}
    for finding in findings:
        kinds.setdefault((finding.warning, finding.kind), []).append(finding)
    for _, (first, *others) in sorted(kinds.items(), key=lambda item: item[0][0]):
        if not others:
            yield first
            continue
        places = [other.where for other in others[:NAMED]]
        more = f", and {len(others) - NAMED} others" if len(others) > NAMED else ""
        yield replace(first, what=f"{first.what} (the same in {', '.join(places)}{more})")
