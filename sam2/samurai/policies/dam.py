"""DAM4SAM (CVPR 2025, arXiv 2411.17576): SAM 2 with a distractor-aware memory, see `anchors`.

The candidate of highest predicted IoU wins. A box is first decoded, with three candidates, and the
mask that wins becomes the prompt, where the model takes boxes as corner points.

Frames are counted from the object's own prompt, so that an object may start in any frame; the
reference keeps all frames, this keeps those that can still be recalled.
"""

from __future__ import annotations

from collections.abc import Sequence

from samurai.policies.anchors import AnchorMemory
from samurai.policies.base import Choice, Decoded, Keep, Needs, Policy, Recall, Traits

PROMPT_CANDIDATES = 3
"""Prompts of up to so many points are answered by three candidates."""


class DamPolicy(Policy):
    """Remembers recent frames, and those in which the object was told from a distractor."""

    name = "dam"

    def __init__(self, traits: Traits) -> None:
        super().__init__(traits)
        self._memory = AnchorMemory(traits)

    @property
    def needs(self) -> Needs:
        return Needs(
            self._memory.maps,
            self._memory.pointers,
            areas=True,
            box_as_mask=True,
            prompt_candidates=PROMPT_CANDIDATES,
        )

    def start(self, decoded: Decoded) -> Choice:
        chosen = decoded.best()
        self._memory.start(decoded, chosen)
        return Choice(chosen)

    def recall(self, time: int) -> Sequence[Recall]:
        return [self._memory.recall(time)]

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        chosen = decoded[0].best()
        self._memory.observe(decoded[0], chosen)
        return [Choice(chosen)]

    def remember(self, time: int) -> Sequence[Keep]:
        return [self._memory.keep(time)]
