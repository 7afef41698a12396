"""The steps of a rehearsal, in their order, each with its outcome."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from types import ModuleType

from vot.region import Mask, Point, Special
from vot.stack import Stack, resolve_stack

from samurai import regions
from samurai.errors import ConfigurationError, SamuraiError
from samurai.spelling import counted, did_you_mean, duration
from vot_wrapper.commands import evaluate, submit
from vot_wrapper.commands.console import Interrupt
from vot_wrapper.rehearsal.archive import IDENTIFIER, check_archive
from vot_wrapper.rehearsal.guards import differing_files, first_masks, mask_of, untimed
from vot_wrapper.rehearsal.modules import FRAMES, SEQUENCES, Clip, measure_modules
from vot_wrapper.rehearsal.plans import Plan
from vot_wrapper.rehearsal.report import (
    FAIL,
    OK,
    WARN,
    Rehearsal,
    Step,
    check_lines,
    first_mask_lines,
    module_lines,
)
from vot_wrapper.rehearsal.world import Size, write_data
from vot_wrapper.toolkit.bundled import REGISTRY, write_registry
from vot_wrapper.toolkit.needs import scores_nothing
from vot_wrapper.toolkit.provenance import result_status, section_of
from vot_wrapper.toolkit.running import Failure, run_one
from vot_wrapper.toolkit.sections import sections_of
from vot_wrapper.toolkit.staleness import refuse_faulty
from vot_wrapper.toolkit.workspaces import EvaluationContext, open_workspace, refuse_by_folder

STAMP = ".rehearsal.json"
PART = ".sequences"  # while they are written
AGAIN = "again"  # the workspace of the second run, in that of the first
SUBMISSION = "submission"
PAGE = "rehearsal.md"
NUMBERS = "rehearsal"
INTERRUPTED = 130  # exit code of a command after Ctrl-C

Say = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """What is rehearsed.

    Attributes:
        plan: the challenge.
        tracker: a section of the registry.
        registry: a trackers.ini.
        folder: the workspace, new or of the same rehearsal before.
        size: of the data set.
    """

    plan: Plan
    tracker: str
    registry: Path
    folder: Path
    size: Size


def rehearse(job: Job, say: Say) -> Rehearsal:
    """Runs all steps; one that depends on another that failed is left out.

    Raises:
        ConfigurationError: the folder, the tracker or the stack can't be used.
    """
    _require_tracker(job)
    size = job.size
    rehearsal = Rehearsal(
        f"Rehearsal of {job.plan.stack} with {job.tracker}: "
        f"{counted(size.sequences, 'sequence')} of {size.length} frames, "
        f"{size.width}x{size.height}"
    )
    say(rehearsal.title)
    steps = (
        ("data set", _data),
        ("evaluation", _evaluation),
        ("analysis", _analysis),
        ("first masks", _first_masks),
        ("modules act", _modules),
        ("same bytes in another order", _again),
        ("samurai submit", _submit),
        ("archive", _archive),
    )
    for number, (name, work) in enumerate(steps, start=1):
        step = Step(name)
        rehearsal.steps.append(step)
        say(f"\n== {number}/{len(steps)} {name}")
        started = time.monotonic()
        try:
            work(job, step, say)
        except ConfigurationError:
            raise
        except SamuraiError as error:
            step.finish(FAIL, str(error))
        step.seconds = time.monotonic() - started
        for line in step.details:
            say(f"  {line}")
        say(f"  {step.state}: {step.result} ({duration(step.seconds)})")
        if step.state == FAIL and name in ("evaluation", "samurai submit"):
            break
    return rehearsal


def _require_tracker(job: Job) -> None:
    """Refuse a tracker that can't run or be submitted, before anything is written.

    Raises:
        ConfigurationError: no such section, a name that challenges don't take, a fault of the
            section such as missing weights, or a protocol that doesn't fit the stack.
    """
    sections = {section.identifier: section for section in sections_of(job.registry)}
    section = sections.get(job.tracker)
    if section is None:
        raise ConfigurationError(
            f"{job.registry} has no section [{job.tracker}]{did_you_mean(job.tracker, sections)}. "
            f"Available: {', '.join(sections) or 'none'}. Remedy: choose one with --tracker, or "
            "name your own file with --registry"
        )
    if IDENTIFIER.fullmatch(job.tracker) is None:
        raise ConfigurationError(
            f"[{job.tracker}] can't be submitted: challenges take letters, digits and hyphens, no "
            f"underscores. Remedy: rename the section in {job.registry}, and register that name"
        )
    refuse_faulty([section])
    stack = Stack.read(resolve_stack(job.plan.stack))
    refuse_by_folder(stack, {section.identifier: str(section.rest.get("protocol"))})


def open_job(job: Job, folder: Path | None = None, stack: str | None = None) -> EvaluationContext:
    """The workspace of a rehearsal, made if it is new, with another stack if one is named."""
    return open_workspace(
        folder or job.folder,
        (job.tracker,),
        stack or job.plan.stack,
        (),
        job.registry,
        lambda line: None,
    )


def _data(job: Job, step: Step, say: Say) -> None:
    """Write the sequences; those of the same rehearsal before are kept."""
    stamp = {"stack": job.plan.stack, **asdict(job.size)}
    file = job.folder / STAMP
    if file.is_file():
        if json.loads(file.read_text(encoding="utf-8")) != stamp:
            raise ConfigurationError(
                f"{job.folder} has another rehearsal, of another stack or size. Remedy: name a "
                "new folder with --workspace, or delete that one"
            )
        write_registry(job.folder / REGISTRY, job.registry)  # it may have changed since
        step.finish(OK, f"kept from the rehearsal before, in {job.folder}")
    else:
        part = job.folder / PART  # of a rehearsal that was interrupted
        shutil.rmtree(part, ignore_errors=True)
        if job.folder.exists() and any(job.folder.iterdir()):
            raise ConfigurationError(
                f"{job.folder} isn't empty and has no rehearsal in it. Remedy: name a new folder "
                "with --workspace"
            )
        census = write_data(part, job.plan, job.size)
        part.rename(job.folder / "sequences")
        file.write_text(json.dumps(stamp) + "\n", encoding="utf-8")
        used = sum(each.stat().st_size for each in job.folder.rglob("*.jpg")) / 1e6
        step.finish(OK, f"{census}, {used:.1f} MB")
    open_job(job)  # before anything runs: the tracker and the data must be usable


def _evaluation(job: Job, step: Step, say: Say) -> None:
    """Run what is missing; everything, if settings or code have changed since."""
    options: list[object] = ["--workspace", job.folder, "--stack", job.plan.stack]
    before = open_job(job)
    if result_status(before, before.trackers[0]).stale:
        say("  settings or code have changed: everything is run again")
        shutil.rmtree(job.folder / AGAIN, ignore_errors=True)
        options.append("--force")
    code = _command(evaluate, job.tracker, *options)
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    context = open_job(job)
    counts = [
        f"{each.identifier}: {counted(len(each.transform(context.sequences)), 'sequence')}"
        for each in context.workspace.stack
    ]
    failed = "some sequences have no results: the reasons are above"
    step.finish(OK if code == 0 else FAIL, ", ".join(counts) if code == 0 else failed)


def _analysis(job: Job, step: Step, say: Say) -> None:
    """`vot analysis`, where the stack has measures; else those of a stack with the same results."""
    if not scores_nothing(open_job(job).workspace.stack):
        command = [sys.executable, "-m", "vot", "analysis", job.tracker]
        options = ["--workspace", str(job.folder), "--format", "json", "--name", NUMBERS]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        document = job.folder / "analysis" / f"{NUMBERS}.json"
        if document.is_file():
            step.finish(OK, f"vot analysis wrote {document}")
        else:
            tail = (done.stdout + done.stderr).splitlines()[-8:]
            step.finish(FAIL, "vot analysis wrote no numbers", tail)
        return
    if not job.plan.scored_by:
        step.finish(OK, "none: the challenge's server scores what is submitted")
        return
    options = ["--workspace", str(job.folder), "--stack", job.plan.scored_by]
    code = _command(evaluate, job.tracker, *options)
    step.finish(
        OK if code == 0 else WARN,
        f"{job.plan.stack} is scored on the challenge's server; above are the numbers of the same "
        f"results by {job.plan.scored_by}",
    )


def _first_masks(job: Job, step: Step, say: Say) -> None:
    """The polarity of the answers that are uploaded."""
    if job.plan.region != "mask":
        step.finish(OK, f"the answers are {job.plan.region}s, which have no polarity")
        return
    found = first_masks(open_job(job))
    wrong = [each for each in found if each.suspicious]
    result = (
        f"the first mask lies outside its object's box, or is empty, in {len(wrong)} of "
        f"{len(found)} sequences"
        if wrong
        else f"inside their objects' boxes in {counted(len(found), 'sequence')}"
    )
    grave = len(wrong) * 2 > len(found)
    step.finish(FAIL if grave else WARN if wrong else OK, result, first_mask_lines(found))


def _modules(job: Job, step: Step, say: Say) -> None:
    """What each module of the tracker's policy changes."""
    context = open_job(job)
    section = section_of(context.trackers[0])
    if not section.ours:
        step.finish(OK, "the tracker isn't this package's: its modules aren't known")
        return
    table = measure_modules(section.settings(), [*_clips(context)])
    idle = [row.module for row in table.rows if row.share == 0.0]
    details = module_lines(table) if table.rows else []
    if not table.repeatable:
        step.finish(FAIL, "the same sequences in another order gave other masks", details)
    elif idle:
        step.finish(WARN, f"on these frames without effect: {', '.join(idle)}", details)
    elif not table.rows:
        step.finish(OK, f"{table.policy} is the baseline: it has no module to switch off")
    else:
        step.finish(OK, f"every module of {table.policy} changes masks", details)


def _clips(context: EvaluationContext) -> Iterator[Clip]:
    """The beginnings of the first sequences."""
    for sequence in context.sequences[:SEQUENCES]:
        count = min(len(sequence), FRAMES)
        files = [Path(sequence.frame(index).filename("color")) for index in range(count)]
        prompts: dict[int, list[regions.Mask | regions.Points]] = {}
        for name in sequence.objects():
            truth = [sequence.object(name, index) for index in range(count)]
            start = next((i for i, each in enumerate(truth) if not isinstance(each, Special)), None)
            if start is None:
                continue
            region = truth[start]
            if isinstance(region, Point):
                prompt: regions.Mask | regions.Points = regions.Points([(region.x, region.y)], [1])
            else:
                assert isinstance(region, Mask)
                prompt = regions.Mask(mask_of(region, sequence.size))
            prompts.setdefault(start, []).append(prompt)
        yield Clip(files, prompts)


def _again(job: Job, step: Step, say: Say) -> None:
    """The cheapest experiment without a clock once more, with the sequences in reverse order."""
    folder = job.folder / AGAIN
    data = folder / "sequences"
    data.mkdir(parents=True, exist_ok=True)
    names = (job.folder / "sequences" / "list.txt").read_text(encoding="utf-8").split()
    for name in names:
        if not (data / name).exists():
            (data / name).symlink_to(job.folder / "sequences" / name, target_is_directory=True)
    (data / "list.txt").write_text("".join(f"{name}\n" for name in reversed(names)))
    context = open_job(job)
    experiment = untimed(context)
    other = open_job(job, folder)
    failure = _run(other, experiment.identifier)
    if failure is not None:
        step.finish(FAIL, f"{failure.place}: {failure.reason}")
        return
    differing = differing_files(experiment, context, other)
    result = (
        f"{experiment.identifier} once more, {counted(len(names), 'sequence')} in reverse order: "
    )
    if differing:
        step.finish(FAIL, result + f"{len(differing)} files differ", differing[:8])
    else:
        step.finish(OK, result + "every file is the same")


def _run(context: EvaluationContext, identifier: str) -> Failure | None:
    """Run what an experiment has no results of; the first failure.

    Raises:
        KeyboardInterrupt: Ctrl-C, also where only the tracker's exit showed it.
    """
    experiment, tracker = context.workspace.stack[identifier], context.trackers[0]
    with Interrupt() as interrupt:
        for sequence in experiment.transform(context.sequences):
            if experiment.scan(tracker, sequence)[0]:
                continue
            failure = run_one(experiment, tracker, sequence, lambda part: interrupt.check(), False)
            interrupt.check()
            if failure is not None:
                return failure
    return None


def _submit(job: Job, step: Step, say: Say) -> None:
    output = job.folder / SUBMISSION
    for old in output.glob("*"):
        old.unlink()
    printed = StringIO()
    with contextlib.redirect_stdout(printed):
        code = _command(
            submit,
            *(job.tracker, "--workspace", job.folder, "--stack", job.plan.stack),
            *("--output", output),
        )
    lines = [line for line in printed.getvalue().splitlines() if line.strip()]
    made = f"archive and texts in {output}"
    step.finish(OK if code == 0 else FAIL, made if code == 0 else "no archive was made", lines)


def _archive(job: Job, step: Step, say: Say) -> None:
    context = open_job(job)
    (archive,) = (job.folder / SUBMISSION).glob("*.zip")
    checks = check_archive(
        archive,
        job.plan,
        context.workspace.stack,
        context.data,
        context.trackers[0].identifier,
    )
    failed = sum(bool(check.problems) for check in checks)
    size = archive.stat().st_size / 1e6
    result = (
        f"{failed} of {len(checks)} requirements are not met"
        if failed
        else f"{archive.name} ({size:.1f} MB) meets all {len(checks)} requirements"
    )
    step.finish(FAIL if failed else OK, result, check_lines(checks))


def _command(module: ModuleType, *arguments: object) -> int:
    """A command of `samurai`, in this process; its exit code."""
    parser = ArgumentParser()
    module.add_arguments(parser)
    return int(module.run(parser.parse_args([str(each) for each in arguments])))
