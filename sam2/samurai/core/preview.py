"""The mask that a prompt would give, for feedback while somebody draws; no session is touched."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from samurai.confidence import calibrated
from samurai.core.encoded import EncodedFrame
from samurai.core.hypotheses import Prediction, View
from samurai.core.pipeline import Pipeline
from samurai.core.postprocess import locate
from samurai.core.preprocess import Frame, rgb_frame
from samurai.core.search_region import SearchRegion, prompt_box, region_around
from samurai.regions import Box, Mask, Points, Region

CACHED_VIEWS = 8
"""Encoded views of the newest frame that are kept for the next prompt."""

OBJECT_SIZES = (1 / 12, 1 / 6, 1 / 3)
"""Sizes that a clicked object may have, as shares of the frame's shorter side: a network with
search regions looks for it in one of each."""


@dataclass(frozen=True, eq=False)
class Preview:
    """What a prompt would give.

    Attributes:
        mask: boolean (H, W) of the frame's size.
        box: the mask's box; None where it is empty.
        confidence: 0 to 1, as an answer's.
    """

    mask: NDArray[np.bool_]
    box: Box | None
    confidence: float


class Previewer:
    """Decodes prompts of frames, and keeps what the newest frame was encoded to.

    Args:
        pipeline: the network's part; boxes are decoded from their corners, whatever it says.
        window: side of search regions in object sizes; None where the network sees the whole frame.
        knots: of the model's calibration, see `confidence.calibrated`.
        threshold: of mask logits, see `postprocess.locate`.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        window: float | None,
        knots: Sequence[float],
        threshold: float = 0.0,
    ) -> None:
        prompts = pipeline.prompts
        prompts = replace(
            prompts,
            box_prompt="points",
            requirements=replace(prompts.requirements, box_as_mask=False),
        )
        self._pipeline = Pipeline(prompts)
        self._window = window
        self._knots, self._threshold = knots, threshold
        self._frame = b""
        self._views: OrderedDict[SearchRegion | None, EncodedFrame] = OrderedDict()

    def forget(self) -> None:
        """Free what frames were encoded to."""
        self._views.clear()
        self._frame = b""

    @torch.inference_mode()
    def preview(self, frame: Frame, prompt: Region) -> Preview:
        """See `Session.preview`."""
        frame = rgb_frame(frame)
        size = (frame.shape[0], frame.shape[1])
        prompt.check(size)
        if isinstance(prompt, Mask):
            return Preview(prompt.array.copy(), Box.of_mask(prompt.array), 1.0)
        self._forget_others(frame)
        with self._pipeline.prompts.network.precision():
            predictions = [
                self._pipeline.decode(self._encoded(frame, region), View(0, region), prompt)
                for region in self._regions_for(size, prompt)
            ]
            surest = max(predictions, key=_best_confidence)
            logits = surest.logits(surest.decoded.best())
            mask, box = locate(logits, surest.view.region, size, self._threshold)
        confidence = calibrated(_best_confidence(surest), self._knots) if box else 0.0
        return Preview(mask, box, confidence)

    def _regions_for(
        self, size: tuple[int, int], prompt: Box | Points
    ) -> Iterator[SearchRegion | None]:
        """Where the network looks for what a prompt marks."""
        if self._window is None:
            yield None
            return
        if isinstance(prompt, Box) or prompt.box is not None:
            yield region_around(self._window, size, prompt)
            return
        yield SearchRegion.whole(size)
        box = prompt_box(prompt)
        x, y = box.x + box.width / 2, box.y + box.height / 2
        for share in OBJECT_SIZES:
            side = max(share * min(size), box.width)
            guess = Box(x - side / 2, y - side / 2, side, side)
            yield region_around(self._window, size, guess)

    def _forget_others(self, frame: Frame) -> None:
        """Drop the views of another frame."""
        pixels = np.ascontiguousarray(frame)
        digest = hashlib.blake2b(pixels.data, digest_size=16).digest() + repr(frame.shape).encode()
        if digest != self._frame:
            self._views.clear()
            self._frame = digest

    def _encoded(self, frame: Frame, region: SearchRegion | None) -> EncodedFrame:
        if region not in self._views:
            self._views[region] = self._pipeline.encode_view(frame, 0, region)
            if len(self._views) > CACHED_VIEWS:
                self._views.popitem(last=False)
        self._views.move_to_end(region)
        return self._views[region]


def _best_confidence(prediction: Prediction) -> float:
    """Of the best candidate."""
    return prediction.confidence(prediction.decoded.best())
