"""SAM 2.1 behind `networks.base.VideoNetwork`: functions of tensors, no state of a video.

Section numbers refer to the SAM 2 paper (arXiv 2408.00714). Letters as in `networks.base`; HW =
(S / 16)^2 are the tokens of a feature map, and of a memory map.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sam2.modeling.sam2_base import NO_OBJ_SCORE, SAM2Base
from torch import Tensor

from samurai.networks.base import MASK_LOGIT, Decoding, Features, Memory, NetworkSpec
from samurai.networks.sam2.backends.traced import Frozen
from samurai.networks.sam2.casting import cast_once
from samurai.networks.sam2.memory_attention import MemoryReader
from samurai.networks.sam2.modules import ImageEncoder, MaskDecoder, MemoryEncoder
from samurai.runtime.forking import PreparedProcess

MASK_SCALE, MASK_BIAS = 2 * MASK_LOGIT, -MASK_LOGIT
"""A mask of zeros and ones as logits, and a mask's probabilities for the memory encoder."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Per channel of RGB in 0 to 1, as SAM 2 was trained."""

MAP_DTYPE = torch.bfloat16
"""SAM 2 stores memory maps so in every precision, and its answers depend on it."""

LOGIT_STRIDE = 4
"""Pixels of the input per pixel of mask logits."""

FREEZE_UP_TO = 512
"""Input size up to which calling kernels is worth saving; larger inputs keep them busy."""


class Sam2Network:
    """A loaded SAM 2.1 on a device, computing in one precision: `VideoNetwork` of this family.

    Args:
        model: a `SAM2Base` in evaluation mode; moved to `device`, its own weights stay float32.
        dtype: float32, or a half precision for autocast.
    """

    def __init__(self, model: SAM2Base, device: torch.device, dtype: torch.dtype) -> None:
        model = model.to(device).eval().requires_grad_(False)
        self.model = model if dtype == torch.float32 else cast_once(model, dtype)
        self.device = device
        self.dtype = dtype
        self.spec = _spec(model)
        self._process = PreparedProcess(device)
        with torch.no_grad(), self.precision():
            self._prepare_constants()
            self._prepare_modules()

    @property
    def resizes_on_device(self) -> bool:
        return False

    def check_process(self) -> None:
        """Raise DeviceError where the network can't be used in this process, after a fork."""
        self._process.check()

    def precision(self) -> AbstractContextManager[object]:
        """The autocast region that every function below must run in."""
        if self.dtype == torch.float32:
            return nullcontext()
        # weights are cast already; a cache would live through the recording of a CUDA graph
        return torch.autocast(self.device.type, dtype=self.dtype, cache_enabled=False)

    def _prepare_constants(self) -> None:
        """What doesn't depend on the frame: positions and the embeddings of "no prompt"."""
        model, side = self.model, self.spec.input_size
        blank = torch.zeros(1, 3, side, side, device=self.device)
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
        self._decoder = Frozen(MaskDecoder(self.model, dense, multimask=True))
        self._single_decoder = MaskDecoder(self.model, dense, multimask=False)
        self._memory_encoder = Frozen(MemoryEncoder(self.model))

    def prepare(self, objects: int = 1) -> None:
        """Make graphs where calling kernels costs more than running them.

        Args:
            objects: how many are to be expected; these graphs serve any number.
        """
        if self.device.type != "cpu" or self.dtype != torch.float32:
            return
        if self.spec.input_size > FREEZE_UP_TO:
            return
        with torch.no_grad():
            view = torch.zeros(1, 3, self.spec.input_size, self.spec.input_size)
            self._encoder.freeze(view)
            features = self.encode(view)
            memory = self.prepare_memory(
                torch.zeros(
                    1,
                    1,
                    self.spec.feature_tokens,
                    self.spec.memory_channels,
                    dtype=self.spec.map_dtype,
                ),
                [[0]],
                torch.zeros(1, 1, self.spec.feature_channels),
                [[1]],
            )
            self._reader.freeze(features.tokens, *memory.given())
            conditioned = self.condition(features, memory)
            if self._multimask_when_tracking():
                self._decoder.freeze(
                    conditioned, *features.high_res, self._no_points, self._no_mask
                )
            self._memory_encoder.freeze(self._as_map(features.tokens), view[:, :1])

    # --- image encoder (section 4, "Image encoder") ----------------------------------------------

    def encode(self, views: Tensor) -> Features:
        """Encode normalized views of one frame, float32 (V, 3, S, S)."""
        fine, middle, coarse = self._encoder(views)
        return Features(_tokens(coarse), (fine, middle))

    # --- memory attention ("Memory attention") ---------------------------------------------------

    def prepare_memory(
        self,
        maps: Tensor,
        slots: Sequence[Sequence[int]],
        pointers: Tensor,
        distances: Sequence[Sequence[int]],
        weights: Sequence[Sequence[float]] | None = None,
    ) -> Memory:
        """What B hypotheses attend to, see `VideoNetwork.prepare_memory`."""
        count = maps.shape[1] + pointers.shape[1]
        rates = torch.ones(len(maps), count) if weights is None else torch.tensor(weights)
        rates = rates.to(self.device, non_blocking=True)
        return Memory(maps, self._indices(slots), pointers, self._indices(distances), rates)

    def condition(self, features: Features, memory: Memory) -> Tensor:
        """Condition the frame on B hypotheses' memories: (B, C, H, W)."""
        return self._as_map(self._reader(features.tokens, *memory.given()))

    def _indices(self, numbers: Sequence[Sequence[int]]) -> Tensor:
        return torch.tensor(numbers, dtype=torch.int64).to(self.device, non_blocking=True)

    def _without_memory(self, features: Features) -> Tensor:
        """What the decoder gets on a prompt's frame: (V, C, H, W), "no memory" added."""
        return self._as_map(features.tokens + self.model.no_mem_embed)

    def _as_map(self, tokens: Tensor) -> Tensor:
        """(HW, B, C) tokens as (B, C, H, W), a view.

        Its strides count: a convolution rounds differently for a layout that torch takes for
        channels-last, so that feature maps go to every module by this road, as in SAM 2.
        """
        side = math.isqrt(self.spec.feature_tokens)
        return tokens.permute(1, 2, 0).view(-1, self.spec.feature_channels, side, side)

    # --- prompt encoder and mask decoder ---------------------------------------------------------

    def decode(
        self,
        conditioned: Tensor,
        features: Features,
        gate: float,
        prompt: tuple[Tensor, Tensor] | None = None,
    ) -> Decoding:
        """Three candidates per hypothesis of a tracked frame, see `VideoNetwork.decode`."""
        rows = len(conditioned)
        if prompt is None:
            prompt = self._no_points.expand(rows, -1, -1), self._no_mask.expand(rows, -1, -1, -1)
        return self._decode(conditioned, features, *prompt, self._multimask_when_tracking(), gate)

    def embed_prompt(
        self,
        points: NDArray[np.float32],
        labels: NDArray[np.int32],
        logits: NDArray[np.float32] | None,
    ) -> tuple[Tensor, Tensor]:
        """Sparse and dense embeddings of B hypotheses' own prompts on a tracked frame, see
        `VideoNetwork.embed_prompt`."""
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

    def prompt_points(
        self,
        features: Features,
        points: Tensor,
        labels: Tensor,
        gate: float,
        candidates_up_to: int = 0,
    ) -> Decoding:
        """Candidates for one object prompted by points, see `VideoNetwork.prompt_points`."""
        sparse, dense = self.model.sam_prompt_encoder(
            points=(points, labels), boxes=None, masks=None
        )
        multimask = self._multimask(points.shape[1]) or points.shape[1] <= candidates_up_to
        conditioned = self._without_memory(features)
        return self._decode(conditioned, features, sparse, dense, multimask, gate)

    def prompt_mask(self, features: Features, mask: Tensor) -> Decoding:
        """A mask prompt taken as the answer; the decoder only makes the token of its pointer.

        Args:
            mask: float32 (1, 1, S, S) of zeros and ones, not empty.
        """
        _, dense = self.model.sam_prompt_encoder(
            points=None, boxes=None, masks=self.model.mask_downsample(mask)
        )
        decoded = self._decode(
            self._as_map(features.tokens),
            features,
            self._no_points,
            dense,
            multimask=False,
            gate=0.0,
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
        multimask: bool,
        gate: float,
    ) -> Decoding:
        decoder = self._decoder if multimask else self._single_decoder
        logits, ious, tokens, scores = decoder(conditioned, *features.high_res, sparse, dense)
        gated = torch.where((scores > gate)[..., None, None], logits, NO_OBJ_SCORE)
        return Decoding(gated.float(), ious, tokens, scores, scores)

    def _multimask_when_tracking(self) -> bool:
        return bool(self.model.multimask_output_for_tracking) and self._multimask(0)

    def _multimask(self, points: int) -> bool:
        model = self.model
        return bool(
            model.multimask_output_in_sam
            and model.multimask_min_pt_num <= points <= model.multimask_max_pt_num
        )

    def _quarter(self, masks: Tensor) -> Tensor:
        side = self.spec.logit_size
        return F.interpolate(
            masks, size=(side, side), mode="bilinear", align_corners=False, antialias=True
        )

    def object_pointer(self, tokens: Tensor, scores: Tensor, gate: float) -> Tensor:
        """Object pointers (B, C) of the chosen candidates' tokens (B, C) ("Memory bank")."""
        visible = (scores > gate).float()
        pointers: Tensor = visible * self.model.obj_ptr_proj(tokens)
        pointers = pointers + (1 - visible) * self.model.no_obj_ptr
        return pointers

    # --- memory encoder ("Memory encoder") -------------------------------------------------------

    def encode_memory(
        self,
        features: Features,
        logits: Tensor,
        object_scores: Tensor,
        prompted: Sequence[bool],
        pixel_weights: Sequence[NDArray[np.float32] | None] = (),
    ) -> Tensor:
        """Memory maps (B, HW, M) of the chosen masks, see `VideoNetwork.encode_memory`; prompted
        masks are binarized first, as in SAM 2."""
        masks = torch.sigmoid(logits)
        if any(prompted):
            binary = torch.tensor(prompted).to(self.device, non_blocking=True)
            masks = torch.where(binary.view(-1, 1, 1, 1), (logits > 0).float(), masks)
        maps: Tensor = self._memory_encoder(
            self._as_map(features.tokens).expand(len(logits), -1, -1, -1),
            masks * MASK_SCALE + MASK_BIAS,
        )
        absent = 1 - (object_scores > 0).float()[..., None, None]
        embedding = self.model.no_obj_embed_spatial
        if embedding is not None:
            maps = maps + absent * embedding[..., None, None]
        if any(weights is not None for weights in pixel_weights):
            maps = maps * self._pooled(pixel_weights)
        return maps.flatten(2).transpose(1, 2)

    def _pooled(self, pixel_weights: Sequence[NDArray[np.float32] | None]) -> Tensor:
        """Weights of mask pixels as weights of map tokens, their mean: (B, 1, H, W)."""
        side, size = math.isqrt(self.spec.memory_tokens), self.spec.logit_size
        full = np.ones((size, size), dtype=np.float32)
        pixels = np.stack([full if weights is None else weights for weights in pixel_weights])
        return F.adaptive_avg_pool2d(torch.from_numpy(pixels).to(self.device)[:, None], side)


def _spec(model: SAM2Base) -> NetworkSpec:
    """The numbers of a SAM 2.1, as its configuration gives them."""
    size = int(model.image_size)
    tokens = (size // int(model.backbone_stride)) ** 2
    return NetworkSpec(
        input_size=size,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        feature_tokens=tokens,
        memory_tokens=tokens,
        feature_channels=int(model.hidden_dim),
        memory_channels=int(model.mem_dim),
        logit_size=size // LOGIT_STRIDE,
        memory_mask_size=size,
        pointer_size=int(model.hidden_dim),
        map_slots=int(model.num_maskmem),
        pointer_slots=int(model.max_obj_ptrs_in_encoder),
        map_dtype=MAP_DTYPE,
    )


def _tokens(maps: Tensor) -> Tensor:
    """(B, C, H, W) feature maps as (HW, B, C) tokens."""
    return maps.flatten(2).permute(2, 0, 1)
