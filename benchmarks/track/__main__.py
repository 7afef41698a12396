"""`samurai track` measured.

    python -m benchmarks.track rate                  # MP4 to MP4, beside the tracker and a peer
    python -m benchmarks.track memory --frames 10000
    python -m benchmarks.track start --hours 2
    python -m benchmarks.track latency

Each prints medians or extremes and writes JSON into benchmarks/results.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.environment import write_result
from benchmarks.track import rate, stream
from samurai import TrackerConfig
from samurai.cli.ending import status_of
from samurai.cli.parser import Parser
from samurai.cli.values import whole_number
from samurai.loading import load_tracker


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module's docstring; returns the exit status, see `samurai.cli.ending`."""
    return status_of(lambda: _run(arguments), "benchmarks.track")


def _run(arguments: Sequence[str] | None) -> None:
    parser = Parser(prog="python -m benchmarks.track", description=__doc__)
    kinds = "frames per second, memory over frames, time to a frame, delay of a live source"
    parser.add_argument("what", choices=("rate", "memory", "start", "latency"), help=kinds)
    model = "a name of checkpoints/manifest.toml (default: %(default)s)"
    parser.add_argument("--model", default="nano", help=model)
    parser.add_argument(
        "--frames", type=whole_number(1), help="of the clip (default: 300; memory: 10000)"
    )
    parser.add_argument(
        "--rounds", type=whole_number(1), default=5, help="rounds of rate (default: %(default)s)"
    )
    parser.add_argument(
        "--hours",
        type=float,
        default=2.0,
        help="length of the video of start (default: %(default)g)",
    )
    parser.add_argument(
        "--output", type=Path, help="the JSON file (default: a new one in benchmarks/results)"
    )
    options = parser.parse_args(arguments)
    if options.what == "rate":
        result = rate.measure(options.model, options.frames or 300, options.rounds)
        rate.show(result)
    elif options.what == "start":
        result = stream.start(options.hours)
    else:
        tracker = load_tracker(TrackerConfig(model=options.model))
        if options.what == "memory":
            result = stream.memory(tracker, options.frames or 10000)
        else:
            result = stream.latency(tracker, options.frames or 300)
    write_result(result, options.output)


if __name__ == "__main__":
    raise SystemExit(main())
