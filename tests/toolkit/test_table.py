"""The table of scores, as it is printed."""

from __future__ import annotations

from samurai.evaluation.table import Column, Row, render

COLUMNS = [
    Column("baseline", "EAO", repaired=True),
    Column("baseline", "A", repaired=True),
    Column("unsupervised", "accuracy"),
    Column("", "fps", digits=1),
]


def test_columns_are_aligned_below_their_experiment() -> None:
    rows = [
        Row("SAMURAI", (0.41234, 1.0, 0.5, 28.44)),
        Row("a longer label", (0.1, None, None, None)),
    ]
    assert render(COLUMNS, rows).splitlines() == [
        "                  baseline *      unsupervised",
        "tracker             EAO      A        accuracy     fps",
        "SAMURAI           0.412  1.000           0.500    28.4",
        "a longer label    0.100      -               -       -",
    ]


def test_no_tracker_is_a_table_of_headings() -> None:
    assert render(COLUMNS, []).splitlines()[1].split() == ["tracker", "EAO", "A", "accuracy", "fps"]
