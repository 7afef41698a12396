"""Measures of every sequence: in the terminal, in the report, and as CSV."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from oracles.web_pages import check_page
from vot.report import DefaultStyle, StyleManager

from vot_wrapper.toolkit.report_style import SIZE, PageStyle, own_style

Evaluate = Callable[..., tuple[int, str]]
MakeWorkspace = Callable[..., Path]


def blocks(printed: str) -> dict[str, list[list[str]]]:
    """Words of the rows of each table per sequence, by experiment."""
    found = {}
    for part in printed.split("\n\n"):
        title, _, rest = part.strip().partition(", worst first\n")
        if rest:
            found[title] = [line.split() for line in rest.splitlines()[2:]]
    return found


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Path:
    """With a second tracker, whose boxes are off."""
    folder = make_workspace()
    registry = folder / "trackers.ini"
    text = registry.read_text()
    shifted = (
        text.replace("[scripted]", "[shifted]") + "label = Shifted <1>\nenv_SCRIPTED_SHIFT = 9\n"
    )
    registry.write_text(text + shifted)
    return folder


def test_the_worst_come_first_and_files_say_the_same(workspace: Path, evaluate: Evaluate) -> None:
    both = ("scripted", "shifted", "--workspace", workspace)
    code, printed = evaluate(*both)
    assert code == 0 and "worst first" not in printed
    code, printed = evaluate(*both, "--per-sequence")
    assert code == 0, printed
    found = blocks(printed)
    assert list(found) == ["baseline", "unsupervised"]
    assert {row[0]: row[1] for row in found["baseline"]} == {"drift": "20", "swing": "14"}
    for title, width in (("baseline", 3), ("unsupervised", 1)):
        first = [(float(row[2]) + float(row[2 + width])) / 2 for row in found[title]]
        assert first == sorted(first) and len(set(first)) == 2

    file = workspace / "analysis" / "latest-sequences.csv"
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert len(rows) == 2 * 2 * 2
    for each in rows:
        (line,) = (line for line in found[each["experiment"]] if line[0] == each["sequence"])
        values = [each[name] for name in ("EAO", "A", "R", "accuracy") if each[name]]
        place = 2 + (len(values) if each["tracker"] != "scripted" else 0)
        assert [f"{float(value):.3f}" for value in values] == line[place : place + len(values)]

    page = (workspace / "reports" / "latest" / "report.html").read_text()
    section = page.partition('<a name="Sequences">')[2]
    assert section.index("<td>drift</td>") > 0 and "Shifted &lt;1&gt;" in section
    assert '<a href="#Sequences">' in page
    for row in found["unsupervised"]:
        assert f">{row[2]}</td>" in section


def test_one_sequence_alone_has_the_values_of_its_row(workspace: Path, evaluate: Evaluate) -> None:
    here = ("scripted", "--workspace", workspace)
    _, printed = evaluate(*here, "--per-sequence")
    rows = {row[0]: row for row in blocks(printed)["baseline"]}
    for name in ("drift", "swing"):
        evaluate(*here, "--sequences", name)
        document = json.loads((workspace / "analysis" / "latest.json").read_text())
        (eao,), (accuracy, robustness, *_) = (
            part[0] for part in document["results"]["baseline"]["results"]
        )
        assert [f"{value:.3f}" for value in (eao, accuracy, robustness)] == rows[name][2:]


def test_sequences_without_results_come_last(
    workspace: Path, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPTED_FAILURE", "drift")
    code, printed = evaluate("scripted", "--workspace", workspace, "--per-sequence")
    assert code == 1
    rows = blocks(printed)["unsupervised"]
    assert [row[0] for row in rows] == ["swing", "drift"]
    assert rows[1][2:] == ["-"] and float(rows[0][2]) > 0
    file = workspace / "analysis" / "latest-sequences.csv"
    assert sum(bool(row["accuracy"]) for row in csv.DictReader(file.open())) == 1


def test_the_report_names_its_curves_and_colors(workspace: Path, evaluate: Evaluate) -> None:
    stack = workspace / "stack.yaml"
    curve = "      - {type: multistart_eao_curve, name: eaocurve, high: 12}\n"
    stack.write_text(stack.read_text().replace("  unsupervised:\n", f"{curve}  unsupervised:\n"))
    assert evaluate("scripted", "shifted", "--workspace", workspace)[0] == 0
    page = (workspace / "reports" / "latest" / "report.html").read_text()
    check_page(page)
    assert "<h1>Evaluation: Small</h1>" in page
    captions = re.findall(r'<div class="plot">\s*<p>(.*?)</p>', page)
    assert captions == [
        "baseline: accuracy by robustness",
        "baseline: expected average overlap by length of run",
    ]
    assert page.count('<g id="legend_1">') == len(captions)
    legend = page.partition('<div id="legend">')[2].partition("</div>")[0]
    colors = re.findall(r"background: (#\w{6})", legend)
    assert len(set(colors)) == 2
    curves = page.partition(captions[1])[2]
    assert all(f"stroke: {color}" in curves for color in colors)
    assert "Shifted &lt;1&gt;" in legend and "red" in legend and "rank" in legend


def test_the_overview_names_every_column_and_says_what_it_means(
    workspace: Path, evaluate: Evaluate
) -> None:
    """The toolkit leaves a name out that has no abbreviation, and adds its own of analyses."""
    _, printed = evaluate("scripted", "shifted", "--workspace", workspace)
    page = (workspace / "reports" / "latest" / "report.html").read_text()
    table = page.partition('<table class="overview-table')[2].partition("</thead>")[0]
    experiments, names = (
        re.findall(r"<th[^>]*>(.*?)</th>", row) for row in re.findall(r"<tr>.*?</tr>", table, re.S)
    )
    assert experiments == ["", "baseline", "unsupervised"]
    assert names == ["Trackers", "EAO", "A", "R", "accuracy"]
    for name in names[1:]:
        (meaning,) = re.findall(rf"^{name} +(.*?)(?: over .*)?$", printed, re.M)
        assert f"<li>{name}: {meaning.removeprefix(f'{name}: ')}" in page


def test_colors_do_not_depend_on_earlier_reports() -> None:
    """The toolkit counts on over all reports of a process."""
    shared = StyleManager()
    for number in range(8):
        shared.plot_style(f"tracker {number}")
    own = own_style(shared)
    found = [own.plot_style(name).point_style() for name in ("another", "tracker 0")]
    assert found == [PageStyle(number).point_style() for number in range(2)]
    assert tuple(own.figure().get_size_inches()) == SIZE


def test_trackers_look_different_beyond_the_colors() -> None:
    looks = [str((PageStyle(n).line_style(), PageStyle(n).point_style())) for n in range(28)]
    assert len(set(looks)) == len(looks)


def test_a_look_of_the_workspace_is_kept() -> None:
    class Gray(DefaultStyle):  # type: ignore[misc]
        pass

    chosen = StyleManager()
    chosen.plots = Gray
    assert type(own_style(chosen).plot_style("tracker")) is Gray
    assert chosen.plots is Gray and StyleManager().plots is DefaultStyle
