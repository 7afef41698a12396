"""One object through SAM 2.1 with nothing bounded, nothing batched and nothing cached.

Drives the installed model's own modules with a set of rules (`oracles.samurai_rules`): every map
and pointer is kept in a dictionary for ever.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sam2.modeling.sam2_utils import get_1d_sine_pe


class PlainTracker:
    """Starts at its own frame 0 with a binary mask in the square input, or a box's two corners."""

    def __init__(
        self, model: Any, rules: Any, gate: float, map_dtype: torch.dtype = torch.bfloat16
    ) -> None:
        self.model, self.rules, self.gate = model, rules, gate
        self.map_dtype = map_dtype
        self.frame_index = 0
        self.maps: dict[int, torch.Tensor] = {}
        self.map_positions: dict[int, torch.Tensor] = {}
        self.pointers: dict[int, torch.Tensor] = {}
        self.chosen: list[int] = []
        self.visible: list[bool] = []

    @torch.inference_mode()
    def start(self, image: torch.Tensor, corners: list[float]) -> torch.Tensor:
        """Prompt with a box; returns the mask logits (1, 1, S/4, S/4)."""
        features, _, fine = self._encode(image)
        conditioned = features + self.model.no_mem_embed.reshape(1, -1, 1, 1)
        points = torch.tensor([[corners[:2], corners[2:]]], dtype=torch.float32)
        labels = torch.tensor([[2, 3]], dtype=torch.int32)
        logits: torch.Tensor
        logits, _, tokens, score = self._decode(conditioned, fine, (points, labels), many=False)
        self._remember(features, self._large(logits), tokens[:, 0], score, prompted=True)
        return logits

    @torch.inference_mode()
    def step(self, image: torch.Tensor) -> torch.Tensor:
        self.frame_index += 1
        features, position, fine = self._encode(image)
        conditioned = self._attend(features, position)
        nothing = torch.zeros(1, 1, 2), -torch.ones(1, 1, dtype=torch.int32)
        logits: torch.Tensor
        logits, ious, tokens, score = self._decode(conditioned, fine, nothing, many=True)
        large = self._large(logits)
        boxes = [self._box(mask.numpy()) for mask in large[0] > 0]
        best = self.rules.choose(self.frame_index, ious[0].tolist(), score.item(), boxes)
        self.chosen.append(best)
        self.visible.append(boxes[best] is not None)
        chosen = slice(best, best + 1)
        self._remember(features, large[:, chosen], tokens[:, best], score, prompted=False)
        return logits[:, chosen]

    def _large(self, logits: torch.Tensor) -> torch.Tensor:
        size = self.model.image_size
        return F.interpolate(logits, (size, size), mode="bilinear", align_corners=False)

    def _encode(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
        out = self.model.forward_image(image)
        return out["backbone_fpn"][2], out["vision_pos_enc"][2], out["backbone_fpn"][:2]

    def _attend(self, features: torch.Tensor, position: torch.Tensor) -> torch.Tensor:
        model, tokens, positions = self.model, [], []
        for frame, slot in self.rules.maps(self.frame_index):
            tokens.append(self.maps[frame].flatten(2).permute(2, 0, 1))
            where = self.map_positions[frame].flatten(2).permute(2, 0, 1)
            positions.append(where + model.maskmem_tpos_enc[6 - slot])
        pointers = self.rules.pointers(self.frame_index)
        for frame, distance in pointers:
            when = get_1d_sine_pe(torch.tensor([distance]) / 15, dim=model.hidden_dim)
            when = model.obj_ptr_tpos_proj(when)
            for part in torch.split(self.pointers[frame], model.mem_dim, dim=1):
                tokens.append(part[None])
                positions.append(when[None])
        attended: torch.Tensor = model.memory_attention(
            curr=features.flatten(2).permute(2, 0, 1),
            curr_pos=position.flatten(2).permute(2, 0, 1),
            memory=torch.cat(tokens),
            memory_pos=torch.cat(positions),
            num_obj_ptr_tokens=len(pointers) * (model.hidden_dim // model.mem_dim),
        )
        return attended.permute(1, 2, 0).reshape(features.shape)

    def _decode(self, conditioned: Any, fine: Any, points: Any, many: bool) -> Any:
        model = self.model
        sparse, dense = model.sam_prompt_encoder(points=points, boxes=None, masks=None)
        logits, ious, tokens, score = model.sam_mask_decoder(
            image_embeddings=conditioned,
            image_pe=model.sam_prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=many,
            repeat_image=False,
            high_res_features=fine,
        )
        if score.item() <= self.gate:
            logits = torch.full_like(logits, -1024.0)
        return logits, ious, tokens, score

    def _remember(self, features: Any, large: Any, token: Any, score: Any, prompted: bool) -> None:
        model = self.model
        mask = (large > 0).float() if prompted else large.sigmoid()
        out = model.memory_encoder(features, mask * 20 - 10, skip_mask_sigmoid=True)
        stored = out["vision_features"]
        if score.item() <= 0:
            stored = stored + model.no_obj_embed_spatial[..., None, None]
        self.maps[self.frame_index] = stored.to(self.map_dtype)
        self.map_positions[self.frame_index] = out["vision_pos_enc"][0]
        shown = float(score.item() > self.gate)
        pointer = shown * model.obj_ptr_proj(token) + (1 - shown) * model.no_obj_ptr
        self.pointers[self.frame_index] = pointer

    @staticmethod
    def _box(mask: np.ndarray) -> tuple[float, float, float, float] | None:
        ys, xs = np.nonzero(mask)
        if len(xs) == 0:
            return None
        return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())
