"""Results as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from samurai.evaluation.table import Column, Row, render

LATENCY = "ms from request to answer"
HELD = "most MiB"
ALONE = "network alone"

PROCESSES = (
    Column("", "fps", digits=1),
    *(Column(LATENCY, key, digits=1) for key in ("p50", "p95", "p99")),
    Column(HELD, "host", digits=0),
    Column(HELD, "device", digits=0),
    Column("ready", "after s", digits=1),
    Column(ALONE, "ms", digits=1),
    Column(ALONE, "GFLOP/s", digits=0),
    Column(ALONE, "of matmul", digits=2),
)
END_TO_END = """\
fps          over whole videos; of a peer with the loading of all frames, which p50 to p99 leave out
ms           a client's wait for each answer, which holds the rest of the last frame's memory update
ready        from the start of the process to its hello
of matmul    rate of the network alone, as a share of one large matrix product's in its precision"""
PARTS = """\
Profiled frames; the profiler itself takes time, so they are slower than those above. The memory is
updated before the next request here, and not beside it. to reply: all but the memory update."""
CALLS = {
    "operator calls": "operator calls",
    "host syncs": "waits for the device",
    "kernel launches": "kernel launches",
    "graph launches": "graph launches",
}


def tables(result: dict[str, Any]) -> str:
    """All tables of a result."""
    return memory_tables(result) if result["kind"] == "memory" else speed_tables(result)


def speed_tables(result: dict[str, Any]) -> str:
    """The tables of a speed result: end to end, ratios, parts, calls, and absent peers."""
    rows = [_process_row(entry) for entry in _processes(result)]
    gone = "\n".join(f"not run: {each['what']}: {each['reason']}" for each in result["absent"])
    parts = [
        _heading(result),
        "End to end through TraX (peers: in a loop of their own)\n" + _render(PROCESSES, rows),
        END_TO_END,
        _ratio_table(result),
        _parts_table(result),
        _calls_table(result),
        gone,
    ]
    return "\n\n".join(part for part in parts if part)


def memory_tables(result: dict[str, Any]) -> str:
    """Memory over many frames in a line each, and at the start."""
    lines = [
        f"{_name(curve)}, {curve['frames']} frames of {curve['size'][0]}x{curve['size'][1]}: host "
        f"{curve['host_slope']:+.1f} KiB per 1,000 frames (median slope "
        f"{curve['host_median_slope']:+.1f}), device {curve['device_slope']:+.1f}, from frame "
        f"{curve['from']:.0f} on; at most {curve['peak']['host']:.0f} MiB on the host"
        for curve in result["curves"]
    ]
    stages = ("import", "load", "warm-up")
    columns = [Column("host MiB after", stage, digits=0) for stage in stages]
    columns += [PROCESSES[4], PROCESSES[5], PROCESSES[6]]
    rows = [
        Row(
            f"{entry['label']} ({entry['weights']} weights)",
            (*(entry[stage] for stage in stages), *_held(entry), entry["hello"]),
        )
        for entry in result["startup"]
    ]
    return "\n\n".join([_heading(result), *lines, _render(columns, rows)])


def _name(entry: dict[str, Any], what: str = "label") -> str:
    """A run or peer with its number of objects."""
    count = entry["objects"]
    return f"{entry[what]}, {count} object" + ("s" if count != 1 else "")


def _render(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    """The table without empty columns; empty without rows."""
    if not rows:
        return ""
    used = [n for n in range(len(columns)) if any(row.values[n] is not None for row in rows)]
    kept = [Row(row.tracker, tuple(row.values[n] for n in used)) for row in rows]
    return render([columns[n] for n in used], kept)


def _titled(title: str, table: str, note: str = "") -> str:
    return "\n".join(filter(None, (title, table, note))) if table else ""


def _heading(result: dict[str, Any]) -> str:
    where, versions = result["where"], result["where"]["versions"]
    machine = where["gpu"] if result["device"] == "cuda" else where["machine"]
    size = "frames of {}x{}; ".format(*result["size"]) if "size" in result else ""
    line = (
        f"{machine}; {size}torch {versions['torch']}, sam2 {versions['sam2']}; "
        f"commit {where['commit']}, {where['date']}"
    )
    runs = result.get("runs", [])
    models = {run["variant"]["model"]: 0 for run in runs if run["variant"]["random"]}
    return line + (f"\nrandom weights ({', '.join(models)}): timing only" if models else "")


def _processes(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Our runs and the peers, those of the same model and number of objects together."""
    order: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for run in result["runs"]:
        order.setdefault((run["variant"]["model"], run["objects"]), []).append(run)
    for peer in result["peers"]:
        order.setdefault((peer["model"], peer["objects"]), []).append(peer)
    return [entry for entries in order.values() for entry in entries]


def _process_row(entry: dict[str, Any]) -> Row:
    latency = [entry["latency"][key] for key in ("p50", "p95", "p99")]
    ready = entry.get("hello")
    values = (entry["fps"], *latency, *_held(entry), ready, *_network_alone(entry))
    return Row(_name(entry) if "variant" in entry else f"  {_name(entry)}", values)


def _held(entry: dict[str, Any]) -> tuple[float, float | None]:
    return entry["peak"]["host"], entry["peak"]["device"] or None


def _network_alone(entry: dict[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Milliseconds, 10^9 operations a second, and that rate as a share of a matrix product's."""
    if "network" not in entry:
        return None, None, None
    network = entry["network"]
    rate = network["gflop"] / network["median"] * 1000
    return network["median"], rate, rate / network["matrix_rate"]


def _parts_table(result: dict[str, Any]) -> str:
    """Medians of all parts that any run has: results of other versions have other parts."""
    runs = [run for run in result["runs"] if "parts" in run]
    names = list(dict.fromkeys(part for run in runs for part in run["parts"]))
    columns = [Column("", name, digits=1) for name in (*names, "to reply")]
    rows = []
    for run in runs:
        host = [_median(run["parts"], name) for name in names]
        rows.append(Row(_name(run), (*host, run["to_reply"]["p50"])))
        device = [_median(run.get("device_parts", {}), name) for name in names]
        if any(device):
            rows.append(Row("  kernels on the device", (*device, None)))
    profiled = any("device_parts" in run for run in runs)  # older results had a stopwatch
    return _titled("Parts of a frame, ms (median)", _render(columns, rows), PARTS * profiled)


def _median(parts: dict[str, Any], name: str) -> float | None:
    return parts[name]["p50"] if name in parts else None


def _calls_table(result: dict[str, Any]) -> str:
    """Of runs that were profiled and of peers."""
    entries = [entry for entry in _processes(result) if entry.get("counts")]
    columns = [Column("", title, digits=1) for title in CALLS.values()]
    rows = [Row(_name(e), tuple(e["counts"].get(kind) for kind in CALLS)) for e in entries]
    return _titled("Calls per frame", _render(columns, rows))


def _ratio_table(result: dict[str, Any]) -> str:
    columns = [Column("", key, digits=2) for key in ("median", "least", "most")]
    rows = [
        Row(f"{_name(race, 'run')} : {race['peer']}", (race["median"], race["least"], race["most"]))
        for race in result["races"]
    ]
    note = "Of whole videos, in interleaved rounds. Below 1: slower than the peer."
    return _titled("Times as fast as a peer", _render(columns, rows), note)
