"""Command line, see the package's docstring."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2

from benchmarks.against_csrt.boxes import box_of, mean_overlap
from benchmarks.against_csrt.contestants import (
    Track,
    peer_environment,
    run_csrt,
    run_samurai,
    workspace,
)
from benchmarks.environment import environment
from benchmarks.footage import SEQUENCES, resized
from samurai.cli.ending import status_of
from samurai.cli.parser import Parser
from samurai.cli.values import whole_number

SPEED_SIZE = (640, 480)
SPEED_SEQUENCES = ("camera", "deformation", "scale")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `overlap` or `speed`; returns the exit status, see `samurai.cli.ending`."""
    return status_of(lambda: _run(arguments), "benchmarks.against_csrt")


def _run(arguments: Sequence[str] | None) -> None:
    parser = Parser(
        prog="python -m benchmarks.against_csrt",
        description="samurai beside OpenCV's CSRT.",
        examples=(
            "python -m benchmarks.against_csrt overlap FOLDER",
            "python -m benchmarks.against_csrt speed --rounds 5",
        ),
    )
    kinds = parser.add_subparsers(required=True, metavar="COMMAND")
    overlap = kinds.add_parser("overlap", help="mean overlap of boxes on sequences of your own")
    overlap.add_argument("folder", type=Path, help="sequences in the layout of VOT, with list.txt")
    overlap.set_defaults(run=measure_overlap)
    speed = kinds.add_parser("speed", help="frames per second at 640 x 480, in alternating rounds")
    speed.add_argument("--rounds", type=whole_number(1), default=5, help="(default: 5)")
    speed.set_defaults(run=measure_speed)
    for kind in (overlap, speed):
        kind.add_argument("--model", default="nano", help="(default: nano)")
        kind.add_argument("--policy", default="samurai", help="(default: samurai)")
        kind.add_argument("--csrt-python", type=Path, help="interpreter whose OpenCV has CSRT")
        kind.add_argument("--json", type=Path, help="where the numbers go as JSON")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        numbers = options.run(options, Path(scratch))
    if options.json:
        options.json.write_text(json.dumps({**environment(), **numbers}, indent=1) + "\n")


def measure_overlap(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Both trackers over all sequences of a folder."""
    peer = peer_environment(options.csrt_python)
    context = workspace(scratch / "workspace", options.folder, options.model, options.policy)
    ours = run_samurai(context)
    rows = {}
    for sequence in context.sequences:
        truth = [box_of(sequence.groundtruth(frame)) for frame in range(len(sequence))]
        theirs = run_csrt(peer, sequence)
        rows[sequence.name] = {
            "samurai": mean_overlap(ours[sequence.name].boxes, truth),
            "CSRT": mean_overlap(theirs.boxes, truth),
        }
    rows["mean"] = {
        name: statistics.mean(row[name] for row in rows.values()) for name in ("samurai", "CSRT")
    }
    _table("overlap", rows, "{:.3f}".format)
    return {"measure": "mean overlap of boxes", "overlap": rows}


def measure_speed(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Both trackers, interleaved, over enlarged bundled sequences."""
    peer = peer_environment(options.csrt_python)
    _enlarge(scratch / "sequences")
    context = workspace(scratch / "workspace", scratch / "sequences", options.model, options.policy)
    rounds: list[dict[str, float]] = []
    for _ in range(options.rounds):
        ours = _rate(run_samurai(context, again=True).values())
        theirs = _rate([run_csrt(peer, sequence) for sequence in context.sequences])
        rounds.append({"samurai": ours, "CSRT": theirs, "ratio": ours / theirs})
    rows = {f"round {number + 1}": row for number, row in enumerate(rounds)}
    for name, value in (("median", statistics.median), ("least", min), ("most", max)):
        rows[name] = {key: value(row[key] for row in rounds) for key in rounds[0]}
    _table("frames per second", rows, "{:.2f}".format)
    return {"measure": "frames per second at 640 x 480, image reading included", "speed": rows}


def _rate(tracks: Any) -> float:
    """Frames per second after the first frame, over all tracks."""
    seconds = [value for track in tracks for value in _later(track)]
    return len(seconds) / sum(seconds)


def _later(track: Track) -> list[float]:
    return track.seconds[1:]


def _enlarge(folder: Path) -> None:
    """Bundled sequences at 640 x 480, with their truth as boxes."""
    from vot.dataset import load_sequence

    for name in SPEED_SEQUENCES:
        source = SEQUENCES / name
        sequence = load_sequence(str(source))
        (folder / name / "color").mkdir(parents=True)
        (folder / name / "sequence").write_text(_resized((source / "sequence").read_text()))
        factor = SPEED_SIZE[0] / sequence.width
        lines = []
        for number in range(len(sequence)):
            large = resized(Path(sequence.frame(number).filename()), SPEED_SIZE)
            cv2.imwrite(str(folder / name / "color" / f"{number + 1:08d}.jpg"), large)
            box = box_of(sequence.groundtruth(number)) or (0.0, 0.0, 0.0, 0.0)
            left, top, right, bottom = (factor * value for value in box)
            lines.append(f"{left:.2f},{top:.2f},{right - left:.2f},{bottom - top:.2f}\n")
        (folder / name / "groundtruth.txt").write_text("".join(lines))
    (folder / "list.txt").write_text("".join(f"{name}\n" for name in SPEED_SEQUENCES))


def _resized(description: str) -> str:
    """A sequence's metadata with the enlarged size."""
    size = dict(zip(("width", "height"), SPEED_SIZE, strict=True))
    pairs = (line.split("=", 1) for line in description.splitlines())
    return "".join(f"{key}={size.get(key, value)}\n" for key, value in pairs)


def _table(title: str, rows: dict[str, dict[str, float]], show: Callable[[float], str]) -> None:
    names = list(next(iter(rows.values())))
    print(f"\n{title:24}" + "".join(f"{name:>10}" for name in names))
    for label, row in rows.items():
        print(f"{label:24}" + "".join(f"{show(row[name]):>10}" for name in names))


if __name__ == "__main__":
    raise SystemExit(main())
