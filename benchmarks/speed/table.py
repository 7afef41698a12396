"""Results as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.speed.components import PARTS
from samurai.evaluation.table import Column, Row, render

END_TO_END = "end to end, ms"
COUNTED = "per frame"
HELD = "MiB at most"
ALONE = "network alone"

PROCESSES = (
    Column("", "fps", digits=1),
    Column(END_TO_END, "p50", digits=1),
    Column(END_TO_END, "p95", digits=1),
    Column(END_TO_END, "p99", digits=1),
    Column("to the reply", "p50", digits=1),
    Column(COUNTED, "syncs", digits=1),
    Column(COUNTED, "calls", digits=0),
    Column(HELD, "host", digits=0),
    Column(HELD, "device", digits=0),
    Column(ALONE, "ms", digits=1),
    Column(ALONE, "GFLOP/s", digits=0),
    Column(ALONE, "of a matmul", digits=2),
)


def name(entry: dict[str, Any], what: str = "label") -> str:
    """A run or peer with its number of objects."""
    count = entry["objects"]
    return f"{entry[what]}, {count} object" + ("s" if count != 1 else "")


def speed_tables(result: dict[str, Any]) -> str:
    """Everything that a speed result says, in three tables and what is missing."""
    parts = [
        _heading(result),
        _render(PROCESSES, [_process_row(entry, result) for entry in _processes(result)]),
        _legend(result),
        _parts_table(result),
        _scaling_table(result),
        _ratio_table(result),
        "\n".join(f"not run: {gone['what']}: {gone['reason']}" for gone in result["absent"]),
    ]
    return "\n\n".join(part for part in parts if part)


def memory_tables(result: dict[str, Any]) -> str:
    """Curves in a line each, and the memory at the start."""
    lines = [
        f"{name(curve)}, {curve['frames']} frames of {curve['size'][0]}x{curve['size'][1]}: host "
        f"{curve['host_slope']:+.1f} KiB per 1,000 frames (median slope "
        f"{curve['host_median_slope']:+.1f}), device {curve['device_slope']:+.1f}, from frame "
        f"{curve['from']:.0f} on; at most {curve['peak']['host']:.0f} MiB on the host"
        for curve in result["curves"]
    ]
    stages = ("import", "load", "warm-up")
    columns = [Column("host MiB after", stage, digits=0) for stage in stages]
    columns += [Column(HELD, "host", digits=0), Column(HELD, "device", digits=0)]
    columns.append(Column("", "hello s", digits=1))
    rows = [
        Row(
            f"{entry['label']} ({entry['weights']} weights)",
            (*(entry[stage] for stage in stages), *_held(entry), entry["hello"]),
        )
        for entry in result["startup"]
    ]
    return "\n\n".join([*lines, _render(columns, rows)])


def _render(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    """The table without columns in which nobody has a value."""
    used = [n for n in range(len(columns)) if any(row.values[n] is not None for row in rows)]
    kept = [Row(row.tracker, tuple(row.values[n] for n in used)) for row in rows]
    return render([columns[n] for n in used], kept)


def _heading(result: dict[str, Any]) -> str:
    where = result["where"]
    width, height = result["size"]
    machine = where["gpu"] if result["device"] == "cuda" else where["machine"]
    lines = [
        f"{machine}; frames of {width}x{height}; torch {where['versions']['torch']}, "
        f"sam2 {where['versions']['sam2']}; {where['commit']}, {where['date']}"
    ]
    if any(run["variant"]["random"] for run in result["runs"]):
        models = dict.fromkeys(r["variant"]["model"] for r in result["runs"] if _random(r))
        lines.append(f"random weights ({', '.join(models)}): timing only")
    return "\n".join(lines)


def _random(run: dict[str, Any]) -> bool:
    return bool(run["variant"]["random"])


def _processes(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Our runs and the peers, those of the same model and number of objects together."""
    order: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for run in result["runs"]:
        order.setdefault((run["variant"]["model"], run["objects"]), []).append(run)
    for peer in result["peers"]:
        order.setdefault((peer["model"], peer["objects"]), []).append(peer)
    return [entry for entries in order.values() for entry in entries]


def _process_row(entry: dict[str, Any], result: dict[str, Any]) -> Row:
    latency = entry["latency"]
    counts = entry.get("counts", {})
    calls = [counts[key] for key in counts if key in ("operator calls", "kernel launches")]
    calls += [counts[key] for key in counts if key == "graph launches"]
    reply = entry.get("to_reply", {}).get("p50")
    values = (
        entry["fps"],
        *(latency[key] for key in ("p50", "p95", "p99")),
        reply,
        counts.get("host syncs"),
        sum(calls) if calls else None,
        *_held(entry),
        *network_alone(entry, result),
    )
    return Row(name(entry) if "variant" in entry else f"  {name(entry)}", values)


def _held(entry: dict[str, Any]) -> tuple[float, float | None]:
    return entry["peak"]["host"], entry["peak"]["device"] or None


def network_alone(
    entry: dict[str, Any], result: dict[str, Any]
) -> tuple[float | None, float | None, float | None]:
    """Milliseconds, 10^9 operations a second, and that rate as a share of a matrix product's."""
    if "network" not in entry:
        return None, None, None
    milliseconds = entry["network"]["median"]
    rate = frame_work(entry, result) / milliseconds * 1000
    return milliseconds, rate, rate / entry["network"]["matrix_rate"]


def frame_work(entry: dict[str, Any], result: dict[str, Any], folded: bool = False) -> float:
    """10^9 operations of a frame of a run."""
    from benchmarks.speed.work import Work

    work = Work(**result["work"][entry["variant"]["model"]])
    objects = entry["objects"]
    return work.frame(objects, objects if entry["windows"] else 1, folded)


def _legend(result: dict[str, Any]) -> str:
    launches = "kernel and graph launches" if result["device"] == "cuda" else "operator calls"
    return "\n".join(
        (
            "end to end   a TraX client's wait for each answer, frame after frame, the rest of a "
            "memory write included",
            "to the reply the same frame's own work until its answer is out (timed in parts)",
            f"syncs, calls host waits and {launches}, see benchmarks/speed/counts.py",
            "of a matmul  share of the rate of one large matrix product in the same precision",
            "  indented   peers; loading all frames counts for their fps, not for p50 to p99",
        )
    )


def _parts_table(result: dict[str, Any]) -> str:
    runs = [run for run in result["runs"] if "parts" in run]
    if not runs:
        return ""
    columns = [Column("", part, digits=1) for part in (*PARTS, "all")]
    rows = [
        Row(name(run), tuple(run["parts"][part]["p50"] for part in (*PARTS, "all"))) for run in runs
    ]
    return "parts of a frame, ms (median)\n" + render(columns, rows)


def scaling(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Several objects in one session beside that many runs of one, where both were measured."""
    single = {run["label"]: run for run in result["runs"] if run["objects"] == 1}
    rows = []
    for run in result["runs"]:
        alone = single.get(run["label"])
        if run["objects"] == 1 or alone is None or "network" not in run:
            continue
        rows.append(
            {
                "label": run["label"],
                "objects": run["objects"],
                "end_to_end": run["latency"]["p50"] / alone["latency"]["p50"],
                "network": run["network"]["median"] / alone["network"]["median"],
                "floor": frame_work(run, result) / frame_work(alone, result),
                "folded": frame_work(run, result, True) / frame_work(alone, result, True),
            }
        )
    return rows


def _scaling_table(result: dict[str, Any]) -> str:
    columns = [
        Column("time(N) / time(1)", "end to end", digits=2),
        Column("time(N) / time(1)", "network", digits=2),
        Column("by arithmetic", "as is", digits=1),
        Column("by arithmetic", "V folded", digits=1),
        Column("faster than N runs", "end to end", digits=2),
        Column("faster than N runs", "network", digits=2),
    ]
    rows = [
        Row(
            name(row),
            (
                *(row[key] for key in ("end_to_end", "network", "floor", "folded")),
                row["objects"] / row["end_to_end"],
                row["objects"] / row["network"],
            ),
        )
        for row in scaling(result)
    ]
    return render(columns, rows) if rows else ""


def _ratio_table(result: dict[str, Any]) -> str:
    columns = [Column("times as fast", key, digits=2) for key in ("median", "least", "most")]
    rows: Sequence[Row] = [
        Row(f"{name(race, 'run')} : {race['peer']}", (race["median"], race["least"], race["most"]))
        for race in result["races"]
    ]
    if not rows:
        return ""
    return render(columns, rows) + "\n(below 1: slower than the peer; whole laps, in turns)"
