"""Writes an answered frame into memory: what the policies want to keep, now or in the background.

It is the part of a frame's work that no answer waits for. At most one frame is owed at a time; the
next frame needs it before it recalls memories.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass

import torch

from samurai.core.hypotheses import SelectedHypothesis
from samurai.core.mask_resize import memory_mask, resized_logits
from samurai.core.mask_separation import Claim, separated_logits
from samurai.core.objects import TrackedObject
from samurai.core.session_checks import check_requirements
from samurai.errors import SessionError
from samurai.networks.base import Features, VideoNetwork
from samurai.policies.base import Keep, PolicyRequirements
from samurai.runtime.profiling import span
from samurai.runtime.threads import background_pays, in_background


@dataclass(frozen=True)
class MemoryUpdate:
    """An answered frame whose memory is still to be written.

    Attributes:
        frame_index: of the frame.
        features: of its views.
        objects: that were tracked or prompted in it.
        selections: their hypotheses that live on, in the objects' order.
        others: hypotheses of further objects in this frame, whose memory is written already.
    """

    frame_index: int
    features: Features
    objects: Sequence[TrackedObject]
    selections: Sequence[SelectedHypothesis]
    others: Sequence[SelectedHypothesis] = ()


class MemoryWriter:
    """Keeps at most one update that is owed, and at most one that a thread is busy with.

    Args:
        network: makes memory maps and object pointers.
        requirements: of the policies.
        batched: whether memories of several hypotheses are made together.
        overlap: whether the masks that are remembered of different objects may share pixels.
    """

    def __init__(
        self,
        network: VideoNetwork,
        requirements: PolicyRequirements,
        batched: bool = True,
        overlap: bool = True,
    ) -> None:
        self._network = network
        self._batched = batched
        self._overlap = overlap
        self._requirements = requirements
        self._owed: MemoryUpdate | None = None
        self._running: Future[None] | None = None

    def submit(self, update: MemoryUpdate) -> None:
        """Owe an update; those before it are done."""
        self._owed = update

    def update(self) -> None:
        """Do what is owed, and wait for what is running.

        Raises:
            SessionError: it failed; the message names the frame.
        """
        running, self._running = self._running, None
        if running is not None:
            running.result()
        owed, self._owed = self._owed, None
        if owed is not None:
            self._write(owed)

    def update_async(self) -> None:
        """`update` in the background, where a core is free for it; else here and now."""
        if self._owed is None or not background_pays(self._network.device):
            self.update()
            return
        owed, self._owed = self._owed, None
        self._running = in_background(self._write, owed)

    def discard(self) -> None:
        """Forget what is owed; wait for what is running, since it works on the memory."""
        if self._running is not None:
            wait([self._running])
        self._owed = self._running = None

    def store_prompted(self, update: MemoryUpdate) -> None:
        """Store map and pointer of a prompt that isn't of a frame just answered, now."""
        everything = Keep(frozenset([update.frame_index]), frozenset([update.frame_index]))
        self._store(update, [(selected, everything) for selected in update.selections])

    @torch.inference_mode()
    def _write(self, update: MemoryUpdate) -> None:
        try:
            with self._network.precision(), span("update memory"):
                self._store(update, self._free(update))
        except Exception as error:
            raise SessionError(
                f"frame {update.frame_index} couldn't be written into memory ({error}): start anew"
            ) from error

    def _free(self, update: MemoryUpdate) -> list[tuple[SelectedHypothesis, Keep]]:
        """Free what the policies no longer want; what each hypothesis keeps."""
        selections = iter(update.selections)
        kept = []
        for tracked in update.objects:
            keeps = tracked.remember(update.frame_index)
            if len(keeps) != len(tracked.memories):
                raise ValueError(
                    f"policy {tracked.policy.name} remembers {len(keeps)} hypotheses of "
                    f"{len(tracked.memories)}"
                )
            for keep in keeps:
                selected = next(selections)
                selected.memory.keep(keep.maps, keep.pointers)
                if update.frame_index not in tracked.conditioning:  # else its memory is there
                    kept.append((selected, keep))
            check_requirements(tracked, keeps, update.frame_index)
        return kept

    def _store(self, update: MemoryUpdate, kept: Sequence[tuple[SelectedHypothesis, Keep]]) -> None:
        """Store what the policies want of this frame."""
        index = update.frame_index
        with_map = [(selected, keep) for selected, keep in kept if index in keep.maps]
        for batch in self._batches(with_map):
            self._store_maps(update, batch)
        with_pointer = [(selected, keep) for selected, keep in kept if index in keep.pointers]
        for batch in self._batches(with_pointer):
            self._store_pointers(index, [selected for selected, _ in batch])

    def _batches(
        self, kept: Sequence[tuple[SelectedHypothesis, Keep]]
    ) -> Sequence[Sequence[tuple[SelectedHypothesis, Keep]]]:
        """All at once, or each alone."""
        if self._batched:
            return [kept] if kept else []
        return [[each] for each in kept]

    def _store_maps(
        self, update: MemoryUpdate, kept: Sequence[tuple[SelectedHypothesis, Keep]]
    ) -> None:
        selections = [selected for selected, _ in kept]
        maps = self._network.encode_memory(
            update.features.of([selected.view.index for selected in selections]),
            torch.cat(self._memory_masks(selections, [*update.others, *update.selections])),
            torch.cat([each.prediction.decoding.object_scores for each in selections]),
            [selected.prompted for selected in selections],
            [keep.pixel_weights for _, keep in kept],
        )
        for selected, value in zip(selections, maps, strict=True):
            selected.memory.put_map(update.frame_index, value)

    def _store_pointers(self, index: int, selections: Sequence[SelectedHypothesis]) -> None:
        pointers = self._network.object_pointer(
            torch.cat([selected.token for selected in selections]),
            torch.cat([each.prediction.decoding.pointer_scores for each in selections]),
            self._requirements.object_gate,
        )
        for selected, value in zip(selections, pointers, strict=True):
            selected.memory.put_pointer(index, value)

    def _memory_masks(
        self, wanted: Sequence[SelectedHypothesis], answered: Sequence[SelectedHypothesis]
    ) -> list[torch.Tensor]:
        """Masks to be encoded, (1, 1, m, m) each, separated from those of other objects if asked.

        Args:
            answered: the hypotheses of all objects in this frame.
        """
        if self._overlap or len({each.object_id for each in answered}) == 1:
            return [self._memory_mask(selected) for selected in wanted]
        claims = [self._claim(each) for each in answered if each.number == 0]
        return [separated_logits(self._claim(selected), claims) for selected in wanted]

    def _claim(self, selected: SelectedHypothesis) -> Claim:
        mask = self._memory_mask(selected)
        return Claim(selected.object_id, mask, selected.view.region)

    def _memory_mask(self, selected: SelectedHypothesis) -> torch.Tensor:
        """The selected mask's logits at the size in which masks are encoded, (1, 1, m, m)."""
        spec, logits = self._network.spec, selected.prediction.input_logits
        if logits is None:
            logits = resized_logits(selected.prediction.decoding.logits, spec.input_size)
        chosen = logits[:, selected.candidate : selected.candidate + 1]
        return memory_mask(chosen, spec.memory_mask_size)
