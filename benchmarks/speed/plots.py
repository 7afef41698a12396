"""The plots of the page: parts of a frame, latencies, ratios, memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.speed.components import PARTS
from benchmarks.speed.svg import WIDTH, Canvas, number, ticks
from benchmarks.speed.table import name

LEFT, RIGHT = 300, 70
"""Margins: labels stand on the left, values on the right."""

ROW, BAR = 26, 16
"""Height of a row, and of the bar in it."""

TOP, BOTTOM = 10, 26

COLOURS = dict(
    zip(
        PARTS,
        (
            "#7d8b99",
            "#b4bec8",
            "#2f6db0",
            "#2fa39a",
            "#e3a02f",
            "#a9bf3f",
            "#d7644d",
            "#8d6bbd",
            "#dde1e6",
        ),
        strict=True,
    )
)


def parts_plot(runs: Sequence[dict[str, Any]]) -> str:
    """Stacked bars: the median time of every part, and what a frame takes in all."""
    most = max(_stack(run) for run in runs)
    canvas, x = _rows(len(runs), most, "parts of a frame in ms")
    for index, run in enumerate(runs):
        y = TOP + index * ROW
        canvas.text(LEFT - 10, y + 17, name(run), "end")
        place = 0.0
        for part in PARTS:
            value = run["parts"][part]["p50"]
            tip = f"{part}: {number(value)} ms"
            canvas.bar(x(place), y + 5, x(place + value) - x(place), BAR, COLOURS[part], tip)
            place += value
        canvas.text(x(place) + 6, y + 17, f"{number(place)} ms", kind="value")
    return canvas.svg()


def _stack(run: dict[str, Any]) -> float:
    return float(sum(run["parts"][part]["p50"] for part in PARTS))


def latency_plot(entries: Sequence[dict[str, Any]]) -> str:
    """Lines from the median to the 99th percentile, a tick at the 95th; peers are hollow."""
    most = max(entry["latency"]["p99"] for entry in entries)
    canvas, x = _rows(len(entries), most, "latency in ms: median, 95th and 99th percentile")
    for index, entry in enumerate(entries):
        y = TOP + index * ROW + ROW / 2
        p50, p95, p99 = (entry["latency"][key] for key in ("p50", "p95", "p99"))
        kind = "ours" if "variant" in entry else "theirs"
        tip = f"{name(entry)}: {number(p50)}, {number(p95)}, {number(p99)} ms"
        canvas.text(LEFT - 10, y + 4, name(entry), "end")
        canvas.line(x(p50), y, x(p99), y, f"range {kind}")
        canvas.line(x(p95), y - 5, x(p95), y + 5, f"range {kind}")
        canvas.dot(x(p50), y, 5, kind, tip)
        canvas.text(x(p99) + 8, y + 4, f"{number(p50)} ms", kind="value")
    return canvas.svg()


def ratio_plot(races: Sequence[dict[str, Any]]) -> str:
    """A dot per round, a tick at the median; left of the line the peer was faster."""
    most = max(1.0, *(race["most"] for race in races))
    canvas, x = _rows(len(races), most, "times as fast as the peer", wide=True)
    height = TOP + len(races) * ROW
    canvas.line(x(1), TOP - 4, x(1), height, "even")
    for index, race in enumerate(races):
        y = TOP + index * ROW + ROW / 2
        kind = "won" if race["median"] >= 1 else "lost"
        canvas.text(LEFT + 70, y + 4, f"{name(race, 'run')} : {race['peer']}", "end")
        for value in race["rounds"]:
            canvas.dot(x(value), y, 3.5, f"round {kind}", number(value))
        canvas.line(x(race["median"]), y - 8, x(race["median"]), y + 8, f"median {kind}")
        canvas.text(WIDTH - 6, y + 4, f"{race['median']:.2f}", "end", f"value {kind}")
    return canvas.svg()


def memory_plot(curve: dict[str, Any]) -> str:
    """Resident memory of the process, and the device's if there is one, over the frames."""
    height, left = 240, 60
    samples = curve["samples"]
    most = 1.15 * max(max(sample[1], sample[2]) for sample in samples)
    canvas = Canvas(height + BOTTOM + TOP, f"memory of {name(curve)} in MiB over frames")
    last = max(1, samples[-1][0])

    def place(frame: float, value: float) -> tuple[float, float]:
        across = left + (WIDTH - left - 20) * frame / last
        return across, TOP + height * (1 - value / most)

    for value in ticks(most):
        _, y = place(0, value)
        canvas.line(left, y, WIDTH - 20, y, "grid")
        canvas.text(left - 8, y + 4, number(value), "end", "faint")
    for value in ticks(last):
        x, _ = place(value, 0)
        canvas.text(x, TOP + height + 18, f"{value:,.0f}", "middle", "faint")
    canvas.curve([place(sample[0], sample[1]) for sample in samples], "curve host")
    if any(sample[2] for sample in samples):
        canvas.curve([place(sample[0], sample[2]) for sample in samples], "curve device")
    return canvas.svg()


def _rows(
    count: int, most: float, title: str, wide: bool = False
) -> tuple[Canvas, Callable[[float], float]]:
    """A canvas with an axis from 0 beneath so many rows, and where a value lies on it."""
    left = LEFT + 80 if wide else LEFT
    canvas = Canvas(TOP + count * ROW + BOTTOM, title)
    room = WIDTH - left - RIGHT

    def x(value: float) -> float:
        return left + room * value / most

    for value in ticks(most):
        canvas.line(x(value), TOP, x(value), TOP + count * ROW, "grid")
        canvas.text(x(value), TOP + count * ROW + 17, number(value), "middle", "faint")
    return canvas, x
