"""Numbers of an ablation as plain values, and the statistics of their differences."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from samurai.evaluation.bootstrap import Difference, paired_difference
from samurai.evaluation.table import Column

Cells = tuple[float | None, ...]


@dataclass(frozen=True)
class Combination:
    """A policy with a model, and perhaps with a setting: NAME=VALUE, "" for none."""

    policy: str
    model: str
    setting: str = ""

    @property
    def identifier(self) -> str:
        """Of its tracker: letters, digits and hyphens, as the toolkit's reports require.

        `samurai:motion_weight=0.1` with nano is `samurai-motion-weight-0p1-nano`: a p stands for
        the point of a number, an m for its minus sign.
        """
        name, _, parameters = self.policy.partition(":")
        changes = f"{parameters}-{self.setting}"
        changes = re.sub(r"(?<=[=e])-(?=\d)", "m", changes)
        changes = re.sub(r"(?<=\d)\.(?=\d)", "p", changes)
        return re.sub(r"[^A-Za-z0-9]+", "-", f"{name}-{changes}-{self.model_name}").strip("-")

    @property
    def what(self) -> str:
        """Policy and setting, for tables."""
        return f"{self.policy} {self.setting}".strip()

    @property
    def model_name(self) -> str:
        """The model's name; of a card of the user's own, that of its file."""
        return Path(self.model).stem


@dataclass(frozen=True)
class Overlap:
    """The overlap of a run over one sequence.

    Attributes:
        mean: overlap with the truth, as in the stack's own analysis, mean over objects.
        attributes: the same over the frames of an attribute, and how many frames these are.
    """

    mean: float
    attributes: dict[str, tuple[float, int]]


@dataclass(frozen=True)
class Part:
    """The results in one workspace.

    Attributes:
        name: of the workspace.
        columns: the measures of its stack, the toolkit's own, and fps.
        values: of each combination, one per column; None where results are missing.
        overlaps: of the combinations with complete results, per sequence.
        note: a remark on its measures; "" for none.
    """

    name: str
    columns: tuple[Column, ...]
    values: dict[Combination, Cells]
    overlaps: dict[Combination, dict[str, Overlap]]
    note: str = ""


@dataclass(frozen=True)
class Ablation:
    """All measurements of an ablation.

    Attributes:
        combinations: in the order of the tables.
        parts: a workspace each.
        reference: the policy that others are compared with.
        stale: warnings for results that were made with other settings, weights or code.
        made: when and with what the tables were made, by name.
    """

    combinations: tuple[Combination, ...]
    parts: tuple[Part, ...]
    reference: str
    stale: dict[Combination, list[str]] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    def label(self, combination: Combination) -> str:
        """A combination's name in tables: with its model, if there are several."""
        several = len({c.model for c in self.combinations}) > 1
        name = f"{combination.what} {combination.model_name}" if several else combination.what
        return f"{name} (stale)" if self.stale.get(combination) else name

    def compared_with(self, combination: Combination) -> Combination | None:
        """What a combination is compared with: the reference with the same model; with a setting,
        the same policy without it. None if that isn't here, or is the same."""
        policy = combination.policy if combination.setting else self.reference
        other = Combination(policy, combination.model)
        return other if other != combination and other in self.combinations else None

    def scopes(self) -> dict[str, tuple[Part, ...]]:
        """The sets of sequences for means: each workspace, and all of them."""
        scopes: dict[str, tuple[Part, ...]] = {part.name: (part,) for part in self.parts}
        if len(self.parts) > 1:
            scopes["all"] = self.parts
        return scopes

    def attributes(self) -> list[str]:
        """Every attribute that a sequence has."""
        return sorted(
            {
                attribute
                for part in self.parts
                for sequences in part.overlaps.values()
                for overlap in sequences.values()
                for attribute in overlap.attributes
            }
        )


def overlaps(parts: Iterable[Part], combination: Combination) -> dict[str, Overlap] | None:
    """Of every sequence, by workspace and name; None unless all are there."""
    found: dict[str, Overlap] = {}
    for part in parts:
        if combination not in part.overlaps:
            return None
        found |= {f"{part.name}/{name}": o for name, o in part.overlaps[combination].items()}
    return found


def mean_overlap(parts: Iterable[Part], combination: Combination) -> float | None:
    """Mean over sequences, each counting once whatever its length."""
    found = overlaps(parts, combination)
    return float(np.mean([overlap.mean for overlap in found.values()])) if found else None


def attribute_overlap(
    parts: Iterable[Part], combination: Combination, attribute: str
) -> tuple[float, int, int] | None:
    """Mean overlap over an attribute's frames: within a sequence, then over sequences.

    Returns:
        The mean, how many sequences have such frames, and how many frames these are.
    """
    found = [
        overlap.attributes[attribute]
        for overlap in (overlaps(parts, combination) or {}).values()
        if attribute in overlap.attributes
    ]
    if not found:
        return None
    return float(np.mean([mean for mean, _ in found])), len(found), sum(count for _, count in found)


def difference(
    parts: tuple[Part, ...], combination: Combination, reference: Combination
) -> Difference | None:
    """By how much a combination overlaps more than another one, sequence by sequence."""
    ours, theirs = overlaps(parts, combination), overlaps(parts, reference)
    if not ours or not theirs or ours.keys() != theirs.keys():
        return None
    return paired_difference([ours[name].mean - theirs[name].mean for name in ours])
