"""Command line, see the package's docstring."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed import memory, page, plan, suite, table
from benchmarks.speed.errors import BenchmarkError
from benchmarks.speed.variant import Variant, has_weights
from benchmarks.where import ROOT
from samurai.errors import SamuraiError
from samurai.models.manifest import model_names

RESULTS = ROOT / "benchmarks" / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0, or 2 with the reason on standard error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] not in ("run", "memory", "page", "-h", "--help"):
        given.insert(0, "run")
    options = _parser().parse_args(given)
    try:
        with tempfile.TemporaryDirectory(prefix="samurai-bench-") as scratch:
            options.command(options, Path(scratch))
    except SamuraiError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed", description="How fast the tracker is, beside its peers."
    )
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="races, parts, counts, work (also without this word)")
    plan.add_options(run)
    run.set_defaults(command=_run)
    held = commands.add_parser("memory", help="memory over many frames, and at the start")
    held.add_argument("--frames", type=int, default=10_000)
    held.add_argument("--models", nargs="+", choices=model_names(), default=["nano"])
    held.add_argument("--objects", type=int, default=1)
    held.add_argument("--startup", nargs="*", choices=model_names(), default=list(model_names()))
    held.add_argument("--device", default="auto")
    held.add_argument("--output", type=Path, help="folder of the results")
    held.set_defaults(command=_memory)
    drawn = commands.add_parser("page", help="a page made from results")
    drawn.add_argument("results", nargs="+", type=Path)
    drawn.add_argument("--output", type=Path, help="the page (default: beside the first result)")
    drawn.set_defaults(command=_page)
    return parser


def _run(options: argparse.Namespace, scratch: Path) -> None:
    planned = plan.plan_of(options, _device_type(options.device))
    result = suite.run(planned, scratch, _tell, lambda result: _keep(result, options.output))
    print(table.speed_tables(result))
    _say_where(result, options.output)


def _memory(options: argparse.Namespace, scratch: Path) -> None:
    curves, startups = (
        [
            Variant(name, random=not has_weights(name), device=options.device, policy=policy)
            for name in names
            for policy in ["samurai" if has_weights(name) else "sam2"]
        ]
        for names in (options.models, options.startup)
    )
    device = _device_type(options.device)
    result = memory.run(curves, startups, options.objects, options.frames, device, scratch, _tell)
    _keep(result, options.output)
    print(table.memory_tables(result))
    _say_where(result, options.output)


def _page(options: argparse.Namespace, _: Path) -> None:
    results = [_read(path) for path in options.results]
    output: Path = options.output or options.results[0].with_suffix(".html")
    output.write_text(page.page(results), encoding="utf-8")
    print(output)


def _read(path: Path) -> dict[str, Any]:
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{path} can't be read as JSON ({error}): name a result") from error
    if not isinstance(result, dict) or result.get("kind") not in ("speed", "memory"):
        raise BenchmarkError(f"{path} is no result of this benchmark")
    return result


def _keep(result: dict[str, Any], folder: Path | None) -> None:
    """Write the result and its page."""
    data, drawn = _places(result, folder)
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text(json.dumps(result) + "\n", encoding="utf-8")
    drawn.write_text(page.page([result]), encoding="utf-8")


def _say_where(result: dict[str, Any], folder: Path | None) -> None:
    print("", *_places(result, folder), sep="\n")


def _places(result: dict[str, Any], folder: Path | None) -> tuple[Path, Path]:
    """Where a result and its page lie, named by date, kind and device."""
    stem = f"{result['where']['date']}-{result['kind']}-{result['device']}"
    folder = folder or RESULTS
    return folder / f"{stem}.json", folder / f"{stem}.html"


def _device_type(name: str) -> str:
    from samurai.runtime.device import resolve_device

    return resolve_device(name).type


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
