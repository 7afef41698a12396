"""`samurai track` measured.

    python -m benchmarks.track rate                  # MP4 to MP4, beside the tracker and a peer
    python -m benchmarks.track memory --frames 10000
    python -m benchmarks.track start --hours 2
    python -m benchmarks.track latency

Each prints medians or extremes and writes JSON into benchmarks/results.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.environment import ROOT, environment
from benchmarks.track import rate, stream
from samurai import TrackerConfig
from samurai.loading import load_tracker


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(prog="benchmarks.track", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("what", choices=("rate", "memory", "start", "latency"))
    parser.add_argument("--model", default="nano", help="a name of checkpoints/manifest.toml")
    parser.add_argument("--frames", type=int, help="of the clip (rate: 300, memory: 10000)")
    parser.add_argument("--rounds", type=int, default=5, help="of `rate`")
    parser.add_argument("--hours", type=float, default=2.0, help="of `start`")
    parser.add_argument("--output", type=Path, help="the JSON file")
    options = parser.parse_args()
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
    where = environment()
    output = options.output or (
        ROOT / "benchmarks" / "results" / f"{where['date']}-{result['kind']}.json"
    )
    output.write_text(json.dumps({**result, "where": where}, indent=1) + "\n", encoding="utf-8")
    print(f"written to {output}")


if __name__ == "__main__":
    main()
