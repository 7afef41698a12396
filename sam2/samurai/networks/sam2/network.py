"""SAM 2.1 behind `networks.base.VideoNetwork`: functions of tensors, no state of a video.

Section numbers refer to the SAM 2 paper (arXiv 2408.00714). Letters as in `networks.base`; HW =
(S / 16)^2 are the tokens of a feature map, and of a memory map.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sam2.modeling.sam2_base import NO_OBJ_SCORE, SAM2Base
from torch import Tensor

from samurai.networks.arithmetic import (
    LARGEST_LOGIT,
    MASK_BIAS,
    MASK_SCALE,
    as_map,
    as_memory,
    as_tokens,
    autocast,
    not_lost,
    remembered_masks,
    weight_pictures,
)
from samurai.networks.base import MASK_LOGIT, Decoding, Features, Memory, NetworkSpec
from samurai.networks.casting import cast_once
from samurai.networks.sam2.execution import EXACT, Execution
from samurai.networks.sam2.folding import (
    FoldedMemoryAttention,
    fold_encoder,
    fold_memory_attention,
)
from samurai.networks.sam2.memory_attention import MemoryAttention
from samurai.networks.sam2.modules import (
    ImageEncoder,
    MaskDecoder,
    MemoryEncoder,
    NetworkModules,
)
from samurai.networks.sam2.padding import pad_memory
from samurai.runtime.forking import PreparedProcess

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Per channel of RGB in 0 to 1, as SAM 2 was trained."""

MAP_DTYPE = torch.bfloat16
"""SAM 2's data type of stored memory maps in every precision; its answers depend on it."""

LOGIT_STRIDE = 4
"""Pixels of the input per pixel of mask logits."""


class Sam2Network:
    """A loaded SAM 2.1 on a device, computing in one precision: `VideoNetwork` of this family.

    Args:
        model: a `SAM2Base` in evaluation mode; moved to `device`, its own weights stay float32.
        dtype: float32, or a half precision for autocast.
        execution: how it computes, see `execution.choose_execution`.

    Attributes:
        eager_modules: the model's parts, exact or folded.
        modules: the functions of a frame; those of the backend after `prepare`.
    """

    def __init__(
        self,
        model: SAM2Base,
        device: torch.device,
        dtype: torch.dtype,
        execution: Execution = EXACT,
    ) -> None:
        model = model.to(device).eval().requires_grad_(False)
        self.model = model if dtype == torch.float32 else cast_once(model, dtype)
        self.device = device
        self.dtype = dtype
        self.execution = execution
        self.spec = _spec(model)
        self._process = PreparedProcess(device)
        with torch.no_grad(), self.precision():
            blank = torch.zeros(1, 3, self.spec.input_size, self.spec.input_size, device=device)
            self._prepare_constants(blank)
            self.eager_modules = self._make_modules(blank)
        self.modules = self.eager_modules

    @property
    def resizes_on_device(self) -> bool:
        """The execution backend's choice."""
        return self.execution.resizes_on_device

    def check_process(self) -> None:
        """Raise DeviceError where the network can't be used in this process, after a fork."""
        self._process.check()

    def precision(self) -> AbstractContextManager[object]:
        """The autocast region that every function below must run in."""
        return autocast(self.device, self.dtype)

    def _prepare_constants(self, blank: Tensor) -> None:
        """Constants of all frames: positions and the embeddings of "no prompt"."""
        model = self.model
        encoded = model.forward_image(blank)
        self._feature_position = as_tokens(encoded["vision_pos_enc"][-1])
        memory = model.memory_encoder(
            encoded["backbone_fpn"][-1], blank[:, :1], skip_mask_sigmoid=True
        )
        self._map_position = as_tokens(memory["vision_pos_enc"][-1])[:, 0]
        self._dense_position = model.sam_prompt_encoder.get_dense_pe()
        nowhere = torch.zeros(1, 1, 2, device=self.device)
        nothing = -torch.ones(1, 1, dtype=torch.int32, device=self.device)
        self._no_points, self._no_mask = model.sam_prompt_encoder(
            points=(nowhere, nothing), boxes=None, masks=None
        )

    def _make_modules(self, blank: Tensor) -> NetworkModules:
        """The model's parts, exact or folded."""
        model, folded = self.model, self.execution.folded
        encoder = ImageEncoder(model, blank)
        attention = MemoryAttention(model, self._feature_position, self._map_position)
        return NetworkModules(
            encoder=fold_encoder(model, encoder) if folded else encoder,
            memory_attention=fold_memory_attention(attention) if folded else attention,
            decoder=MaskDecoder(model, self._dense_position, multimask=True),
            single_decoder=MaskDecoder(model, self._dense_position, multimask=False),
            memory_encoder=MemoryEncoder(model),
        )

    def prepare(self, objects: int = 1) -> None:
        """Have the backend prepare the functions of a frame, once.

        Args:
            objects: the expected number; any number works.
        """
        if self.modules is self.eager_modules:
            self.modules = self.execution.backend(self, self.eager_modules, objects)

    # --- image encoder (section 4, "Image encoder") ----------------------------------------------

    def encode(self, views: Tensor) -> Features:
        """Encode normalized views of one frame, float32 (V, 3, S, S)."""
        s0, s1, s2 = self.modules.encoder(views)
        return Features(as_tokens(s2), (s0, s1))

    # --- memory attention ("Memory attention") ---------------------------------------------------

    def prepare_memory(
        self,
        maps: Tensor,
        slots: Sequence[Sequence[int]],
        pointers: Tensor,
        distances: Sequence[Sequence[int]],
        weights: Sequence[Sequence[float]] | None = None,
    ) -> Memory:
        """The memories of B hypotheses, see `VideoNetwork.prepare_memory`."""
        memory = as_memory(maps, slots, pointers, distances, weights)
        # only folded attention supports a key mask
        folded = isinstance(self.eager_modules.memory_attention, FoldedMemoryAttention)
        if self.execution.padded and folded:
            return pad_memory(memory, self.spec.map_slots, self.spec.pointer_slots)
        return memory

    def condition(self, features: Features, memory: Memory) -> Tensor:
        """Condition the frame on B hypotheses' memories: (B, C, H, W)."""
        return as_map(self.modules.memory_attention(features.tokens, *memory.given()))

    def _without_memory(self, features: Features) -> Tensor:
        """The decoder's input on a prompt frame: (V, C, H, W), "no memory" added."""
        return as_map(features.tokens + self.model.no_mem_embed)

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
        return self._decode(conditioned, features, *prompt, self._tracks_with_multimask(), gate)

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
        conditioned: Tensor | None = None,
        previous: Tensor | None = None,
    ) -> Decoding:
        """Candidates for objects prompted or corrected by points, see
        `VideoNetwork.prompt_points`."""
        if previous is not None:
            previous = previous.clamp(-LARGEST_LOGIT, LARGEST_LOGIT)
        sparse, dense = self.model.sam_prompt_encoder(
            points=(points, labels), boxes=None, masks=previous
        )
        rows, count = points.shape[:2]
        multimask = self._multimask(count) or count <= candidates_up_to
        if conditioned is None:
            conditioned = self._without_memory(features)
        else:
            multimask = multimask and bool(self.model.multimask_output_for_tracking)
        if rows > 1:
            conditioned = conditioned.expand(rows, -1, -1, -1)
            high_res = tuple(maps.expand(rows, -1, -1, -1) for maps in features.high_res)
            features = features._replace(high_res=high_res)
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
            as_map(features.tokens),
            features,
            self._no_points,
            dense,
            multimask=False,
            gate=0.0,
        )
        return Decoding(
            logits=not_lost(self._quarter(mask * MASK_SCALE + MASK_BIAS)),
            predicted_ious=torch.ones(1, 1, device=self.device),
            tokens=decoded.tokens,
            object_scores=torch.full((1, 1), MASK_LOGIT, device=self.device),
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
        decoder = self.modules.decoder if multimask else self.modules.single_decoder
        logits, ious, tokens, scores = decoder(conditioned, *features.high_res, sparse, dense)
        gated = torch.where((scores > gate)[..., None, None], logits, NO_OBJ_SCORE)
        return Decoding(gated.float(), ious, tokens, scores, scores)

    def _tracks_with_multimask(self) -> bool:
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
        maps: Tensor = self.modules.memory_encoder(
            as_map(features.tokens).expand(len(logits), -1, -1, -1),
            remembered_masks(logits, prompted) * MASK_SCALE + MASK_BIAS,
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
        pixels = weight_pictures(pixel_weights, self.spec.logit_size, self.device)
        return F.adaptive_avg_pool2d(pixels, math.isqrt(self.spec.memory_tokens))


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
