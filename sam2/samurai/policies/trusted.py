"""SAMURAI's memory of maps (arXiv 2411.11922, section 4.2), which later policies build on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from samurai.policies.base import MapRecall


@dataclass(frozen=True)
class TrustedFrames:
    """The prompt frame and the newest trusted frames of one object; immutable.

    Attributes:
        prompt: the frame of the object's prompt.
        slots: of memory maps, the prompt's included.
        frame_indices: the newest trusted frames, oldest first; at most `slots` - 1.
    """

    prompt: int
    slots: int
    frame_indices: tuple[int, ...] = ()

    @property
    def capacity(self) -> int:
        """The most maps ever kept: the prompt's, the trusted ones, and a newest that isn't one."""
        return self.slots + 1

    def recalled(self, frame_index: int) -> tuple[MapRecall, ...]:
        """What a frame attends to: the newest one in the last slot, trusted or not; slots before
        the oldest stay empty."""
        frames = [t for t in self.frame_indices if t != frame_index - 1]
        if frame_index - 1 > self.prompt:
            frames.append(frame_index - 1)
        frames = frames[-(self.slots - 1) :]
        oldest = self.slots - len(frames)
        recent = (MapRecall(t, oldest + rank) for rank, t in enumerate(frames))
        return (MapRecall(self.prompt, 0), *recent)

    def after(self, frame_index: int, trusted: bool) -> TrustedFrames:
        """The memory when frame `frame_index` has been judged.

        The frame right after the prompt is never a trusted one: the reference scans down to the
        second, and uses the first only as "the newest".
        """
        if not trusted or frame_index < self.prompt + 2:
            return self
        return replace(self, frame_indices=(*self.frame_indices, frame_index)[-(self.slots - 1) :])

    def kept(self, frame_index: int) -> frozenset[int]:
        """The frames still needed after frame `frame_index`."""
        return frozenset((self.prompt, frame_index, *self.frame_indices))
