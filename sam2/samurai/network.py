"""SAM 2.1 as functions of tensors: encode, attend, decode, point, memorise. No state of a video.

Only this file and `modules` touch the modules of the installed `sam2`; section numbers refer to the
SAM 2 paper (arXiv 2408.00714). B is a batch of rows (an object's hypothesis each), C the channels
of the image features (256 in the official models), M those of a memory map (64), S the side of the
square input, HW = (S / 16)^2 the tokens of a feature map.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sam2.modeling.sam2_base import NO_OBJ_SCORE, SAM2Base
from torch import Tensor

from samurai.background import background_pays
from samurai.bank import MAP_DTYPE
from samurai.casting import cast_once
from samurai.forking import PreparedProcess
from samurai.frames import Frame, prepare
from samurai.frozen import Frozen
from samurai.modules import ImageEncoder, MaskDecoder, MemoryEncoder
from samurai.reading import Memory, MemoryReader, ReaderInTwo
from samurai.sharing import SharedEncoder

MASK_SCALE, MASK_BIAS = 20.0, -10.0
"""A binary mask as logits: +10 on the object, -10 elsewhere (SAM 2's own choice)."""

FREEZE_UP_TO = 512
"""Input size up to which calling kernels is worth saving; larger inputs keep them busy."""

CORNER_LABELS = (2, 3)
"""SAM's point labels for the top-left and bottom-right corner of a box prompt."""


class Features(NamedTuple):
    """V encoded views of one frame; usually one, the whole frame, shared by all objects.

    tokens: (HW, V, C), the coarse feature maps that memories and prompts act on; fine: the maps of
    a quarter and an eighth of the input size, (V, ...), that sharpen the masks.
    """

    tokens: Tensor
    fine: tuple[Tensor, Tensor]

    def of(self, views: Sequence[int]) -> Features:
        """The features of one view per row; a single view, of batch 1, stands for all rows."""
        if self.tokens.shape[1] == 1:
            return self
        index = torch.tensor(views).to(self.tokens.device, non_blocking=True)
        fine, middle = (maps.index_select(0, index) for maps in self.fine)
        return Features(self.tokens.index_select(1, index), (fine, middle))


class Decoding(NamedTuple):
    """The decoder's candidates for B rows.

    logits: float32 (B, K, S/4, S/4), -1024 where the object isn't visible. predicted_ious: (B, K).
    tokens: (B, K or 1, C), what object pointers are made of. object_scores: logits (B, 1), and
    pointer_scores, those that the pointers are gated by: the same, but for a mask prompt, which
    is visible by definition while its pointer comes from the decoder.
    """

    logits: Tensor
    predicted_ious: Tensor
    tokens: Tensor
    object_scores: Tensor
    pointer_scores: Tensor


class Network:
    """A loaded SAM 2.1 on a device, computing in one precision.

    Args:
        model: a `SAM2Base` in evaluation mode; moved to `device`, its own weights stay float32.
        dtype: float32, or a half precision for autocast.
    """

    def __init__(self, model: SAM2Base, device: torch.device, dtype: torch.dtype) -> None:
        model = model.to(device).eval().requires_grad_(False)
        self.model = model if dtype == torch.float32 else cast_once(model, dtype)
        self.device = device
        self.process = PreparedProcess(device)
        self.dtype = dtype
        self.image_size = int(model.image_size)
        self.slots = int(model.num_maskmem)
        self.pointers = int(model.max_obj_ptrs_in_encoder)
        self.channels = int(model.hidden_dim)
        self.memory_channels = int(model.mem_dim)
        self.tokens = (self.image_size // int(model.backbone_stride)) ** 2
        with torch.no_grad(), self.precision():
            self._prepare_constants()
            self._prepare_modules()

    def precision(self) -> AbstractContextManager[object]:
        """The autocast region that every function below must run in."""
        if self.dtype == torch.float32:
            return nullcontext()
        # weights are cast already; a cache would live through the recording of a CUDA graph
        return torch.autocast(self.device.type, dtype=self.dtype, cache_enabled=False)

    def _prepare_constants(self) -> None:
        """What doesn't depend on the frame: positions and the embeddings of "no prompt"."""
        model, side = self.model, self.image_size
        blank = torch.zeros(1, 3, side, side, device=self.device)
        self._places = torch.arange(side, device=self.device)
        self._image_encoder = ImageEncoder(model, blank)
        encoded = model.forward_image(blank)
        self._feature_position = _tokens(encoded["vision_pos_enc"][-1])
        memory = model.memory_encoder(
            encoded["backbone_fpn"][-1], blank[:, :1], skip_mask_sigmoid=True
        )
        self._map_position = _tokens(memory["vision_pos_enc"][-1])[:, 0]
        self._dense_position = model.sam_prompt_encoder.get_dense_pe()
        nowhere = torch.zeros(1, 1, 2, device=self.device)
        nothing = -torch.ones(1, 1, dtype=torch.int32, device=self.device)
        self._no_points, self._no_mask = model.sam_prompt_encoder(
            points=(nowhere, nothing), boxes=None, masks=None
        )

    def _prepare_modules(self) -> None:
        """What is called in every frame."""
        dense = self._dense_position
        self._encoder = Frozen(self._image_encoder)
        self._reader = Frozen(MemoryReader(self.model, self._feature_position, self._map_position))
        self._in_two: ReaderInTwo | None = None
        self._decoder = Frozen(MaskDecoder(self.model, dense, many=True))
        self._single_decoder = MaskDecoder(self.model, dense, many=False)
        self._memory_encoder = Frozen(MemoryEncoder(self.model))

    def freeze(self, rows: int = 1) -> None:
        """Make graphs where calling kernels costs more than running them.

        Args:
            rows: how many are to be expected; these graphs serve any number.
        """
        if self.device.type != "cpu" or self.dtype != torch.float32:
            return
        if self.image_size > FREEZE_UP_TO:
            return
        with torch.no_grad():
            view = torch.zeros(1, 3, self.image_size, self.image_size)
            self._freeze_encoder(view)
            features = self.encode(view)
            memory = self.memory(
                torch.zeros(1, 1, self.tokens, self.memory_channels, dtype=MAP_DTYPE),
                [[0]],
                torch.zeros(1, 1, self.channels),
                [[1]],
            )
            self._freeze_reader(features.tokens, *memory.given())
            conditioned = self.attend(features, memory)
            if self._many_when_tracking():
                self._decoder.freeze(conditioned, *features.fine, self._no_points, self._no_mask)
            self._memory_encoder.freeze(self._as_map(features.tokens), view[:, :1])

    def _freeze_encoder(self, view: Tensor) -> None:
        """In parts for two cores where one is to spare and bands change no bit, which is tried:
        how a matrix product rounds may depend on its number of rows, by the library and the CPU."""
        whole = self._encoder.module
        noise = torch.randn(view.shape, generator=torch.Generator().manual_seed(0))
        spare = not self._encoder.frozen and background_pays(self.device)
        if spare and isinstance(whole, ImageEncoder) and SharedEncoder.fits(whole, view):
            shared = SharedEncoder(whole, view)
            pairs = zip(shared(noise), whole(noise), strict=True)
            if all(torch.equal(ours, theirs) for ours, theirs in pairs):
                self._encoder.call_through(shared)
        self._encoder.freeze(view)

    def _freeze_reader(self, *examples: Tensor) -> None:
        """In two, so that the memory's part can be done before the frame's."""
        reader = self._reader.module
        if isinstance(reader, MemoryReader) and not self._reader.frozen:
            self._in_two = ReaderInTwo(reader, *examples)
            self._reader.call_through(self._in_two)
        self._reader.freeze(*examples)

    # --- image encoder (section 4, "Image encoder") ----------------------------------------------

    def views(self, pictures: Sequence[Frame]) -> Tensor:
        """What the encoder takes of V pictures of any size, RGB: (V, 3, S, S)."""
        return torch.cat([prepare(picture, self.image_size, self.device) for picture in pictures])

    def encode(self, views: Tensor) -> Features:
        """Encode normalised views of one frame, (V, 3, S, S)."""
        fine, middle, coarse = self._encoder(views)
        return Features(_tokens(coarse), (fine, middle))

    # --- memory attention ("Memory attention") ---------------------------------------------------

    def memory(
        self,
        maps: Tensor,
        slots: Sequence[Sequence[int]],
        pointers: Tensor,
        distances: Sequence[Sequence[int]],
        weights: Sequence[Sequence[float]] | None = None,
    ) -> Memory:
        """What B rows of equal shape attend to, see `Memory`.

        Args:
            maps: (B, K, HW, M) memory maps, in the order of attention.
            slots: per row, the K slots that give the maps their temporal embedding.
            pointers: (B, P, C) object pointers.
            distances: per row, how many frames ago each of the P pointers was seen.
            weights: per row, those of the K maps and then of the P pointers, see `MapRecall`;
                None for 1.
        """
        count = maps.shape[1] + pointers.shape[1]
        rates = torch.ones(len(maps), count) if weights is None else torch.tensor(weights)
        rates = rates.to(self.device, non_blocking=True)
        memory = Memory(maps, self._indices(slots), pointers, self._indices(distances), rates)
        if self._in_two is None:
            return memory
        return memory._replace(prepared=self._in_two.prepare(*memory.given()))

    def attend(self, features: Features, memory: Memory) -> Tensor:
        """Condition the frame on B rows' memories: (B, C, H, W)."""
        if self._in_two is not None and memory.prepared is not None:
            return self._as_map(self._in_two.look(features.tokens, *memory.prepared))
        return self._as_map(self._reader(features.tokens, *memory.given()))

    def _indices(self, numbers: Sequence[Sequence[int]]) -> Tensor:
        return torch.tensor(numbers, dtype=torch.int64).to(self.device, non_blocking=True)

    def without_memory(self, features: Features) -> Tensor:
        """What the decoder gets on a prompt's frame: (V, C, H, W), "no memory" added."""
        return self._as_map(features.tokens + self.model.no_mem_embed)

    def _as_map(self, tokens: Tensor) -> Tensor:
        """(HW, B, C) tokens as (B, C, H, W), a view.

        Its strides count: a convolution rounds differently for a layout that torch takes for
        channels-last, so that feature maps go to every module by this road, as in SAM 2.
        """
        side = math.isqrt(self.tokens)
        return tokens.permute(1, 2, 0).view(-1, self.channels, side, side)

    # --- prompt encoder and mask decoder ---------------------------------------------------------

    def decode(
        self,
        conditioned: Tensor,
        features: Features,
        gate: float,
        hints: tuple[Tensor, Tensor] | None = None,
    ) -> Decoding:
        """Three candidates per row of a tracked frame.

        Args:
            conditioned: (B, C, H, W).
            gate: object score above which masks are let through.
            hints: what `hint` made of the rows' own prompts; None where they have none.
        """
        rows = len(conditioned)
        if hints is None:
            hints = self._no_points.expand(rows, -1, -1), self._no_mask.expand(rows, -1, -1, -1)
        return self._decode(conditioned, features, *hints, self._many_when_tracking(), gate)

    def hint(
        self,
        points: NDArray[np.float32],
        labels: NDArray[np.int32],
        logits: NDArray[np.float32] | None,
    ) -> tuple[Tensor, Tensor]:
        """Sparse and dense embeddings of B rows' prompts on a tracked frame.

        Args:
            points: (B, N, 2), x and y in the square input; labels: (B, N).
            logits: (B, 1, S/4, S/4) of a mask, or None.
        """
        masks = None if logits is None else torch.from_numpy(logits).to(self.device)
        embeddings: tuple[Tensor, Tensor] = self.model.sam_prompt_encoder(
            points=(
                torch.from_numpy(points).to(self.device),
                torch.from_numpy(labels).to(self.device),
            ),
            boxes=None,
            masks=masks,
        )
        return embeddings

    def decode_points(
        self,
        features: Features,
        points: Tensor,
        labels: Tensor,
        gate: float,
        candidates_up_to: int = 0,
    ) -> Decoding:
        """Candidates for one object prompted by points.

        Args:
            points: float32 (1, N, 2), x and y in the square input.
            labels: int32 (1, N): 1 object, 0 background, 2 and 3 the corners of a box.
            candidates_up_to: so many points still have three candidates, whatever the model says.
        """
        sparse, dense = self.model.sam_prompt_encoder(
            points=(points, labels), boxes=None, masks=None
        )
        many = self._multimask(points.shape[1]) or points.shape[1] <= candidates_up_to
        conditioned = self.without_memory(features)
        return self._decode(conditioned, features, sparse, dense, many, gate)

    def decode_mask(self, features: Features, mask: Tensor) -> Decoding:
        """A mask prompt taken as the answer; the decoder only makes the token of its pointer.

        Args:
            mask: float32 (1, 1, S, S) of zeros and ones, not empty.
        """
        _, dense = self.model.sam_prompt_encoder(
            points=None, boxes=None, masks=self.model.mask_downsample(mask)
        )
        decoded = self._decode(
            self._as_map(features.tokens), features, self._no_points, dense, many=False, gate=0.0
        )
        logits = self._quarter(mask * MASK_SCALE + MASK_BIAS)
        if not (logits > 0).any():
            # Too small for a mask pixel: SAM 2 would go on without an object. It keeps its place.
            logits = torch.where(logits == logits.amax(), MASK_SCALE + MASK_BIAS, logits)
        return Decoding(
            logits=logits,
            predicted_ious=torch.ones(1, 1, device=self.device),
            tokens=decoded.tokens,
            object_scores=torch.full((1, 1), MASK_SCALE + MASK_BIAS, device=self.device),
            pointer_scores=decoded.object_scores,
        )

    def _decode(
        self,
        conditioned: Tensor,
        features: Features,
        sparse: Tensor,
        dense: Tensor,
        many: bool,
        gate: float,
    ) -> Decoding:
        decoder = self._decoder if many else self._single_decoder
        logits, ious, tokens, scores = decoder(conditioned, *features.fine, sparse, dense)
        gated = torch.where((scores > gate)[..., None, None], logits, NO_OBJ_SCORE)
        return Decoding(gated.float(), ious, tokens, scores, scores)

    def _many_when_tracking(self) -> bool:
        return bool(self.model.multimask_output_for_tracking) and self._multimask(0)

    def _multimask(self, points: int) -> bool:
        model = self.model
        return bool(
            model.multimask_output_in_sam
            and model.multimask_min_pt_num <= points <= model.multimask_max_pt_num
        )

    def _quarter(self, masks: Tensor) -> Tensor:
        side = self.image_size // 4
        return F.interpolate(
            masks, size=(side, side), mode="bilinear", align_corners=False, antialias=True
        )

    def point(self, tokens: Tensor, pointer_scores: Tensor, gate: float) -> Tensor:
        """Object pointers (B, C) of the chosen candidates' tokens (B, C) ("Memory bank")."""
        visible = (pointer_scores > gate).float()
        pointers: Tensor = visible * self.model.obj_ptr_proj(tokens)
        pointers = pointers + (1 - visible) * self.model.no_obj_ptr
        return pointers

    # --- candidates' boxes -----------------------------------------------------------------------

    def corners(self, full: Tensor) -> Tensor:
        """Smallest and largest pixel of masks in the square input: (B, K, 4), -1 for an empty mask.

        Args:
            full: (B, K, S, S) mask logits, see `full_size`; boxes are measured at that size, as in
                the reference.
        """
        # the largest logit of a column tells as much as whether any of its pixels is above zero
        (left, right), (top, bottom) = (self._extent(full.amax(dim) > 0) for dim in (-2, -1))
        return torch.stack([left, top, right, bottom], dim=-1)

    def _extent(self, occupied: Tensor) -> tuple[Tensor, Tensor]:
        """First and last true position along the last axis, -1 and -1 where there is none."""
        last = torch.where(occupied, self._places, -1).amax(dim=-1)
        first = torch.where(occupied, self._places, self.image_size).amin(dim=-1)
        return torch.where(last < 0, last, first), last

    def full_size(self, logits: Tensor) -> Tensor:
        """Mask logits of all candidates of a row, (B, K, S/4, S/4), at the input's size S.

        Of all, also where one is wanted: torch rounds a single mask differently, and SAM 2 resizes
        before it chooses.
        """
        size = (self.image_size, self.image_size)
        return F.interpolate(logits, size=size, mode="bilinear", align_corners=False)

    # --- memory encoder ("Memory encoder") -------------------------------------------------------

    def memorise(
        self,
        features: Features,
        full: Tensor,
        object_scores: Tensor,
        prompted: Sequence[bool],
        trust: Sequence[NDArray[np.float32] | None] = (),
    ) -> Tensor:
        """Memory maps (B, HW, M) of the chosen masks.

        Args:
            full: (B, 1, S, S) mask logits of the chosen candidates, see `full_size`.
            object_scores: (B, 1) logits.
            prompted: rows whose mask was prompted: those are binarised first, as in SAM 2.
            trust: per row, how much of the map counts where, (S/4, S/4); None for all of it.
        """
        masks = torch.sigmoid(full)
        if any(prompted):
            binary = torch.tensor(prompted).to(self.device, non_blocking=True)
            masks = torch.where(binary.view(-1, 1, 1, 1), (full > 0).float(), masks)
        maps: Tensor = self._memory_encoder(
            self._as_map(features.tokens).expand(len(full), -1, -1, -1),
            masks * MASK_SCALE + MASK_BIAS,
        )
        absent = 1 - (object_scores > 0).float()[..., None, None]
        embedding = self.model.no_obj_embed_spatial
        if embedding is not None:
            maps = maps + absent * embedding[..., None, None]
        if any(weights is not None for weights in trust):
            maps = maps * self._pooled(trust)
        return maps.flatten(2).transpose(1, 2)

    def _pooled(self, trust: Sequence[NDArray[np.float32] | None]) -> Tensor:
        """Trust in pixels of masks as trust in tokens of maps, their mean: (B, 1, H, W)."""
        side, quarter = math.isqrt(self.tokens), self.image_size // 4
        full = np.ones((quarter, quarter), dtype=np.float32)
        pixels = np.stack([full if weights is None else weights for weights in trust])
        return F.adaptive_avg_pool2d(torch.from_numpy(pixels).to(self.device)[:, None], side)


def _tokens(maps: Tensor) -> Tensor:
    """(B, C, H, W) feature maps as (HW, B, C) tokens."""
    return maps.flatten(2).permute(2, 0, 1)
