"""The archive against what a challenge's page asks, from the sequences and the archive alone.

`samurai submit` compares an archive with the result files. This check begins at the other end: from
the sequences' own folders it lists what the challenge expects, so that an error in the code that
both sides of that comparison share is seen too.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from vot.experiment import Experiment
from vot.experiment.multistart import MultiStartExperiment
from vot.region import Mask, Point, Region, Special
from vot.region.io import read_trajectory
from vot.stack import Stack

from vot_wrapper.rehearsal.plans import Plan
from vot_wrapper.submission.packing import MANIFEST
from vot_wrapper.submission.secret_scan import find_secrets

IDENTIFIER = re.compile(r"[A-Za-z0-9-]+")
_KINDS: dict[str, type[Region]] = {"mask": Mask, "point": Point}


@dataclass(frozen=True)
class Check:
    """A requirement of the challenge.

    Attributes:
        what: the requirement.
        problems: how the archive fails it; none if it doesn't.
    """

    what: str
    problems: tuple[str, ...] = ()


def check_archive(
    archive: Path, plan: Plan, stack: Stack, sequences: Path, identifier: str
) -> list[Check]:
    """Every requirement, kept or not.

    Args:
        archive: the zip file.
        stack: the challenge's experiments.
        sequences: the folder of the data set.
        identifier: the tracker's short name, as registered.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            broken = packed.testzip()
            names = Counter(packed.namelist())
            content = {name: packed.read(name) for name in names if name != broken}
    except (OSError, RuntimeError, zipfile.BadZipFile) as error:  # RuntimeError: encrypted
        return [Check("the archive can be read", (f"{archive.name}: {error}",))]
    expected = dict(_expected(stack, sequences))
    checks = [
        Check("the archive can be read", (f"{broken} is damaged",) if broken else ()),
        Check(
            "the identifier has letters, digits and hyphens only",
            () if IDENTIFIER.fullmatch(identifier) else (f"it is {identifier!r}",),
        ),
        *_manifest(content.get(MANIFEST), plan, identifier),
        Check("one trajectory per experiment, sequence, object and run", _names(names, expected)),
        Check("each trajectory has its times", _times(content, expected)),
    ]
    lengths, kinds = [], []
    for name, frames in expected.items():
        if f"{name}.bin" not in content:
            continue
        try:
            regions = read_trajectory(io.BytesIO(content[f"{name}.bin"]))
        except Exception:  # the toolkit raises whatever its parsing of bytes runs into
            lengths.append(f"{name}.bin is cut short, or isn't a trajectory")
            continue
        if len(regions) != frames:
            lengths.append(f"{name}.bin has {len(regions)} of {frames}")
        answers = [region for region in regions if not isinstance(region, Special)]
        if any(not isinstance(region, _KINDS[plan.region]) for region in answers):
            kinds.append(f"{name}.bin has {type(answers[0]).__name__.lower()}s")
    return [
        *checks,
        Check("each trajectory has a region per frame", tuple(lengths)),
        Check(f"every answer is a {plan.region}", tuple(kinds)),
    ]


def _manifest(content: bytes | None, plan: Plan, identifier: str) -> Iterator[Check]:
    try:
        manifest: Any = yaml.safe_load(content) if content is not None else None
    except yaml.YAMLError:
        manifest = None
    if not isinstance(manifest, dict):
        yield Check(f"there is a {MANIFEST}", ("there is none, or it is no mapping in YAML",))
        return
    told = manifest.get("identifier")
    yield Check(
        f"the identifier in {MANIFEST} is the registered one",
        () if told == identifier else (f"it is {told!r}, not {identifier!r}",),
    )
    stack = str(manifest.get("stack"))
    yield Check(
        f"{MANIFEST} names the stack {plan.stack}",
        () if stack == plan.stack else (f"it names {stack}",),
    )
    section = {**(manifest.get("configuration") or {}), "stack": stack}
    found = find_secrets(section, MANIFEST, Path.home())
    secrets = tuple(str(each) for each in found if not each.warning)
    yield Check(f"{MANIFEST} tells no secret and no home directory", secrets)


def _expected(stack: Stack, sequences: Path) -> Iterator[tuple[str, int]]:
    """Names of trajectories in the archive, without extension, and their numbers of regions."""
    for experiment in stack:
        for name in (sequences / "list.txt").read_text(encoding="utf-8").split():
            folder = sequences / name
            for stem, frames in _runs(experiment, folder):
                yield f"{experiment.identifier}/{name}/{name}_{stem}", frames


def _runs(experiment: Experiment, folder: Path) -> Iterator[tuple[str, int]]:
    """The runs of an experiment over a sequence: the rest of their names, and their frames."""
    frames = len((next(folder.glob("groundtruth*.txt"))).read_text().splitlines())
    if isinstance(experiment, MultiStartExperiment):
        anchors = (folder / f"{experiment.anchor}.value").read_text().split()
        for start, anchor in enumerate(map(float, anchors)):
            if anchor:
                yield f"{start:08d}", frames - start if anchor > 0 else start + 1
        return
    objects = sorted(file.stem.partition("_")[2] for file in folder.glob("groundtruth_*.txt"))
    for repetition in range(1, experiment.repetitions + 1):
        for name in objects or [""]:
            yield "_".join(part for part in (name, f"{repetition:03d}") if part), frames


def _names(names: Counter[str], expected: dict[str, int]) -> tuple[str, ...]:
    """What lacks, is too much, or is there twice, among the names in the archive."""
    present = {name.removesuffix(".bin") for name in names if name.endswith(".bin")}
    properties = re.compile(rf"({'|'.join(map(re.escape, expected)) or '$'})_[a-z]+\.value")
    others = [name for name in names if not name.endswith(".bin") and name != MANIFEST]
    return (
        *(f"{name}.bin is missing" for name in sorted(expected.keys() - present)),
        *(f"{name}.bin is not asked for" for name in sorted(present - expected.keys())),
        *(f"{name} is not asked for" for name in others if not properties.fullmatch(name)),
        *(f"{name} is there {count} times" for name, count in names.items() if count > 1),
    )


def _times(content: dict[str, bytes], expected: dict[str, int]) -> tuple[str, ...]:
    problems = []
    for name, frames in expected.items():
        text = content.get(f"{name}_time.value")
        lines = [] if text is None else text.splitlines()
        if len(lines) != frames:
            problems.append(f"{name}_time.value has {len(lines) or 'no'} lines for {frames} frames")
        elif not all(map(_is_duration, lines)):
            problems.append(f"{name}_time.value has lines that aren't seconds")
    return tuple(problems)


def _is_duration(line: bytes) -> bool:
    try:
        return 0 <= float(line) < math.inf
    except ValueError:
        return False
