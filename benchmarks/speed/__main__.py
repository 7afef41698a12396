"""Command line, see the package's docstring."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.environment import ROOT
from benchmarks.speed import memory, plan
from benchmarks.speed.errors import BenchmarkError
from benchmarks.speed.suite import Suite
from benchmarks.speed.tables import tables
from benchmarks.speed.variant import Variant, has_weights, sam2_models
from samurai.cli.ending import status_of
from samurai.cli.parser import Parser
from samurai.cli.values import whole_number

RESULTS = ROOT / "benchmarks" / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status, see `samurai.cli.ending`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] not in ("run", "memory", "show", "-h", "--help"):
        given.insert(0, "run")

    def run() -> None:
        options = _parser().parse_args(given)
        with tempfile.TemporaryDirectory(prefix="samurai-bench-") as scratch:
            options.command(options, Path(scratch))

    return status_of(run, "benchmarks.speed")


def _parser() -> Parser:
    parser = Parser(
        prog="python -m benchmarks.speed",
        description="How fast the tracker is, beside its peers.",
        examples=(
            "python -m benchmarks.speed --models nano --objects 1 4 --no-peers",
            "python -m benchmarks.speed memory --frames 10000",
            "python -m benchmarks.speed show benchmarks/results/*-speed-*.json",
        ),
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="speed, end to end and in parts (also without this word)")
    plan.add_options(run)
    run.set_defaults(command=_run)
    held = commands.add_parser("memory", help="memory over many frames, and at the start")
    held.add_argument(
        "--frames", type=whole_number(1), default=10_000, help="to track (default: 10000)"
    )
    held.add_argument(
        "--models",
        nargs="+",
        choices=sam2_models(),
        metavar="MODEL",
        default=["nano"],
        help="(default: nano)",
    )
    held.add_argument(
        "--objects", type=whole_number(1), default=1, help="in every frame (default: 1)"
    )
    held.add_argument(
        "--startup",
        nargs="*",
        choices=sam2_models(),
        metavar="MODEL",
        default=list(sam2_models()),
        help="models whose memory at the start is measured (default: all)",
    )
    held.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)"
    )
    held.set_defaults(command=_memory)
    for command in (run, held):
        command.add_argument(
            "--output",
            type=Path,
            default=RESULTS,
            help="folder of the result (default: benchmarks/results)",
        )
    show = commands.add_parser("show", help="tables of results")
    show.add_argument("results", nargs="+", type=Path, metavar="FILE")
    show.set_defaults(command=_show)
    return parser


def _run(options: argparse.Namespace, scratch: Path) -> None:
    planned = plan.plan_of(options, _device_type(options.device))
    suite = Suite(planned, scratch, _log, lambda result: _keep(result, options.output))
    _finish(suite.run(), options.output)


def _memory(options: argparse.Namespace, scratch: Path) -> None:
    curves, startups = (
        [
            Variant(name, policy, random=not has_weights(name), device=options.device)
            for name in names
            for policy in ["samurai" if has_weights(name) else "sam2"]
        ]
        for names in (options.models, options.startup)
    )
    device = _device_type(options.device)
    _finish(
        memory.run(curves, startups, options.objects, options.frames, device, scratch, _log),
        options.output,
    )


def _show(options: argparse.Namespace, _: Path) -> None:
    print("\n\n\n".join(f"{path}\n{tables(_read(path))}" for path in options.results))


def _read(path: Path) -> dict[str, Any]:
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{path} can't be read as JSON ({error}): name a result") from error
    if not isinstance(result, dict) or result.get("kind") not in ("speed", "memory"):
        raise BenchmarkError(f"{path} is not a result of this benchmark: name one that it wrote")
    return result


def _keep(result: dict[str, Any], folder: Path) -> Path:
    """Write a result, named by date, kind and device; its file."""
    path = folder / f"{result['where']['date']}-{result['kind']}-{result['device']}.json"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result) + "\n", encoding="utf-8")
    return path


def _finish(result: dict[str, Any], folder: Path) -> None:
    print(tables(result), "", _keep(result, folder), sep="\n")


def _device_type(name: str) -> str:
    from samurai.runtime.device import resolve_device

    return resolve_device(name).type


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
