"""Policies side by side through the toolkit: workspaces made for it, and their results as values.

An ablation never writes into a workspace: it makes one of its own for each, with the same sequences
and experiments and with a tracker for every combination. Its results have the toolkit's layout and
are reused like any others.
"""

from __future__ import annotations

import configparser
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from vot.analysis.accuracy import AverageAccuracy, Overlaps, SequenceAccuracy
from vot.dataset import Sequence as VotSequence
from vot.experiment import Experiment
from vot.experiment.multirun import MultiRunExperiment
from vot.tracker import Tracker

import samurai
import vot_wrapper
from samurai.config import TrackerConfig
from samurai.config.settings import setting_named
from samurai.errors import ConfigurationError
from samurai.evaluation.ablation.values import Combination, Overlap, Part
from vot_wrapper.settings import variable_names
from vot_wrapper.toolkit import provenance
from vot_wrapper.toolkit.attributes import TABLE, Table, attributes_of, read_table
from vot_wrapper.toolkit.running import (
    Failure,
    ResultObserver,
    RunObserver,
    run_missing,
    survey_runs,
)
from vot_wrapper.toolkit.runs import runs_of
from vot_wrapper.toolkit.scoring import score
from vot_wrapper.toolkit.workspaces import (
    CONFIGURATION,
    EvaluationContext,
    open_workspace,
    stack_file,
)

REGISTRY = "trackers.ini"
COMMAND = "vot_wrapper"
TIMEOUT = 600  # seconds for a reply, as in the repository's trackers.ini
REPORT = "ablation"


@dataclass(frozen=True)
class Workload:
    """The work of a task: its sequences over all experiments, and the frames of their runs."""

    sequences: int
    frames: int


@dataclass(frozen=True)
class Task:
    """One combination in one of an ablation's workspaces."""

    combination: Combination
    folder: Path

    @property
    def workspace(self) -> str:
        """The workspace's name: that of its folder."""
        return self.folder.name


def derive(source: Path, folder: Path, combinations: Sequence[Combination]) -> None:
    """Makes or renews an ablation's workspace: another one's sequences, stack and attributes.

    Real-time experiments are left out, because other work on the machine would change their timing.

    Args:
        source: a workspace whose stack is a name, a path, or experiments.
        folder: the new workspace; existing results are kept.

    Raises:
        ConfigurationError: `source` is not a workspace, or its stack can't be read.
    """
    file = source / CONFIGURATION
    if not file.exists():
        raise ConfigurationError(f"{source} is not a VOT workspace: it has no {CONFIGURATION}")
    found = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    stack = found["stack"]
    if isinstance(stack, str):
        text = stack_file(stack, source).read_text(encoding="utf-8")
        stack = yaml.load(text, Loader=yaml.BaseLoader)
    experiments = {n: e for n, e in stack["experiments"].items() if "realtime" not in e}
    sequences = source / str(found.get("sequences", "sequences"))
    folder.mkdir(parents=True, exist_ok=True)
    configuration = {
        "registry": [f"./{REGISTRY}"],
        "sequences": str(sequences.resolve()),
        "stack": {"title": stack.get("title", source.name), "experiments": experiments},
    }
    (folder / CONFIGURATION).write_text(yaml.safe_dump(configuration), encoding="utf-8")
    (folder / TABLE).unlink(missing_ok=True)
    if (source / TABLE).exists():
        shutil.copy(source / TABLE, folder / TABLE)
    _write_registry(folder / REGISTRY, combinations, os.environ)


def _write_registry(
    file: Path, combinations: Sequence[Combination], environ: Mapping[str, str]
) -> None:
    """A section per combination; what else `SAMURAI_*` variables say holds for all of them."""
    roots = [Path(str(module.__file__)).resolve().parents[1] for module in (vot_wrapper, samurai)]
    given = {f"env_{name}": environ[name] for name in variable_names() if name in environ}
    registry = configparser.ConfigParser(interpolation=None)
    for combination in combinations:
        section = {
            "label": f"{combination.what} {combination.model_name}",
            "protocol": "traxpython",
            "command": COMMAND,
            "paths": os.pathsep.join(str(root) for root in roots),
            "timeout": str(TIMEOUT),
            **given,
            "env_SAMURAI_MODEL": combination.model,
            "env_SAMURAI_POLICY": combination.policy,
            **_changed(combination.setting),
        }
        # The toolkit reads percent signs as references.
        registry[combination.identifier] = {k: v.replace("%", "%%") for k, v in section.items()}
    with file.open("w", encoding="utf-8") as stream:
        registry.write(stream)


def _changed(setting: str) -> dict[str, str]:
    """The tracker's variable of a setting, NAME=VALUE."""
    name, _, value = setting.partition("=")
    return {f"env_{setting_named(TrackerConfig, name).variable}": value} if setting else {}


def open_derived(folder: Path, combinations: Sequence[Combination]) -> EvaluationContext:
    """An ablation's workspace with the trackers of these combinations.

    Raises:
        ConfigurationError: it can't be used; the message says what to do.
    """
    names = tuple(combination.identifier for combination in combinations)
    return open_workspace(folder, names, None, (), folder / REGISTRY, lambda line: None)


def workload_of(task: Task, observer: ResultObserver, force: bool) -> Workload:
    """The work that a task has left (all of it with `force`); truncated results are removed."""
    context = open_derived(task.folder, [task.combination])
    (tracker,) = context.trackers
    count, frames = 0, 0
    for experiment in context.workspace.stack:
        survey = survey_runs(experiment, tracker, context.sequences, observer, force)
        for sequence in survey.missing:
            count += 1
            runs = runs_of(experiment, tracker, sequence)
            frames += sum(len(run.frames) * len(run.files) for run in runs)
    return Workload(count, frames)


def run_task(task: Task, observer: RunObserver, force: bool) -> list[Failure]:
    """Run the missing results, or everything; safe to call from several threads."""
    context = open_derived(task.folder, [task.combination])
    return run_missing(context, context.trackers[0], observer, force)


def measure(folder: Path, combinations: Sequence[Combination]) -> Part:
    """One workspace's numbers: the toolkit's measures, and overlaps per sequence."""
    context = open_derived(folder, combinations)
    scores = score(context, REPORT)
    table = read_table(folder)
    found = {
        combination: _overlaps(context, tracker, table)
        for combination, tracker in zip(combinations, context.trackers, strict=True)
    }
    return Part(
        folder.name,
        tuple(scores.columns),
        {c: row.values for c, row in zip(combinations, scores.rows, strict=True)},
        {c: overlaps for c, overlaps in found.items() if overlaps is not None},
        scores.eao_note,
    )


def stale(folder: Path, combination: Combination) -> list[str]:
    """What has changed since a combination's results were made, or why that isn't known, a
    sentence each."""
    context = open_derived(folder, [combination])
    found = provenance.result_status(context, context.trackers[0])
    return [problem.what for problem in found.problems("")]


def _overlaps(
    context: EvaluationContext, tracker: Tracker, table: Table
) -> dict[str, Overlap] | None:
    """Of every sequence, by the stack's unsupervised experiment; None unless that is complete."""
    for experiment in context.workspace.stack:
        analysis = _overlap_analysis(experiment)
        if analysis is None:
            continue
        sequences = experiment.transform(context.sequences)
        if not all(experiment.scan(tracker, sequence)[0] for sequence in sequences):
            return None
        return {s.name: _overlap(experiment, analysis, tracker, s, table) for s in sequences}
    return None


def _overlap_analysis(experiment: Experiment) -> Overlaps | None:
    """The overlaps behind an experiment's mean overlap, with the options of that analysis."""
    if not isinstance(experiment, MultiRunExperiment):
        return None
    for analysis in experiment.analyses:
        if isinstance(analysis, AverageAccuracy):
            options: Any = analysis.analysis
            assert isinstance(options, SequenceAccuracy)
            names = ("burnin", "ignore_unknown", "ignore_invisible", "bounded", "threshold")
            return Overlaps(**{n: getattr(options, n) for n in names if _is_set(options, n)})
    return None


def _is_set(options: Any, name: str) -> bool:
    return getattr(options, name) is not None


def _overlap(
    experiment: Experiment,
    analysis: Overlaps,
    tracker: Tracker,
    sequence: VotSequence,
    table: Table,
) -> Overlap:
    """Means over a sequence's frames and over those of its attributes; its objects count alike."""
    (runs,) = analysis.subcompute(experiment, tracker, sequence, [])
    marked = attributes_of(sequence, table)
    parts: dict[str, list[tuple[float, int]]] = {attribute: [] for attribute in marked}
    by_object: dict[str, list[float]] = {}
    for name, overlaps, frames in runs:
        by_object.setdefault(name, []).append(float(np.mean(overlaps)) if len(overlaps) else 0.0)
        for attribute, chosen in marked.items():
            inside = overlaps[chosen[frames]]
            if inside.size:
                parts[attribute].append((float(np.mean(inside)), int(inside.size)))
    return Overlap(
        float(np.mean([np.mean(repetitions) for repetitions in by_object.values()])),
        {
            attribute: (float(np.mean([m for m, _ in found])), sum(count for _, count in found))
            for attribute, found in parts.items()
            if found
        },
    )
