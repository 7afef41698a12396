"""JSON, CSV and LaTeX of scores."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles.made_scores import CURVES, make_dataset, make_score

from samurai.benchmark.documents import csv_text, document, json_text, now
from samurai.benchmark.latex import escaped, latex_text
from samurai.benchmark.report import ReportFiles, show
from samurai.benchmark.scores import Curve, SequenceScore, Speed, TrackerScore
from samurai.runtime.whole_files import write_whole

DATE = "2026-11-28T08:00:00+00:00"
VALUES = {
    "auc": 74.23456789012345,
    "op50": 84.0,
    "op75": 70.0,
    "precision": 80.0,
    "normalized_precision": 82.5,
}


def refused(word: str) -> float:
    """For what JSON has no word."""
    raise AssertionError(word)


def test_the_keys_that_others_read(tmp_path: Path) -> None:
    file = tmp_path / "new" / "out.json"
    scores = [make_score(values=VALUES), make_score("sam2-l", values=VALUES)]
    show(make_dataset(), scores, files=ReportFiles(json=file), out=lambda text: None)
    found = json.loads(file.read_text(encoding="utf-8"), parse_constant=refused)
    assert list(found) == ["benchmark", "protocol", "box", "trackers"]
    assert (found["benchmark"], found["protocol"], found["box"]) == ("lasot", "lasot", "pixels")
    assert list(found["trackers"]) == ["samurai-l", "sam2-l"]
    for entry in found["trackers"].values():
        assert {name: entry[name] for name in VALUES} == VALUES, "unrounded"
        assert entry["sequences"] == 2
        assert set(entry["versions"]) == {"samurai", "numpy", "python"}
        assert entry["date"]
    assert sorted(path.name for path in file.parent.iterdir()) == ["out.json"]


def test_everything_is_in_the_document() -> None:
    more: dict[str, Any] = {
        "attributes": {"a": ("OV",)},
        "missing": ("c",),
        "notes": ("a note.",),
        "speed": Speed(40.0, 30.0),
        "curves": CURVES,
    }
    entry = document(make_dataset(), [make_score(**more)], DATE)["trackers"]["samurai-l"]
    assert entry["date"] == DATE
    assert entry["fps"] == {"tracking": 40.0, "total": 30.0}
    assert (entry["missing"], entry["notes"]) == (["c"], ["a note."])
    assert entry["per_sequence"]["a"] == {"auc": 80.0, "frames": 100, "attributes": ["OV"]}
    assert entry["per_attribute"]["OV"]["auc"] == 80.0
    assert entry["per_attribute"]["OV"]["precision"] is None
    assert entry["per_attribute"]["OV"]["sequences"] == 1
    assert entry["curves"]["precision"] == {
        "thresholds": [0.0, 20.0, 50.0],
        "shares": [0.0, 0.5, 1.0],
    }
    assert entry["published"][0]["tracker"] == "SAMURAI-L"
    assert entry["published"][0]["differences"] == {}, "partial results aren't comparable"


def test_published_scores_have_our_difference() -> None:
    found = document(make_dataset(), [make_score(values=VALUES)], DATE)
    (published,) = found["trackers"]["samurai-l"]["published"]
    assert published["values"] == {"auc": 74.23, "precision": 80.21}
    assert published["differences"] == pytest.approx({"auc": 0.00456789, "precision": -0.21})


def test_other_conventions_and_protocols_are_variants() -> None:
    scores = [
        make_score("x"),
        make_score("x", {"a": 1.0}, box="samurai"),
        make_score("x", protocol="got10k", measure="ao"),
        make_score("y"),
    ]
    found = document(make_dataset(), scores, DATE)["trackers"]
    assert list(found) == ["x", "y"]
    assert found["x"]["auc"] == 70.0
    variants = found["x"]["variants"]
    assert [(each["protocol"], each["box"]) for each in variants] == [
        ("lasot", "samurai"),
        ("got10k", "pixels"),
    ]
    assert variants[0]["auc"] == 1.0 and variants[1]["ao"] == 70.0
    assert set(found["x"]["differences"]) == {"y"}
    assert found["y"]["differences"]["x"]["mean"] == 0.0


def test_nan_is_never_written() -> None:
    curve = Curve(np.array([0.0, 1.0]), np.array([math.nan, 0.5]))
    sequence = SequenceScore("a", {"jf": math.nan}, 3, objects={1: {"jf": math.inf}})
    score = TrackerScore("x", "davis", "pixels", {"jf": math.nan}, (sequence,), {"success": curve})
    found = json.loads(json_text(make_dataset(), [score], DATE), parse_constant=refused)
    entry = found["trackers"]["x"]
    assert entry["jf"] is None and entry["j"] is None
    assert entry["curves"]["success"]["shares"] == [None, 0.5]
    assert entry["per_sequence"]["a"]["objects"] == {"1": {"jf": None}}


def test_csv_has_a_row_per_tracker_and_sequence() -> None:
    third = 100 / 3
    first = make_score("a,b", {"s1": third, "s2": math.nan}, attributes={"s1": ("OV", "FM")})
    text = csv_text(make_dataset(), [first, make_score("y", {"s1": 2.5}, box="samurai")])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == [
        *("benchmark", "protocol", "box", "tracker", "sequence", "frames", "attributes"),
        *("auc", "op50", "op75", "precision", "normalized_precision"),
    ]
    assert [(row["tracker"], row["box"], row["sequence"]) for row in rows] == [
        *(("a,b", "pixels", "s1"), ("a,b", "pixels", "s2"), ("y", "samurai", "s1")),
    ]
    assert float(rows[0]["auc"]) == third and rows[0]["attributes"] == "OV FM"
    assert rows[1]["auc"] == "" and rows[0]["precision"] == ""
    assert "nan" not in text


def test_latex_is_a_booktabs_table() -> None:
    scores = [
        make_score("samurai_l", values=VALUES),
        make_score("a&b", values={"auc": 1.0}, box="samurai"),
    ]
    text = latex_text(make_dataset(), scores)
    head, rows = text.split("    \\midrule\n")
    assert head.startswith("% \\usepackage{booktabs}\n\\begin{table}\n  \\centering\n")
    assert "\\caption{LaSOT: 2 sequences, protocol lasot. Protocol lasot: the rules" in head
    assert "\\label{tab:lasot}" in head
    assert head.endswith(
        "  \\begin{tabular}{llrrrrrr}\n    \\toprule\n"
        "    Tracker & Boxes & AUC & OP50 & OP75 & P & Pnorm & Sequences \\\\\n"
    )
    assert rows == (
        "    samurai\\_l & pixels & 74.23 & 84.00 & 70.00 & 80.00 & 82.50 & 2 \\\\\n"
        "    \\quad SAMURAI-L, published &  & 74.23 & - & - & 80.21 & - &  \\\\\n"
        "    \\quad difference & pixels & +0.00 & - & - & $-0.21$ & - &  \\\\\n"
        "    a\\&b & samurai & 1.00 & - & - & - & - & 2 \\\\\n"
        "    \\bottomrule\n  \\end{tabular}\n\\end{table}\n"
    )


def test_latex_of_two_protocols_has_two_labels() -> None:
    scores = [make_score(), make_score(protocol="davis", measure="jf")]
    text = latex_text(make_dataset(), scores)
    assert "\\label{tab:lasot}" in text and "\\label{tab:lasot-2}" in text
    assert "J\\&F" in text


def test_latex_escapes_what_it_would_read() -> None:
    assert escaped(r"a_b\c{d}~^<e>|[f]&%$#") == (
        r"a\_b\textbackslash{}c\{d\}\textasciitilde{}\textasciicircum{}\textless{}e\textgreater{}"
        r"\textbar{}{[}f]\&\%\$\#"
    )


def test_a_file_is_whole_or_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    write_whole(file, "old\n")
    with pytest.raises(UnicodeEncodeError):
        write_whole(file, "new \ud800")
    assert file.read_bytes() == b"old\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_the_date_has_a_zone() -> None:
    assert now().endswith("+00:00")
