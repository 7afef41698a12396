"""Findings about a workspace's data: joined for printing, and adapted for a submission."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from samurai.cli.finding import Finding

OF_IMAGES = ("images missing", "image damaged", "no images")
NAMED = 3  # further places of the same kind that are named


def for_submission(finding: Finding, folder: Path) -> Finding:
    """The finding among those of `samurai submit`, whose results don't need images any more.

    Paths become relative to the workspace's `folder`, because the texts are published.
    """
    texts = [finding.where, finding.what, finding.remedy]
    where, what, remedy = (text.replace(f"{folder}/", "") for text in texts)
    level = "WARN" if finding.kind in OF_IMAGES else finding.level
    return replace(finding, level=level, where=where, what=what, remedy=remedy)


def merged(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding per kind, which counts and names the others; failures before warnings."""
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
