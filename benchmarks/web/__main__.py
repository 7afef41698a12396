"""`samurai web` measured, as a process on loopback.

    python -m benchmarks.web rate                    # answers per second, beside the engine alone
    python -m benchmarks.web fairness                # shares of four clients at once
    python -m benchmarks.web click                   # from a click to its mask
    python -m benchmarks.web upload --mib 1024       # memory during an upload
    python -m benchmarks.web soak --frames 20000     # memory over a long video
    python -m benchmarks.web clients                 # 20 clients, 50 disconnects

Each prints medians or extremes and writes JSON into benchmarks/results.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.environment import write_result
from benchmarks.web import click, clients, rate, soak, upload
from samurai.cli.ending import status_of
from samurai.cli.parser import Parser
from samurai.cli.values import whole_number

MEDIUM, SMALL = (640, 480), (320, 240)

Options = argparse.Namespace
Measured = dict[str, Any]

MEASUREMENTS: dict[str, tuple[Callable[[Options], Measured], Callable[[Measured], None]]] = {
    "rate": (lambda o: rate.measure(o.model, MEDIUM, o.frames or 300, o.rounds or 5), rate.show),
    "fairness": (
        lambda o: clients.fairness(o.model, MEDIUM, o.frames or 300, o.clients or 4),
        clients.show_fairness,
    ),
    "click": (
        lambda o: click.measure(o.model, click.SIZES, o.frames or 300, o.rounds or 30),
        click.show,
    ),
    "upload": (lambda o: upload.measure(o.model, o.mib), upload.show),
    "soak": (lambda o: soak.measure(o.model, SMALL, o.frames or 20000), soak.show),
    "clients": (
        lambda o: clients.disconnects(
            o.model, SMALL, o.frames or 300, o.clients or 20, o.disconnects
        ),
        clients.show_disconnects,
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module's docstring; returns the exit status, see `samurai.cli.ending`."""
    return status_of(lambda: _run(arguments), "benchmarks.web")


def _run(arguments: Sequence[str] | None) -> None:
    parser = Parser(prog="python -m benchmarks.web", description=__doc__)
    parser.add_argument("what", choices=tuple(MEASUREMENTS), help="see above")
    model = "a name of checkpoints/manifest.toml (default: %(default)s)"
    parser.add_argument("--model", default="nano", help=model)
    whole = whole_number(1)
    parser.add_argument("--frames", type=whole, help="of the clip (default: 300; soak: 20000)")
    parser.add_argument(
        "--rounds", type=whole, help="of rate, after one that isn't counted (5), or clicks (30)"
    )
    parser.add_argument("--clients", type=whole, help="of fairness (4) or clients (20)")
    parser.add_argument(
        "--disconnects", type=whole, default=50, help="of clients (default: %(default)s)"
    )
    parser.add_argument(
        "--mib", type=whole, default=1024, help="of the upload (default: %(default)s)"
    )
    parser.add_argument(
        "--output", type=Path, help="the JSON file (default: a new one in benchmarks/results)"
    )
    options = parser.parse_args(arguments)
    measure, show = MEASUREMENTS[options.what]
    result = measure(options)
    show(result)
    write_result(result, options.output)


if __name__ == "__main__":
    raise SystemExit(main())
