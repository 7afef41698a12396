"""Opening a workspace of the toolkit: which stack, which trackers, which sequences."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from vot import get_logger
from vot.dataset import Sequence
from vot.experiment import Experiment
from vot.experiment.multirun import SupervisedExperiment
from vot.experiment.multistart import MultiStartExperiment
from vot.experiment.referral import ReferralExperiment
from vot.experiment.transformer import Redetection
from vot.stack import Stack, resolve_stack
from vot.tracker import Tracker
from vot.workspace import Workspace

from samurai.cli.finding import Finding
from samurai.errors import ConfigurationError
from vot_wrapper.preflight import Needs, check_workspace, merged
from vot_wrapper.preflight.listing import LIST, read_list
from vot_wrapper.toolkit.bundled import REGISTRY, SECOND_REGISTRY, write_registry
from vot_wrapper.toolkit.experiments import Repaired
from vot_wrapper.toolkit.needs import needs_of

STACKS = Path(__file__).parent / "stacks"
CONFIGURATION = "config.yaml"

Say = Callable[[str], None]


class UnusableData(ConfigurationError):
    """The sequences would make the run fail or its numbers wrong.

    Attributes:
        findings: all that is wrong with them, warnings included.
        sound: names of the sequences that can be run without the others; none where the toolkit
            can't open the workspace, or its list of sequences is wrong.
    """

    def __init__(self, findings: list[Finding], sound: tuple[str, ...] = ()) -> None:
        self.findings, self.sound = findings, sound
        grave = [str(finding) for finding in findings if not finding.warning]
        super().__init__("the sequences can't be used: " + "; ".join(grave))


@dataclass(frozen=True)
class EvaluationContext:
    """A workspace with what an evaluation works on."""

    workspace: Workspace
    trackers: list[Tracker]
    sequences: list[Sequence]
    stack: str | dict[str, Any]  # as it was asked for: a name, a path, or the experiments
    warnings: tuple[Finding, ...] = ()  # about the sequences, where they are to be run

    @property
    def folder(self) -> Path:
        """The workspace's folder, which has its config.yaml."""
        return Path(self.workspace.directory)

    @property
    def data(self) -> Path:
        """The folder of the sequences."""
        return _data(self.folder, self.workspace.sequences)

    def check(self) -> list[Finding]:
        """What is wrong with the sequences, one finding per kind (vot_wrapper.preflight)."""
        chosen = [sequence.name for sequence in self.sequences]
        needs = needs_of(self.workspace.stack)
        return list(merged(check_workspace(self.folder, self.data, needs, chosen)))


def open_workspace(
    folder: Path,
    trackers: tuple[str, ...],
    stack: str | None,
    sequences: tuple[str, ...],
    registry: Path,
    say: Say,
    *,
    to_run: bool = True,
) -> EvaluationContext:
    """Loads a workspace, with another stack than its own if one is named.

    Args:
        folder: the workspace. With a `stack` it is made if it isn't one yet.
        trackers: identifiers of trackers in the workspace's registries.
        stack: name of a stack; None takes the workspace's own.
        sequences: names of the sequences to use; none means all.
        registry: the trackers.ini that a new workspace gets a copy of.
        say: called with a line about each decision.
        to_run: whether the experiments will be run, or only their results are read.

    Raises:
        UnusableData: the sequences would make the run fail or its numbers wrong.
        ConfigurationError: no workspace, unknown stack, tracker or sequence, a stack that the
            installed toolkit can't run, or data that can't be read or downloaded.
    """
    configuration, name = _with_stack(folder, stack, registry, say, to_run)
    data = _data(folder, configuration.get("sequences", "sequences"))
    if not to_run:
        _require_data(data)
    looked_at: tuple[str, ...] = ()  # the toolkit begins with all of them
    try:
        workspace = _load(folder, configuration, data, say)
        if to_run:
            _refuse_broken(workspace.stack)
        found = _trackers(workspace, trackers)
        if to_run:
            refuse_by_folder(workspace.stack, {t.identifier: str(t.protocol) for t in found})
        looked_at = sequences
        warnings = _checked(workspace, data, sequences) if to_run else ()
        return EvaluationContext(workspace, found, _sequences(workspace, sequences), name, warnings)
    except _Unreadable as error:  # the toolkit's error names neither file nor line
        findings = list(merged(check_workspace(folder, data, _needs(configuration), looked_at)))
        if any(not finding.warning for finding in findings):
            raise UnusableData(findings) from error
        raise ConfigurationError(str(error)) from error


def with_stack(context: EvaluationContext, stack: str) -> EvaluationContext:
    """The same workspace, trackers and sequences with another stack, to read results.

    Raises:
        ConfigurationError: the stack is unknown or can't be read.
    """
    folder = context.folder
    configuration, name = _with_stack(folder, stack, folder, lambda _: None, to_run=False)
    return replace(
        context, workspace=_load(folder, configuration, context.data, lambda _: None), stack=name
    )


def _with_stack(
    folder: Path, stack: str | None, registry: Path, say: Say, to_run: bool
) -> tuple[dict[str, Any], Any]:
    """A workspace's configuration with the stack's file in it, and what the stack is called."""
    if stack is not None:  # rejected before a folder is created for it
        stack = from_here(stack)
        _refuse_broken(_read_stack(stack_file(stack, folder)))
    configuration = _configuration(folder, stack, registry, say)
    name = stack or configuration["stack"]
    if isinstance(name, str):  # else config.yaml has the experiments
        path = stack_file(name, folder)
        if to_run:
            _refuse_broken(_read_stack(path))  # before gigabytes are downloaded for it
        configuration["stack"] = str(path)
        if path.is_relative_to(STACKS):
            say(f"stack {name}: our copy of it, the same but for its repaired experiments")
    return configuration, name


class _Unreadable(Exception):
    """The toolkit can't read the workspace's data; the message is the toolkit's, with a remedy."""


def _data(folder: Path, sequences: object) -> Path:
    return folder / str(sequences)


def check_folder(folder: Path) -> list[Finding]:
    """What is wrong with the sequences of a workspace, even one that the toolkit can't load.

    Raises:
        ConfigurationError: it is not a workspace, or its stack can't be read.
    """
    configuration = _configuration(folder, None, folder, lambda line: None)
    name = configuration["stack"]
    if isinstance(name, str):
        configuration["stack"] = str(stack_file(name, folder))
    data = _data(folder, configuration.get("sequences", "sequences"))
    return list(merged(check_workspace(folder, data, _needs(configuration))))


def _checked(workspace: Workspace, data: Path, names: tuple[str, ...]) -> tuple[Finding, ...]:
    """Warnings about the sequences; the toolkit hasn't read their annotations yet.

    Raises:
        UnusableData: there are failures among the findings.
    """
    needs = needs_of(workspace.stack)
    found = check_workspace(Path(workspace.directory), data, needs, names)
    findings = tuple(merged(found))
    wrong = {finding.sequence for finding in found if not finding.warning}
    if not wrong:
        return findings
    known = [sequence.name for sequence in workspace.dataset]
    sound = [name for name in names or known if name in known and name not in wrong]
    raise UnusableData(list(findings), () if "" in wrong else tuple(sound))


def _needs(configuration: dict[str, Any]) -> Needs:
    """The stack's requirements on the sequences; empty where config.yaml has the experiments."""
    name = configuration["stack"]
    return needs_of(_read_stack(Path(name))) if isinstance(name, str) else Needs()


def from_here(stack: str) -> str:
    """A stack's name; the absolute path, if it is that of a file seen from the current folder."""
    file = Path(stack).expanduser()
    return str(file.resolve()) if file.is_file() else stack


def _configuration(folder: Path, stack: str | None, registry: Path, say: Say) -> dict[str, Any]:
    """The workspace's own settings; a folder without any becomes a workspace of `stack`."""
    file = folder / CONFIGURATION
    if not file.exists():
        if stack is None:
            raise ConfigurationError(
                f"{folder} is not a VOT workspace (no {CONFIGURATION}). Remedy: name one with "
                "--workspace, or make one there with --stack, for example --stack vot2022/shortterm"
            )
        folder.mkdir(parents=True, exist_ok=True)
        # The toolkit's own name, so that `vot pack` names the official stack in a submission.
        content = {"registry": _registries(folder, registry), "stack": stack}
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        say(f"new workspace for {stack} in {folder}")
    found = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    if not isinstance(found, dict) or not {"registry", "stack"} <= found.keys():
        raise ConfigurationError(f"{file} names no `registry` and `stack`: add both")
    return found


def _registries(folder: Path, registry: Path) -> list[str]:
    """The registries of a new workspace: a copy of ours, beside an existing trackers.ini."""
    if not (folder / REGISTRY).exists():
        write_registry(folder / REGISTRY, registry)
        return [f"./{REGISTRY}"]
    write_registry(folder / SECOND_REGISTRY, registry)
    return [f"./{REGISTRY}", f"./{SECOND_REGISTRY}"]


def stack_file(name: str, folder: Path) -> Path:
    """Our copy of a stack where there is one, else what the toolkit finds under this name.

    Raises:
        ConfigurationError: there is none; the message lists our copies.
    """
    copied = STACKS / f"{name}.yaml"
    if copied.exists():
        return copied
    found = resolve_stack(name, str(folder))
    if found is None:
        copies = [path.relative_to(STACKS).with_suffix("") for path in STACKS.rglob("*.yaml")]
        ours = sorted(copy.as_posix() for copy in copies)
        raise ConfigurationError(
            f"there is no stack {name!r}. Allowed are {', '.join(ours)}, the other stacks of the "
            f"toolkit, and the path of a stack file, from the current folder or from {folder}"
        )
    return Path(found)


def _require_data(data: Path) -> None:
    """Refuse to show results where the toolkit would first download the data set."""
    if not data.is_dir() or not any(data.iterdir()):
        raise ConfigurationError(
            f"there are no sequences in {data}, so there can't be results of them. Remedy: run "
            "`samurai evaluate` first, or restore that folder"
        )


def _read_stack(path: Path) -> Stack:
    try:
        return Stack.read(str(path))
    except Exception as error:  # the toolkit raises anything
        raise ConfigurationError(
            f"the stack {path} can't be read: {type(error).__name__}: {error}. Remedy: check its "
            "experiments, their `type`s and options against an official stack"
        ) from error


def _load(folder: Path, configuration: dict[str, Any], data: Path, say: Say) -> Workspace:
    # The toolkit's log matters to its own commands only; but a download of gigabytes, which begins
    # when the list of sequences is missing, must be visible.
    listed = (data / LIST).exists()
    get_logger().setLevel(logging.WARNING if listed else logging.INFO)
    if not listed:
        _, findings = read_list(data, _needs(configuration).downloads)
        if findings:  # own sequences, which a download would only hide
            raise _Unreadable(str(findings[0]))
        say(f"no sequences in {data} yet: the toolkit downloads those of the stack")
    try:
        return Workspace(str(folder), **configuration)
    except Exception as error:  # the toolkit raises anything, from KeyError to requests' own
        raise _Unreadable(
            f"the workspace {folder} can't be opened: {type(error).__name__}: {error}. Remedy: "
            "check its config.yaml, its stack, and sequences/list.txt; a download needs a network"
        ) from error
    finally:
        get_logger().setLevel(logging.WARNING)


def _refuse_broken(stack: Stack) -> None:
    for reason_against in (reason_against_it, reason_against_the_toolkits):
        for experiment in stack:
            reason = reason_against(experiment)
            if reason is not None:
                raise ConfigurationError(
                    f"can't run {experiment.identifier} of the stack: {reason}"
                )


def refuse_by_folder(stack: Stack, protocols: Mapping[str, str]) -> None:
    """Refuse trackers of the folder protocol where an experiment drives them frame by frame.

    Args:
        protocols: by the trackers' identifiers.
    """
    driven = [e.identifier for e in stack if e.realtime or isinstance(e, SupervisedExperiment)]
    by_folder = [name for name, protocol in protocols.items() if protocol.startswith("folder")]
    if driven and by_folder:
        raise ConfigurationError(
            f"{', '.join(by_folder)} can't run {', '.join(driven)}: the folder protocol hands over "
            "whole videos, and this experiment goes frame by frame. Remedy: take a section with "
            "`protocol = traxpython`, for example samurai"
        )


def reason_against_it(experiment: Experiment) -> str | None:
    """Why an experiment can't be run here at all, and what to do; None if it can."""
    if isinstance(experiment, ReferralExperiment):
        return (
            "it names its objects in words, and this tracker reads no text, only boxes, masks and "
            "points. Remedy: take another stack, for example vots2026/main"
        )
    anchored = isinstance(experiment, MultiStartExperiment)
    if anchored and any(isinstance(t, Redetection) for t in experiment.transformers):
        return (
            "it starts at anchors, and the sequences that its redetection transformer makes have "
            "none; no version of the toolkit runs it. Remedy: leave it out in a copy of the stack"
        )
    return None


def reason_against_the_toolkits(experiment: Experiment) -> str | None:
    """Why the toolkit's own experiment needs our repaired one instead; None if it doesn't."""
    if isinstance(experiment, Repaired):
        return None
    hurt = isinstance(experiment, (MultiStartExperiment, SupervisedExperiment))
    if not hurt and experiment.realtime is None:
        return None
    return (
        "vot-toolkit 0.9 can't run it. Remedy: in a copy of the stack write samurai-multistart, "
        "samurai-supervised or samurai-unsupervised as the experiment's `type`, and name the "
        "copy's path"
    )


def _trackers(workspace: Workspace, names: tuple[str, ...]) -> list[Tracker]:
    known = workspace.registry.identifiers()
    found = []
    for name in names:
        if name not in workspace.registry:
            raise ConfigurationError(
                f"there is no tracker {name!r} in the registries of this workspace. Available: "
                f"{', '.join(known) or 'none'}"
            )
        found.append(_runnable(workspace.registry[name]))
    return found


def _runnable(tracker: Tracker) -> Tracker:
    """The tracker with its interpreter quoted: the toolkit splits command lines at spaces."""
    if tracker.protocol not in ("traxpython", "folderpython") or "python" in tracker._args:
        return tracker
    quoted = copy(tracker)
    quoted._args = {**tracker._args, "python": shlex.quote(sys.executable)}
    return quoted


def _sequences(workspace: Workspace, names: tuple[str, ...]) -> list[Sequence]:
    known = {sequence.name: sequence for sequence in workspace.dataset}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ConfigurationError(
            f"there is no sequence {', '.join(unknown)} in this workspace. Available: "
            f"{', '.join(known)}"
        )
    chosen = [known[name] for name in names] or list(known.values())
    for sequence in chosen:
        try:
            sequence.objects()  # reads the annotations
        except Exception as error:
            raise _Unreadable(
                f"the sequence {sequence.name} can't be read: {type(error).__name__}: {error}. "
                "Remedy: complete its folder (sequence, groundtruth.txt, the images), or leave it "
                "out of sequences/list.txt"
            ) from error
    return chosen
