"""One frame's way through the network, for all objects: encode, track, prompt.

Without a state of its own: what a video leaves behind is in `core.state`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from samurai.core.batching import predict, read_decodings, recalled_memory
from samurai.core.encoded import EncodedFrame
from samurai.core.hypotheses import Prediction, SelectedHypothesis, View
from samurai.core.memory_bank import MemoryBank
from samurai.core.objects import TrackedObject
from samurai.core.preprocess import Frame, network_input
from samurai.core.prompting import PromptDecoder
from samurai.core.search_region import SearchRegion
from samurai.networks.base import Decoding, Features
from samurai.regions import Region
from samurai.runtime.profiling import span


@dataclass(frozen=True)
class Pipeline:
    """The network's part of a frame.

    Attributes:
        prompts: decodes prompts; its network and requirements count for tracking too.
        batched: whether hypotheses and views of equal shape go through the network together.
    """

    prompts: PromptDecoder
    batched: bool = True

    def encode(self, frame: Frame, index: int, objects: Sequence[TrackedObject]) -> EncodedFrame:
        """Encode what the objects need to see: one view for all, or a search region for each."""
        size = (frame.shape[0], frame.shape[1])
        regions = [
            each.region_tracker.region() for each in objects if each.region_tracker is not None
        ]
        if regions:
            views = {o.object_id: View(n, regions[n]) for n, o in enumerate(objects)}
        else:
            views = {o.object_id: View(0, None) for o in objects}
        features = self.encode_views(frame, regions or None) if objects else _no_features()
        return EncodedFrame(index, size, features, views)

    def encode_views(self, frame: Frame, regions: Sequence[SearchRegion] | None) -> Features:
        """The features of search regions of a frame; of the whole frame for None."""
        network = self.prompts.network
        with span("preprocess"):
            pictures = network_input(frame, regions, network)
        with span("encode"):
            if self.batched or len(pictures) == 1:
                return network.encode(pictures)
            views = [network.encode(picture[None]) for picture in pictures]
        return Features(
            torch.cat([view.tokens for view in views], dim=1),
            tuple(torch.cat(maps) for maps in zip(*(view.high_res for view in views), strict=True)),
        )

    def encode_view(self, frame: Frame, index: int, region: SearchRegion | None) -> EncodedFrame:
        """A frame seen through one view alone, which no object has as its own."""
        features = self.encode_views(frame, None if region is None else [region])
        return EncodedFrame(index, (frame.shape[0], frame.shape[1]), features, {})

    def track(
        self, frame: EncodedFrame, objects: Sequence[TrackedObject], bank: MemoryBank
    ) -> list[SelectedHypothesis]:
        """Recall, condition, decode and choose; prompts given for this frame before are answers."""
        network = self.prompts.network
        recalled = {
            each.object_id: each.recall(frame.index, frame.views[each.object_id])
            for each in objects
        }
        tracked = [each for each in objects if frame.index not in each.upcoming]
        predictions = iter(
            predict(
                network,
                bank,
                frame.features,
                [hypothesis for each in tracked for hypothesis in recalled[each.object_id]],
                frame.index,
                self.prompts.requirements,
                self.batched,
            )
        )
        selections = []
        with span("choose"):
            for each in objects:
                own = recalled[each.object_id]
                if frame.index in each.upcoming:
                    memories = [recalled_memory(network, bank, [hypothesis]) for hypothesis in own]
                    selections += each.arrive(frame.index, memories)
                else:
                    selections += each.choose([next(predictions) for _ in own])
        return selections

    def prompt(
        self, frame: EncodedFrame, objects: Sequence[TrackedObject], regions: Sequence[Region]
    ) -> list[SelectedHypothesis]:
        """Decode the first prompts of new objects, and let their policies choose."""
        views = [frame.views[each.object_id] for each in objects]
        with span("prompt"):
            decodings = [
                self.prompts.decode(frame.features, region, view, frame.size)
                for view, region in zip(views, regions, strict=True)
            ]
        predictions = self.read(decodings, views, frame.index)
        return [each.start(own) for each, own in zip(objects, predictions, strict=True)]

    def correct(
        self,
        frame: EncodedFrame,
        view: View,
        selected: SelectedHypothesis,
        region: Region,
    ) -> Prediction:
        """Decode a correction as SAM 2's predictor does it: with the features that the object's
        memory conditioned, and with its mask logits so far.

        Args:
            view: that the correction is decoded in.
            selected: what was answered for the object in this frame.
        """
        memory, conditioned = selected.prediction.memory, None
        if memory is not None:
            seen = frame.features.of([view.index])
            conditioned = self.prompts.network.condition(seen, memory)
        previous = selected.logits if view.region == selected.view.region else None
        return self.decode(frame, view, region, conditioned, previous).with_memory(memory)

    def decode(
        self,
        frame: EncodedFrame,
        view: View,
        region: Region,
        conditioned: Tensor | None = None,
        previous: Tensor | None = None,
    ) -> Prediction:
        """Decode one prompt in one view; arguments as for `PromptDecoder.decode`."""
        decoding = self.prompts.decode(
            frame.features, region, view, frame.size, conditioned, previous
        )
        [prediction] = self.read([decoding], [view], frame.index)
        return prediction

    def read(
        self, decodings: Sequence[Decoding], views: Sequence[View], frame_index: int
    ) -> list[Prediction]:
        """Decodings as predictions, with their numbers on the host."""
        spec, requirements = self.prompts.network.spec, self.prompts.requirements
        return read_decodings(spec, decodings, views, frame_index, requirements)


def _no_features() -> Features:
    """Of a frame that no object looks at."""
    return Features(torch.empty(0, 1, 0), ())
