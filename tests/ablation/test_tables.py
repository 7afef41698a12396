"""What the tables of an ablation say about their numbers."""

from __future__ import annotations

from samurai.evaluation.ablation.tables import tables
from samurai.evaluation.ablation.values import Ablation, Combination, Overlap, Part
from samurai.evaluation.table import Column

TOO_LOW = "EAO is too low by construction: the longest sequence has 20 frames"


def ablation(*policies: str, note: str = "") -> Ablation:
    combinations = tuple(Combination(policy, "nano") for policy in policies)
    overlaps = {c: {"one": Overlap(0.5, {}), "two": Overlap(0.25, {})} for c in combinations}
    columns = (Column("baseline", "EAO"),)
    part = Part("w", columns, dict.fromkeys(combinations, (0.1,)), overlaps, note)
    return Ablation(combinations, (part,), "samurai")


def test_an_eao_that_is_too_low_says_so() -> None:
    assert TOO_LOW in tables(ablation("samurai", note=TOO_LOW))[0].note
    assert "too low" not in tables(ablation("samurai"))[0].note


def test_the_difference_is_that_to_the_reference() -> None:
    for policies in (("strides",), ("samurai",), ("dam", "sam2")):
        table = tables(ablation(*policies))[-1]
        assert [column.measure for column in table.columns] == ["overlap"]
        assert "interval" not in table.note
    table = tables(ablation("samurai", "dam"))[-1]
    assert len(table.columns) == 4
    assert "interval" in table.note and "`samurai`" in table.note
