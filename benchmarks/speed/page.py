"""One page of results, complete in itself: tables and plots, the losses with the wins."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.speed.components import PARTS
from benchmarks.speed.plots import COLOURS, latency_plot, memory_plot, parts_plot, ratio_plot
from benchmarks.speed.svg import number
from benchmarks.speed.table import name, network_alone, scaling

STYLE = """
:root { color-scheme: light dark; --ink: #1d2128; --soft: #5b6370; --rule: #dfe3e9;
  --ground: #fff; --card: #f6f7f9; --won: #1c7f63; --lost: #c2402a; --ours: #2f6db0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa4b2; --rule: #343a44;
  --ground: #15181d; --card: #1d2128; --won: #4cc3a0; --lost: #f08a72; --ours: #74aef0; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2.5rem auto; max-width: 1120px;
  padding: 0 1.2rem; color: var(--ink); background: var(--ground); }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .4rem; border-bottom: 1px solid var(--rule);
  padding-bottom: .3rem; }
h3 { font-size: 1rem; margin: 1.6rem 0 .3rem; }
p { margin: .3rem 0; color: var(--soft); max-width: 75ch; }
.where { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; color: var(--soft); }
.where b { color: var(--ink); font-weight: 600; }
.note { background: var(--card); border-left: 3px solid var(--lost); padding: .4rem .8rem;
  margin: .8rem 0; color: var(--ink); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums;
  font-size: .92em; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
th { font-weight: 600; color: var(--soft); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td.won, .won { color: var(--won); } td.lost, .lost { color: var(--lost); }
td.peer { color: var(--soft); padding-left: 1.2rem !important; }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .5rem 0; font-size: .92em; }
.key i { display: inline-block; width: .8em; height: .8em; border-radius: 2px;
  margin-right: .4em; }
svg { width: 100%; height: auto; display: block; margin: .5rem 0; }
svg text { font: 12.5px system-ui, sans-serif; fill: var(--ink); }
svg text.faint { fill: var(--soft); } svg text.value { font-weight: 600; }
svg text.won { fill: var(--won); } svg text.lost { fill: var(--lost); }
svg .grid { stroke: var(--rule); } svg .even { stroke: var(--soft); stroke-dasharray: 4 3; }
svg .range { stroke-width: 2.5; } svg .range.ours { stroke: var(--ours); }
svg .range.theirs { stroke: var(--soft); }
svg circle.ours { fill: var(--ours); }
svg circle.theirs { fill: var(--ground); stroke: var(--soft); stroke-width: 2.5; }
svg circle.round { opacity: .45; } svg circle.won { fill: var(--won); }
svg circle.lost { fill: var(--lost); }
svg .median { stroke-width: 3; } svg .median.won { stroke: var(--won); }
svg .median.lost { stroke: var(--lost); }
svg .curve { fill: none; stroke-width: 2; } svg .curve.host { stroke: var(--ours); }
svg .curve.device { stroke: var(--won); }
"""

Cell = str | float | None


def page(results: Sequence[dict[str, Any]]) -> str:
    """The page as HTML; `results` as `suite.run` and `memory.run` give them, in this order."""
    sections = "".join(
        _speed(result) if result["kind"] == "speed" else _memory(result) for result in results
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Speed and memory of samurai</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Speed and memory of samurai</h1>\n{sections}</body>\n</html>\n"
    )


def _speed(result: dict[str, Any]) -> str:
    width, height = result["size"]
    parts = [
        _where(result, [("frames", f"{width}x{height}")]),
        _random_note(result["runs"]),
        _ratios(result),
        _end_to_end(result),
        _parts(result["runs"]),
        _work(result),
    ]
    return "".join(parts)


def _where(result: dict[str, Any], more: Iterable[tuple[str, str]] = ()) -> str:
    where = result["where"]
    facts = [
        ("machine", f"{where['gpu']} with {where['machine']}" if _on_gpu(result) else ""),
        ("machine", where["machine"] if not _on_gpu(result) else ""),
        ("memory", f"{where['memory_gib']} GiB"),
        ("instructions", where["cpu_capability"]),
        *more,
        ("commit", where["commit"]),
        ("date", where["date"]),
        ("Python", where["python"]),
        *((package, version or "-") for package, version in where["versions"].items()),
    ]
    items = "".join(f"<span>{_text(key)} <b>{_text(v)}</b></span>" for key, v in facts if v)
    return f'<div class="where">{items}</div>\n'


def _on_gpu(result: dict[str, Any]) -> bool:
    return bool(result["device"] == "cuda")


def _random_note(runs: Sequence[dict[str, Any]]) -> str:
    models = dict.fromkeys(r["variant"]["model"] for r in runs if r["variant"]["random"])
    if not models:
        return ""
    return (
        f'<p class="note">{_text(", ".join(models))}: random weights, good for timing only. They '
        "run policy sam2, since what policy samurai keeps in memory depends on scores.</p>\n"
    )


def _ratios(result: dict[str, Any]) -> str:
    absent = "".join(
        f"<p>Not run: {_text(gone['what'])}: {_text(gone['reason'])}.</p>\n"
        for gone in result["absent"]
    )
    if not result["races"]:
        return f"<h2>Beside the peers</h2>\n{absent}"
    rows: list[list[Cell]] = [
        [
            name(race, "run"),
            race["peer"],
            f"{race['median']:.2f}",
            f"{race['least']:.2f} to {race['most']:.2f}",
            str(len(race["rounds"])),
        ]
        for race in result["races"]
    ]
    marks = ["won" if race["median"] >= 1 else "lost" for race in result["races"]]
    head = ["run", "peer", "times as fast", "least to most", "rounds"]
    return (
        "<h2>Beside the peers</h2>\n<p>How many times as fast as the peer, over whole laps in "
        "turns (A B A B ...), same frames, prompts and weights; the peer's frame loading and our "
        "decoding and wire counted. A dot is a round, the bar their median; below 1 the peer "
        f"was faster.</p>\n{ratio_plot(result['races'])}{_table(head, rows, marks)}{absent}"
    )


def _end_to_end(result: dict[str, Any]) -> str:
    calls = "launches" if _on_gpu(result) else "operator calls"
    head = ["", "fps", "p50", "p95", "p99", "to reply", "samples", "threads", "syncs", calls]
    head += ["host, MiB", "device, MiB", "to hello, s"]
    rows, marks, plots = [], [], ""
    for (model, objects), entries in _groups(result).items():
        title = f"{model}, {objects} object{'s' if objects != 1 else ''}"
        plots += f"<h3>{_text(title)}</h3>\n{latency_plot(entries)}"
        rows += [_process_row(entry) for entry in entries]
        marks += ["" if "variant" in entry else "peer" for entry in entries]
    return (
        "<h2>End to end</h2>\n<p>What a TraX client waits for each answer, in ms, frame after "
        "frame, so that a memory write that isn't finished counts. A peer's latency is that of "
        "its propagation, without the loading of frames, which its fps include. To reply: the "
        "frame's own work until its answer is out. Syncs: how often the host waits for the device "
        "in a frame, or would wait if there were one.</p>\n"
        f"{plots}{_table(head, rows, marks, mark_first=True)}"
    )


def _groups(result: dict[str, Any]) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """Runs and peers by model and number of objects."""
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for run in result["runs"]:
        groups.setdefault((run["variant"]["model"], run["objects"]), []).append(run)
    for peer in result["peers"]:
        groups[peer["model"], peer["objects"]].append(peer)
    return groups


def _process_row(entry: dict[str, Any]) -> list[Cell]:
    counts = entry.get("counts", {})
    kinds = ("operator calls", "kernel launches", "graph launches")
    calls = [counts[kind] for kind in kinds if kind in counts]
    latency = entry["latency"]
    return [
        name(entry),
        entry["fps"],
        *(latency[key] for key in ("p50", "p95", "p99")),
        entry.get("to_reply", {}).get("p50"),
        str(len(entry["latencies"])),
        str(entry["threads"]),
        counts.get("host syncs"),
        sum(calls) if calls else None,
        entry["peak"]["host"],
        entry["peak"]["device"] or None,
        entry.get("hello"),
    ]


def _parts(runs: Sequence[dict[str, Any]]) -> str:
    timed = [run for run in runs if "parts" in run]
    if not timed:
        return ""
    key = "".join(
        f'<span><i style="background:{COLOURS[part]}"></i>{part}</span>' for part in PARTS
    )
    plots = ""
    for model in dict.fromkeys(run["variant"]["model"] for run in timed):
        own = [run for run in timed if run["variant"]["model"] == model]
        plots += f"<h3>{_text(model)}</h3>\n{parts_plot(own)}"
    head = ["ms, p50 (p95)", *PARTS, "all", "maps"]
    rows: list[list[Cell]] = [
        [
            name(run),
            *(
                f"{number(run['parts'][part]['p50'])} ({number(run['parts'][part]['p95'])})"
                for part in (*PARTS, "all")
            ),
            f"{run['maps']:.1f}",
        ]
        for run in timed
    ]
    return (
        "<h2>Where a frame's time goes</h2>\n<p>Medians of every part, from runs of their own with "
        "a clock around the tracker's functions. There the parts wait for each other: the memory "
        "write, which end to end may run beside the next frame, and on a GPU whatever the device "
        "was asked for. Maps: how many memories an object's frame "
        f'reads.</p>\n<div class="key">{key}</div>\n{plots}{_table(head, rows)}'
    )


def _work(result: dict[str, Any]) -> str:
    head = ["GFLOP", "image encoder", "memory attention", "decoder", "memory encoder"]
    head += ["a frame", "a further object"]
    rows: list[list[Cell]] = []
    for model, work in result["work"].items():
        each = work["attention"] + work["decoder"] + work["memory_encoder"]
        kinds = ("encoder", "attention", "decoder", "memory_encoder")
        rows.append([model, *(work[kind] for kind in kinds), work["encoder"] + each, each])
    alone: list[list[Cell]] = []
    for run in result["runs"]:
        milliseconds, rate, share = network_alone(run, result)
        if milliseconds is not None and share is not None:
            fps = 1000 / milliseconds
            alone.append([name(run), milliseconds, fps, rate, f"{100 * share:.0f} %"])
    scaled: list[list[Cell]] = [
        [
            name(row),
            *(row[key] for key in ("end_to_end", "network", "floor", "folded")),
            row["objects"] / row["end_to_end"],
            row["objects"] / row["network"],
        ]
        for row in scaling(result)
    ]
    text = (
        "<h2>Work</h2>\n<p>Operations of a frame with a full memory, counted by torch on the model "
        "itself (a multiply-add is two), and what the network alone makes of them: no file, "
        "resize, policy or wire. A further object shares the image encoder, unless each has its "
        "window. The share is of the rate of one large matrix product on the same "
        f"device in the same precision and run.</p>\n{_table(head, rows)}"
    )
    if alone:
        text += _table(["network alone", "ms", "fps", "GFLOP/s", "of a matrix product"], alone)
    if scaled:
        head = ["time(N) / time(1)", "end to end", "network", "arithmetic", "with V folded"]
        head += ["faster than N runs, end to end", "network"]
        text += _table(head, scaled)
    return text


def _memory(result: dict[str, Any]) -> str:
    text = "<h2>Memory over frames</h2>\n" + _where(result)
    for curve in result["curves"]:
        width, height = curve["size"]
        text += (
            f"<h3>{_text(name(curve))}</h3>\n<p>MiB resident over {curve['frames']:,} frames of "
            f"{width}x{height} in one session. After the start (frame {curve['from']:,.0f}) the "
            f"host's grows by <b>{curve['host_slope']:+.1f} KiB per 1,000 frames</b> (by the least-"
            "squares line; the median slope between two samples is "
            f"{curve['host_median_slope']:+.1f}: a step of the allocator shows in the first only, "
            f"a leak in both), the device's by {curve['device_slope']:+.1f}.</p>\n"
            f"{memory_plot(curve)}"
        )
    stages = ("import", "load", "warm-up")
    rows: list[list[Cell]] = [
        [
            f"{entry['label']} ({entry['weights']} weights)",
            *(entry[stage] for stage in stages),
            entry["peak"]["host"],
            entry["peak"]["device"] or None,
            entry["hello"],
        ]
        for entry in result["startup"]
    ]
    if rows:
        head = ["MiB resident after", *stages, "at most", "device at most", "hello s"]
        text += "<h2>Memory at the start</h2>\n" + _table(head, rows)
    return text


def _table(
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    marks: Sequence[str] = (),
    mark_first: bool = False,
) -> str:
    """A table without its empty columns; a row's mark colours its third cell, or its first."""
    used = [n for n in range(len(head)) if n == 0 or any(row[n] is not None for row in rows)]
    heads = "".join(f"<th>{_text(head[n])}</th>" for n in used)
    body = ""
    for index, row in enumerate(rows):
        mark = marks[index] if marks else ""
        marked = 0 if mark_first else 2
        cells = "".join(
            f'<td class="{mark if n == marked else ""}">{_cell(row[n])}</td>' for n in used
        )
        body += f"<tr>{cells}</tr>\n"
    return (
        f'<div class="scroll"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n'
        "</table></div>\n"
    )


def _cell(value: Cell) -> str:
    if value is None:
        return "-"
    return _text(value) if isinstance(value, str) else number(value)


def _text(text: str) -> str:
    return html.escape(text)
