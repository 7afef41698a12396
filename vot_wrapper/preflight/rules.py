"""Checks a sequence against the requirements of the experiments."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from samurai.cli.finding import Finding, Level
from vot_wrapper.preflight.needs import Needs
from vot_wrapper.preflight.sequence import METADATA, Facts, whole
from vot_wrapper.preflight.truth import BROKEN, EMPTY, SPECIAL, VISIBLE

EVERY_FRAMES = 50  # between VOT's anchors


def check_rules(facts: Facts, needs: Needs) -> Iterator[Finding]:
    """The findings of one sequence under the experiments that are to be run on it."""
    yield from facts.findings
    yield from _rate(facts, needs)
    yield from _objects(facts, needs)
    yield from _restarts(facts, needs)
    for value, experiment in needs.anchors.items():
        yield from _anchors(facts, value, experiment)
    yield from _length(facts, needs)
    if needs.masks and "rectangle" in facts.kinds:
        what = "its ground truth has boxes, but the challenge compares masks"
        remedy = "annotate masks, or take a stack of boxes, for example vot2022/shorttermbox"
        yield Finding("WARN", f"{facts.folder}", what, remedy, kind="boxes")


def _rate(facts: Facts, needs: Needs) -> Iterator[Finding]:
    rate = whole(facts.rate)
    if rate is not None and rate > 0:
        return
    what = f"fps={facts.rate} isn't a whole number above 0"
    if needs.realtime:
        what += f", which {needs.realtime} measures by"
    remedy = "round it; the toolkit accepts no fractions"
    level: Level = "FAIL" if needs.realtime else "WARN"
    yield Finding(level, f"{facts.folder}/{METADATA}", what, remedy, kind="fps")


def _objects(facts: Facts, needs: Needs) -> Iterator[Finding]:
    starts: dict[str, int] = {}
    for name, states in facts.truths.items():
        where = facts.files[name]
        first = next((i for i, state in enumerate(states) if state != SPECIAL), None)
        if first is None:
            what = "the object isn't annotated in any frame"
            remedy = "annotate its first frame, or delete the file"
            yield Finding("FAIL", where, what, remedy, kind="never")
            continue
        starts[name] = first
        if states[first] == EMPTY:
            what = "the object's first region is empty, so no tracker can start from it"
            remedy = "write 0 until the object appears"
            yield Finding("WARN", f"{where}:{first + 1}", what, remedy, kind="empty start")
    if needs.first and starts and min(starts.values()) > 0:
        frame = min(starts.values())
        what = f"no object is annotated in the first frame; the first begins in frame {frame + 1}"
        remedy = f"cut the sequence's first {frame} frames off; {needs.first} starts in the first"
        yield Finding("FAIL", facts.folder, what, remedy, kind="late")
    if needs.single and len(facts.files) > 1:
        what = f"it has {len(facts.files)} objects, and {needs.single} takes one"
        remedy = "take a stack for several objects, for example tests/multiobject"
        yield Finding("FAIL", facts.folder, what, remedy, kind="several")


def _restarts(facts: Facts, needs: Needs) -> Iterator[Finding]:
    """A supervised experiment compares every frame with the truth."""
    for name, states in facts.truths.items() if needs.restarts else ():
        bare = [number for number, state in enumerate(states, start=1) if state == SPECIAL]
        if bare:
            what = f"{len(bare)} frames aren't annotated, which {needs.restarts} takes for failures"
            remedy = "annotate them, or take a stack that doesn't restart: vot2022/shortterm"
            yield Finding("WARN", f"{facts.files[name]}:{bare[0]}", what, remedy, kind="restarts")


def _anchors(facts: Facts, value: str, experiment: str) -> Iterator[Finding]:
    """A multi-start experiment has frames to start in, and the object is annotated there."""
    where = f"{facts.folder}/{value}.value"
    frames = facts.starts.get(value, [])
    unread = any(finding.where.startswith(where) for finding in facts.findings)
    if not frames and not unread:
        what = f"there are no anchors, so {experiment} can't be run"
        yield Finding(
            "WARN", where, what, f"write them: {make_anchors(facts, value)}", kind="no anchors"
        )
    if not facts.truths:
        return  # already reported
    name, states = next(iter(facts.truths.items()))
    for frame in frames:
        state = states[frame] if frame < len(states) else SPECIAL
        if state in (VISIBLE, BROKEN):  # broken rows are already reported
            continue
        absent = state == EMPTY  # other trackers may accept it, ours doesn't
        why = "the object is absent" if absent else "the object isn't annotated"
        row = f"{os.path.basename(facts.files[name])}:{frame + 1}"
        what = f"{experiment} starts in frame {frame + 1}, where {why} ({row})"
        remedy = "put the anchor on a frame in which the object is visible"
        kind = "anchor absent" if absent else "anchor"
        yield Finding("WARN" if absent else "FAIL", f"{where}:{frame + 1}", what, remedy, kind=kind)


def make_anchors(facts: Facts, value: str) -> str:
    """The command that writes VOT's anchors: every 50 frames, backward in the second half."""
    frames = facts.length or max(map(len, facts.truths.values()), default=0)
    program = (
        f"n={frames}; print(*[1 - 2 * (i >= n / 2) if i % {EVERY_FRAMES} == 0 or i == n - 1 "
        "else 0 for i in range(n)], sep=chr(10))"
    )
    return f"python -c '{program}' > {shlex.quote(f'{facts.folder}/{value}.value')}"


def _length(facts: Facts, needs: Needs) -> Iterator[Finding]:
    for experiment, burnin in needs.burnin.items():
        if 0 < facts.length <= burnin:
            what = (
                f"{facts.length} frames, and the measure of {experiment} leaves out the first "
                f"{burnin}: it will be 0"
            )
            remedy = "set the measure's `burnin` lower in a copy of the stack"
            yield Finding("WARN", facts.folder, what, remedy, kind="burn-in")
