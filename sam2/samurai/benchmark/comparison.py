"""Two trackers side by side: sequence by sequence, by attribute, and how much of it is chance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from samurai.benchmark.scores import COLUMNS, SequenceScore, TrackerScore
from samurai.evaluation.bootstrap import Difference, paired_difference


@dataclass(frozen=True)
class SequenceDifference:
    """The scores of two trackers on a sequence, in percent."""

    name: str
    first: float
    second: float
    frames: int
    attributes: tuple[str, ...]

    @property
    def difference(self) -> float:
        """By how much the first one's is higher."""
        return self.first - self.second


@dataclass(frozen=True)
class AttributeMean:
    """The mean over the sequences that have an attribute, in percent."""

    value: float
    sequences: int


def main_measure(protocol: str) -> str:
    """The measure that trackers are compared by: the first column of the table."""
    return COLUMNS[protocol][0]


def primary(scores: Sequence[TrackerScore]) -> tuple[TrackerScore, ...]:
    """A score per tracker: its first one, among those of the first protocol."""
    found: dict[str, TrackerScore] = {}
    for score in scores:
        if score.protocol == scores[0].protocol:
            found.setdefault(score.tracker, score)
    return tuple(found.values())


def counts(score: TrackerScore) -> tuple[int, int]:
    """How many sequences have results, and how many there are.

    TrackingNet's rules score sequences without results as well.
    """
    missing = set(score.missing)
    names = {each.name for each in score.sequences}
    return len(names - missing), len(names | missing)


def comparable(score: TrackerScore) -> bool:
    """Whether its values are those of the whole data set."""
    return not score.missing


def weight(protocol: str, sequence: SequenceScore) -> int:
    """How much a sequence counts in the protocol's mean.

    GOT-10k's pools frames, those of masks are means over objects, all others over sequences.
    """
    if protocol == "got10k":
        return sequence.frames
    return max(1, len(sequence.objects)) if protocol in ("davis", "sav") else 1


def sequence_differences(
    first: TrackerScore, second: TrackerScore, measure: str
) -> list[SequenceDifference]:
    """Sequences that both trackers have a score of: those first in which `first` is better by most.

    Equal differences stay in the data set's order.
    """
    found = (pair for pair, _ in _pairs(first, second, measure))
    return sorted(found, key=lambda pair: -pair.difference)


def mean_difference(first: TrackerScore, second: TrackerScore, measure: str) -> Difference | None:
    """By how much the first tracker's mean is higher, with its bootstrap interval.

    Sequences are drawn in pairs with their weight, so that GOT-10k's come with their frames. It is
    over sequences that both have; None where there is none.
    """
    found = [(pair.difference, mass) for pair, mass in _pairs(first, second, measure) if mass]
    if not found:
        return None
    return paired_difference([gap for gap, _ in found], [mass for _, mass in found])


def _pairs(
    first: TrackerScore, second: TrackerScore, measure: str
) -> Iterator[tuple[SequenceDifference, int]]:
    """The sequences of both, in the order of the first one's, each with its weight."""
    others = {each.name: each for each in second.sequences}
    for own in first.sequences:
        if own.name in others:
            values = value_of(own, measure), value_of(others[own.name], measure)
            if not any(map(math.isnan, values)):
                pair = SequenceDifference(own.name, *values, own.frames, own.attributes)
                yield pair, weight(first.protocol, own)


def attributes_of(scores: Sequence[TrackerScore]) -> list[str]:
    """All attributes of the sequences, by name."""
    return sorted(
        {name for score in scores for each in score.sequences for name in each.attributes}
    )


def attribute_mean(score: TrackerScore, attribute: str, measure: str) -> AttributeMean | None:
    """The measure over the sequences that have the attribute, weighted as the protocol's mean."""
    found = [
        (value, mass)
        for each in score.sequences
        if attribute in each.attributes
        and not math.isnan(value := value_of(each, measure))
        and (mass := weight(score.protocol, each))
    ]
    if not found:
        return None
    total = sum(mass for _, mass in found)
    return AttributeMean(sum(value * mass for value, mass in found) / total, len(found))


def value_of(scored: SequenceScore | TrackerScore, measure: str) -> float:
    """A value in percent; NaN where there is none."""
    return float(scored.values.get(measure, math.nan))
