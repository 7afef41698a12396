"""DAM4SAM (CVPR 2025, arXiv 2411.17576): SAM 2 with a distractor-aware memory, see `anchors`.

The candidate with the highest predicted IoU is chosen. A box is first decoded, with three
candidates, and the chosen mask becomes the prompt, where the model takes boxes as corner points.

Frames are counted from the object's own prompt, so that an object may start in any frame; the
reference keeps all frames, this policy keeps those that can still be recalled.
"""

from __future__ import annotations

from collections.abc import Sequence

from samurai.policies.anchors import AnchorMemory, AnchorParameters
from samurai.policies.base import (
    Choice,
    Decoded,
    Keep,
    Policy,
    PolicyContext,
    PolicyRequirements,
    Recall,
)


class DamPolicy(Policy):
    """Remembers recent frames, and frames in which the object was distinguished from a
    distractor."""

    name = "dam"
    parameters_type = AnchorParameters

    def __init__(self, context: PolicyContext, parameters: AnchorParameters | None = None) -> None:
        super().__init__(context)
        self._parameters = parameters or AnchorParameters()
        self._memory = AnchorMemory(context, self._parameters)

    @property
    def requirements(self) -> PolicyRequirements:
        """Areas for the distractor test; a box becomes a mask before the first frame is stored."""
        return PolicyRequirements(
            self._memory.maps,
            self._memory.pointers,
            areas=True,
            box_as_mask=True,
            prompt_candidates=self._parameters.prompt_candidates,
        )

    def start(self, decoded: Decoded) -> Choice:
        """The candidate with the best predicted IoU; the prompt frame enters both memories."""
        chosen = decoded.best()
        self._memory.start(decoded, chosen)
        return Choice(chosen)

    def recall(self, frame_index: int) -> Sequence[Recall]:
        """The recent and the distractor-resolving memory (DRM)."""
        return [self._memory.recall(frame_index)]

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        """The candidate with the best predicted IoU."""
        chosen = decoded[0].best()
        self._memory.observe(decoded[0], chosen)
        return [Choice(chosen)]

    def correct(self, decoded: Decoded, candidate: int) -> None:
        """Recent frames and anchors before the correction are forgotten."""
        self._memory.forget()

    def remember(self, frame_index: int) -> Sequence[Keep]:
        """The frames of both memories; a frame that entered neither is not encoded."""
        return [self._memory.keep(frame_index)]
