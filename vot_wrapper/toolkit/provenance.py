"""Provenance of results: recorded when they are made, compared when they are shown or submitted.

The toolkit keeps results by tracker name alone. A tracker whose section, weights or code changed
half-way has results of two versions that look like one run. So for each sequence of an experiment
the workspace's folder `provenance` has a line with the fingerprint of the tracker that made its
results and a digest of these results, so that files of another origin are recognized.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vot.tracker import Tracker

from samurai.cli.finding import Finding
from vot_wrapper.toolkit.fingerprint import Fingerprint, differences, digest, fingerprint
from vot_wrapper.toolkit.sections import Section
from vot_wrapper.toolkit.workspaces import EvaluationContext

FOLDER = "provenance"
FORMAT = 2
_SHOWN = 3  # sequences that a line names

OLDER = "an older version of samurai noted less"
UNFINISHED = "the run that was to renew them did not end"
NOT_RECORDED = "not recorded, or written by something else than `samurai evaluate` since"

Place = tuple[str, str]  # experiment and sequence


@dataclass(frozen=True)
class _Note:
    fingerprint: Fingerprint
    results: str | None  # digest of the result files; None during the run
    current: bool  # whether it has the present format


@dataclass(frozen=True)
class ResultStatus:
    """Which of a tracker's complete results are stale, and which have an unknown origin.

    Attributes:
        stale: changes since results were made, with the places of these results.
        unknown: reasons for an unknown origin, with the places of these results.
    """

    tracker: str
    stale: dict[str, list[Place]] = field(default_factory=dict)
    unknown: dict[str, list[Place]] = field(default_factory=dict)

    def problems(self, again: str) -> list[Finding]:
        """Findings for a submission: stale results can't be packed, those of unknown origin can.

        Args:
            again: the command that runs the tracker.
        """
        return [
            *(
                Finding(
                    "FAIL",
                    self.tracker,
                    f"{_named(places)} stale: since then {change}",
                    f"run `{again} --force`",
                )
                for change, places in self.stale.items()
            ),
            *(
                Finding(
                    "WARN",
                    self.tracker,
                    f"it isn't known with what {_named(places)} made ({reason})",
                    f"unless you know that nothing has changed since, run `{again} --force`",
                )
                for reason, places in self.unknown.items()
            ),
        ]


def section_of(tracker: Tracker) -> Section:
    """A tracker's section as the registry has it."""
    return Section.of(tracker.identifier, Path(tracker.source), tracker.describe())


def fingerprint_of(tracker: Tracker) -> Fingerprint:
    """The fingerprint of a tracker as it is now."""
    return fingerprint(section_of(tracker))


def begin(
    workspace: Path, tracker: Tracker, experiment: str, sequence: str, fingerprint: Fingerprint
) -> bool:
    """Record that a run of a sequence begins; returns whether it must begin at its first frame.

    It must where part of its results has another or an unknown fingerprint, which the rest would be
    mixed with.
    """
    before = _notes(workspace, tracker).get((experiment, sequence))
    same = before is not None and before.current and before.fingerprint == fingerprint
    _write(workspace, tracker, experiment, sequence, fingerprint, None)
    return not same


def note(
    workspace: Path, tracker: Tracker, experiment: str, sequence: str, fingerprint: Fingerprint
) -> None:
    """Record the fingerprint of a sequence's results; a full disk is not an error.

    The fingerprint is taken before the run, because changes during a run don't affect it.
    """
    results = _digest_of(workspace, tracker, (experiment, sequence))
    _write(workspace, tracker, experiment, sequence, fingerprint, results)


def result_status(context: EvaluationContext, tracker: Tracker) -> ResultStatus:
    """Compare a tracker's current fingerprint with those of its complete results."""
    notes = _notes(context.folder, tracker)
    section = section_of(tracker)
    stale: dict[str, list[Place]] = defaultdict(list)
    unknown: dict[str, list[Place]] = defaultdict(list)
    compared: dict[str, str] = {}
    for place in _complete(context, tracker):
        found = notes.get(place)
        if found is not None and not found.current:
            unknown[OLDER].append(place)
        elif found is not None and found.results is None:
            unknown[UNFINISHED].append(place)
        elif found is None or found.results != _digest_of(context.folder, tracker, place):
            unknown[NOT_RECORDED].append(place)
        else:
            key = digest(found.fingerprint)
            if key not in compared:
                compared[key] = "; ".join(differences(found.fingerprint, section))
            if compared[key]:
                stale[compared[key]].append(place)
    return ResultStatus(tracker.reference, dict(stale), dict(unknown))


def _complete(context: EvaluationContext, tracker: Tracker) -> list[Place]:
    """Experiments and sequences with all their results."""
    found = []
    for experiment in context.workspace.stack:
        with contextlib.suppress(Exception):  # unusable data is reported by the run
            for sequence in experiment.transform(context.sequences):
                if experiment.scan(tracker, sequence)[0]:
                    found.append((experiment.identifier, sequence.name))
    return found


def _named(places: list[Place]) -> str:
    shown = ", ".join("/".join(place) for place in places[:_SHOWN])
    more = len(places) - _SHOWN
    verb = "is" if len(places) == 1 else "are"
    return f"{shown} and {more} more {verb}" if more > 0 else f"{shown} {verb}"


def _digest_of(workspace: Path, tracker: Tracker, place: Place) -> str:
    """Of a sequence's result files, by name and content; times are left out, because no answer
    depends on them."""
    folder = workspace / "results" / tracker.reference / place[0] / place[1]
    seen = hashlib.sha256()
    for file in sorted(folder.glob("*.*")):
        if not file.name.endswith("_time.value"):
            seen.update(f"{file.name} {file.stat().st_size}\n".encode())
            seen.update(file.read_bytes())
    return seen.hexdigest()[:12]


def _write(
    workspace: Path,
    tracker: Tracker,
    experiment: str,
    sequence: str,
    fingerprint: Fingerprint,
    results: str | None,
) -> None:
    """Appends a line; a fingerprint is written in full only the first time."""
    key = digest(fingerprint)
    line: dict[str, Any] = {"format": FORMAT, "experiment": experiment, "sequence": sequence}
    line |= {"made": key, "results": results}
    with contextlib.suppress(OSError):
        file = _file(workspace, tracker)
        file.parent.mkdir(exist_ok=True)
        text = _text(file)
        with file.open("a", encoding="utf-8") as notes:
            if text and not text.endswith("\n"):  # a truncated line
                notes.write("\n")
            if key not in _parsed(text)[1]:
                notes.write(json.dumps({"format": FORMAT, "made": key, "with": fingerprint}) + "\n")
            notes.write(json.dumps(line) + "\n")


def _notes(workspace: Path, tracker: Tracker) -> dict[Place, _Note]:
    """The newest note per experiment and sequence."""
    return _parsed(_text(_file(workspace, tracker)))[0]


def _text(file: Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        return file.read_text(encoding="utf-8", errors="replace")
    return ""


def _parsed(text: str) -> tuple[dict[Place, _Note], dict[str, Fingerprint]]:
    """Notes by place and fingerprints by key; a truncated line is skipped."""
    found: dict[Place, _Note] = {}
    fingerprints: dict[str, Fingerprint] = {}
    for line in text.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            if "experiment" not in entry:
                fingerprints[entry["made"]] = dict(entry["with"])
                continue
            place = (entry["experiment"], entry["sequence"])
            if entry.get("format") == FORMAT:
                found[place] = _Note(fingerprints[entry["made"]], entry["results"], True)
            else:
                found[place] = _Note({}, None, False)
    return found, fingerprints


def _file(workspace: Path, tracker: Tracker) -> Path:
    return workspace / FOLDER / f"{tracker.reference}.jsonl"
