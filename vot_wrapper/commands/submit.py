"""`samurai submit`: check a tracker's results, pack them, and write the texts of a submission."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import shlex
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from samurai.cli.finding import Finding
from samurai.config.settings import settings_of
from samurai.errors import ConfigurationError
from vot_wrapper.commands.evaluate import add_workspace_argument, workspace_folder
from vot_wrapper.preflight import for_submission
from vot_wrapper.settings import Settings
from vot_wrapper.toolkit import bundled

if TYPE_CHECKING:
    from vot.tracker import Tracker

    from vot_wrapper.submission.texts import Submission
    from vot_wrapper.toolkit.completeness import Completeness
    from vot_wrapper.toolkit.workspaces import EvaluationContext

SUBMISSIONS = "submissions"
LOCK = "requirements-lock.txt"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("tracker", metavar="TRACKER", help="its identifier in trackers.ini")
    add_workspace_argument(parser)
    parser.add_argument(
        "--stack",
        help="the challenge, for example vots2025/main (default: the workspace's own stack)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        help="folder for the archive and the texts, empty or new (default: a new one in the "
        f"workspace's {SUBMISSIONS})",
    )


def run(arguments: argparse.Namespace) -> int:
    """Check, pack and write; returns 0 if there is an archive, 1 if there are problems.

    Raises:
        ConfigurationError: the workspace, the stack or the output folder can't be used.
        PackingError: the toolkit's archive is wrong.
    """
    from vot_wrapper.toolkit.completeness import check_completeness

    context, tracker = _open(arguments)
    again = _rerun_command(arguments)
    output = _output(arguments.output, context, tracker)
    _introduce(context, tracker)
    completeness = check_completeness(context, tracker, again)
    problems = [*completeness.problems, *_check_tracker(context, tracker, again)]
    problems += _other_versions(context, tracker, arguments)
    problems += [for_submission(each, context.folder) for each in context.check()]
    warnings = [problem for problem in problems if problem.warning]
    grave = [problem for problem in problems if not problem.warning]
    _print_findings("warning", warnings)
    _print_findings("problem", grave)
    if grave:
        print("\nno archive was made: solve the problems and run the same command again")
        return 1
    _deliver(context, tracker, completeness, warnings, output)
    return 0


def _open(arguments: argparse.Namespace) -> tuple[EvaluationContext, Tracker]:
    """The workspace and the tracker as in trackers.ini (without additions for a run)."""
    from vot.tracker import is_valid_reference

    from vot_wrapper.toolkit.workspaces import CONFIGURATION, open_workspace

    name = arguments.tracker
    if not is_valid_reference(name):
        raise ConfigurationError(
            f"{name!r} is not a valid identifier: VOT allows ASCII letters, digits and hyphens. "
            "Remedy: rename the section of trackers.ini, and the tracker's folder in results/"
        )
    folder = workspace_folder(arguments.workspace)
    if not (folder / CONFIGURATION).exists():
        raise ConfigurationError(
            f"{folder} is not a VOT workspace (it has no {CONFIGURATION}). Remedy: "
            "name the one that `samurai evaluate` ran in with --workspace"
        )
    context = open_workspace(
        folder, (name,), arguments.stack, (), bundled.template(), print, to_run=False
    )
    return context, context.workspace.registry[name]


def _rerun_command(arguments: argparse.Namespace) -> str:
    """The command that runs missing results, quoted for a shell."""
    from vot_wrapper.toolkit.staleness import command

    return command(arguments.tracker, arguments.stack, arguments.workspace)


def _output(given: Path | None, context: EvaluationContext, tracker: Tracker) -> Path:
    """The output folder; not created yet."""
    if given is None:
        name = f"{tracker.reference}_{datetime.now():%Y-%m-%dT%H-%M-%S}"
        return context.folder / SUBMISSIONS / name
    folder = given.expanduser().resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(
            f"{folder} isn't empty. Remedy: name a new folder with --output, so that no text that "
            "you have completed is overwritten"
        )
    return folder


def _check_tracker(context: EvaluationContext, tracker: Tracker, again: str) -> list[Finding]:
    """Findings beside the result files: names, settings, the section's content."""
    from vot_wrapper.submission.secret_scan import find_secrets
    from vot_wrapper.toolkit.provenance import result_status

    where = f"{tracker.reference}, section [{tracker.identifier}] of {Path(tracker.source).name}"
    problems = []
    if "_" in tracker.identifier:
        problems.append(
            Finding(
                "WARN",
                where,
                "the identifier has an underscore, which the toolkit takes and LaTeX doesn't",
                "letters, digits and hyphens are safe: rename the section and the results' folder",
            )
        )
    problems += find_secrets(tracker.describe(), where, Path.home())
    problems += _check_settings(tracker, where)
    return [*problems, *result_status(context, tracker).problems(again)]


def _check_settings(tracker: Tracker, where: str) -> list[Finding]:
    """Settings that the tracker process would reject or ignore, and settings outside
    trackers.ini."""
    from vot_wrapper.toolkit.provenance import section_of
    from vot_wrapper.toolkit.sections import faults

    section = section_of(tracker)
    if not section.ours:
        what = "the tracker isn't this package's, so the texts can't describe it"
        return [Finding("WARN", where, what, "complete what they mark as TODO")]
    # A submission can be packed where the weights are not.
    problems = [
        Finding("WARN" if fault.absent else "FAIL", where, fault.what, fault.remedy)
        for fault in faults(section, to_run=False)
    ]
    decisive = {each.variable for each in settings_of(Settings) if each.name != "log"}
    for name in sorted(decisive & os.environ.keys() - section.env.keys()):
        what = f"{name}={os.environ[name]} is set in this shell and not in the section"
        remedy = f"if the results were made with it, write env_{name} into the section"
        problems.append(Finding("WARN", where, what, remedy))
    return problems


def _other_versions(
    context: EvaluationContext, tracker: Tracker, arguments: argparse.Namespace
) -> list[Finding]:
    """Warnings for results of other versions of the tracker, which are not packed."""
    found = [
        folder.name
        for folder in sorted((context.folder / "results").glob(f"{tracker.identifier}*"))
        if folder.name.partition("@")[0] == tracker.identifier and folder.name != tracker.reference
    ]
    return [
        Finding(
            "WARN",
            tracker.reference,
            f"there are results of {name} too; only those of {tracker.reference} are packed",
            f"if you mean the others, name them: `{_submit(name, arguments)}`",
        )
        for name in found
    ]


def _submit(tracker: str, arguments: argparse.Namespace) -> str:
    """The command that packs another tracker, quoted for a shell."""
    options = {"--stack": arguments.stack, "--workspace": arguments.workspace}
    given = [part for name, v in options.items() if v is not None for part in (name, str(v))]
    return shlex.join(["samurai", "submit", tracker, *given])


def _deliver(
    context: EvaluationContext,
    tracker: Tracker,
    completeness: Completeness,
    warnings: list[Finding],
    output: Path,
) -> None:
    """Pack, write the texts, and list the files; a failed attempt leaves nothing behind."""
    from vot_wrapper.submission.environment_lock import lock
    from vot_wrapper.submission.packing import pack
    from vot_wrapper.submission.texts import write

    existed = output.exists()
    output.mkdir(parents=True, exist_ok=True)
    try:
        archive = pack(context, tracker, context.stack, completeness, output)
        submission = _submission(context, tracker, completeness, warnings, archive)
        written = write(output, submission)
        device = submission.settings.device if submission.settings else "not known"
        (output / LOCK).write_text(lock(device), encoding="utf-8")
    except BaseException:
        for file in output.iterdir():
            file.unlink()
        if not existed:
            output.rmdir()
        raise
    _show(output, [archive, *written, output / LOCK], completeness)


def _submission(
    context: EvaluationContext,
    tracker: Tracker,
    completeness: Completeness,
    warnings: list[Finding],
    archive: Path,
) -> Submission:
    from vot_wrapper.submission.texts import Experiment, Submission
    from vot_wrapper.toolkit.scoring import speed

    described = tracker.describe()
    variables = {name: str(value) for name, value in described.pop("env").items()}
    stack = context.workspace.stack
    names = {experiment.identifier for experiment in stack}
    return Submission(
        identifier=tracker.identifier,
        label=tracker.label,
        section={f"env_{name}": value for name, value in variables.items()},
        settings=_settings(tracker),
        stack=_stack_name(context),
        experiments=[
            Experiment(
                each.identifier, each.realtime is not None, *completeness.counts[each.identifier]
            )
            for each in stack
        ],
        frames=completeness.frames,
        speed=speed(context, tracker, names),
        archive=archive.name,
        toolkit=importlib.metadata.version("vot-toolkit"),
        warnings=warnings,
    )


def _settings(tracker: Tracker) -> Settings | None:
    """What the section and this shell set for this package's tracker, as its process reads them;
    None for another tracker."""
    from vot_wrapper.toolkit.provenance import section_of

    section = section_of(tracker)
    return section.settings(to_run=False) if section.ours else None


def _introduce(context: EvaluationContext, tracker: Tracker) -> None:
    stack = context.workspace.stack
    print(f"workspace    {context.folder}")
    print(f"stack        {_stack_name(context)}: {', '.join(stack.experiments)}")
    print(f"tracker      {tracker.reference} ({tracker.label})")
    print(f"sequences    {len(context.sequences)}")


def _stack_name(context: EvaluationContext) -> str:
    """The stack's name; its title where it has only a path of this machine."""
    name = context.stack
    known = isinstance(name, str) and not name.endswith(".yaml")
    return str(name if known else context.workspace.stack.title)


def _print_findings(kind: str, problems: Iterable[Finding]) -> None:
    """Print the findings of one kind with their number, a line each, and each remedy once."""
    remedies: dict[str, list[Finding]] = {}
    for problem in problems:
        remedies.setdefault(problem.remedy, []).append(problem)
    count = sum(len(group) for group in remedies.values())
    if count:
        print(f"\n{count} {kind}{'s' if count != 1 else ''}")
    for remedy, group in remedies.items():
        for problem in group:
            print(f"  {problem.statement}")
        print(f"    -> {remedy}")


def _show(output: Path, files: list[Path], completeness: Completeness) -> None:
    """List the written files, and what is left to do by hand."""
    words = {
        ".zip": f"{len(completeness.files)} result files, each compared with the original",
        "description-short.txt": "for the results paper's appendix",
        "description-long.md": "for the registration's questionnaire",
        "tracker.bib": "BibTeX of what the tracker rests on",
        "checklist.md": "what remains to be done by you",
        LOCK: "what is installed here",
    }
    width = max(len(file.name) for file in files)
    print(f"\nsubmission   {output}")
    for file in files:
        text = words.get(file.name) or words[file.suffix]
        print(f"  {file.name:{width}}  {text}")
    print("\nnothing has been uploaded: checklist.md lists what remains to be done by you")
