"""Command line, see the package's docstring."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from samurai import Box, Tracker
from samurai.checkpoints import build_model, configuration_path
from samurai.manifest import model_card

ROOT = Path(__file__).resolve().parents[2]
SIZE = (480, 640)
WARM_UP = 9
"""Frames until every memory is full and nothing is seen for the first time."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.objects")
    parser.add_argument("--models", nargs="+", default=["nano"])
    parser.add_argument("--objects", nargs="+", type=int, default=[1, 2, 4, 8, 16])
    parser.add_argument("--policy", default="samurai")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--frames", type=int, default=30, help="measured, after the warm-up")
    parser.add_argument("--random", action="store_true", help="random weights")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = [row for model in options.models for row in measure(model, options)]
    heads = f"{'ms/frame':>10}{'spread':>14}{'to reply':>10}{'of N alone':>12}"
    print(f"\n{'model':12}{'objects':>8}{heads}")
    for row in rows:
        spread = f"{row['p10']:.1f}-{row['p90']:.1f}"
        line = f"{row['model']:12}{row['objects']:8}{row['median']:10.1f}{spread:>14}"
        print(f"{line}{row['reply']:10.1f}{row['of_single_runs']:12.2f}")
    if options.json:
        options.json.write_text(json.dumps({**_where(options), "rows": rows}, indent=1) + "\n")


def measure(model: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Milliseconds per frame, until the reply and with the memory write, per number of objects."""
    tracker = _tracker(model, options)
    tracker.warm_up()
    rows: list[dict[str, Any]] = []
    for count in options.objects:
        replies, frames = _run(tracker, count, options.frames)
        times = sorted(frames)
        median = statistics.median(times)
        one = rows[0]["median"] / rows[0]["objects"] if rows else median / count
        rows.append(
            {
                "model": model,
                "weights": "random" if options.random else "loaded",
                "objects": count,
                "median": median,
                "reply": statistics.median(replies),
                "p10": times[len(times) // 10],
                "p90": times[-1 - len(times) // 10],
                "of_single_runs": median / (count * one),
            }
        )
    return rows


def _tracker(model: str, options: argparse.Namespace) -> Tracker:
    if not options.random:
        return Tracker.load(model, options.policy, options.device)
    card = model_card(model)
    torch.manual_seed(0)
    network = build_model(configuration_path(card))
    return Tracker.of_model(network, card, options.policy, options.device)


def _run(tracker: Tracker, count: int, frames: int) -> tuple[list[float], list[float]]:
    """Times until the reply, and with the memory write, of frames with `count` boxes on noise."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 255, (SIZE[0] // 16, SIZE[1] // 16, 3), dtype=np.uint8)
    frame = np.kron(coarse, np.ones((16, 16, 1), np.uint8))
    places = random.uniform((20, 20), (SIZE[1] - 80, SIZE[0] - 80), (count, 2))
    boxes = [Box(float(x), float(y), 60, 60) for x, y in places]
    replies, times = [], []
    with tracker.session() as session:
        session.start(frame, boxes)
        for number in range(WARM_UP + frames):
            started = time.perf_counter()
            session.step(np.roll(frame, number, axis=1))
            replied = time.perf_counter()
            session.settle()
            if tracker.network.device.type == "cuda":
                torch.cuda.synchronize()
            if number >= WARM_UP:
                replies.append(1000 * (replied - started))
                times.append(1000 * (time.perf_counter() - started))
    return replies, times


def _where(options: argparse.Namespace) -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    return {
        "measure": "milliseconds per frame, memory write included",
        "commit": commit,
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "device": options.device,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "policy": options.policy,
    }


if __name__ == "__main__":
    main()
