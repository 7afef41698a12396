"""One differentiable pass of a batch of clips through SAM 2: prompt, then track with memory.

The same modules in the same order as `samurai.networks.sam2.network` uses them, but with gradients,
without the visibility gate on what the losses see, and for a batch of clips that share
their time. B clips of T frames; section numbers are those of the SAM 2 paper (arXiv 2408.00714).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from sam2.modeling.backbones.hieradet import Hiera
from sam2.modeling.sam2_base import NO_OBJ_SCORE, SAM2Base
from sam2.modeling.sam2_utils import get_1d_sine_pe
from torch import Tensor

from samurai.networks.arithmetic import MASK_BIAS, MASK_SCALE
from samurai.networks.base import CORNER_LABELS
from samurai.networks.sam2.modules import ImageEncoder

PromptKind = Literal["mask", "filled_box", "box", "clicks", "correction"]
"""How a clip's first frame is prompted: by the target's mask, by its box as a mask or as two
corners, by clicks, or by clicks and a further one on what they left wrong, with their logits."""

SINGLE_FROM = 3
"""Number of clicks from which the prompt is unambiguous: one candidate, below it three."""


@dataclass(frozen=True)
class Batch:
    """frames: float32 (T, B, 3, S, S), normalized. masks: float32 (T, B, 1, S, S), zeros and ones.

    prompt: how the first frame is prompted. boxes: float32 (B, 4), jittered corners of the target
    in the first frame. points: float32 (B, N, 2), pixels there, the first one of the target;
    labels: int32 (B, N), 1 for the target and 0 for what isn't.
    """

    frames: Tensor
    masks: Tensor
    prompt: PromptKind
    boxes: Tensor
    points: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Prediction:
    """The network's prediction for one frame; logits (B, K, S/4, S/4) before the visibility
    gate."""

    time: int
    logits: Tensor
    ious: Tensor
    object_scores: Tensor

    def chosen(self) -> Tensor:
        """Logits (B, 1, S/4, S/4) of the candidates with the best predicted IoU."""
        best = self.ious.argmax(1)
        return self.logits[torch.arange(len(best), device=best.device), best][:, None]


@dataclass(frozen=True)
class Remembered:
    """A frame in memory: map tokens (HW, B, M) and pointers (B, C)."""

    time: int
    map: Tensor
    pointer: Tensor


def set_side(model: SAM2Base, side: int) -> None:
    """Let a model take inputs of another size; no weight depends on it.

    The window of a Hiera's last block, which sees the whole coarse map, stays as large as that map.
    """
    grid, encoder = side // model.backbone_stride, model.sam_prompt_encoder
    if isinstance(model.image_encoder.trunk, Hiera):
        model.image_encoder.trunk.blocks[-1].window_size = grid
    model.image_size = side
    encoder.image_embedding_size = (grid, grid)
    encoder.input_image_size = (side, side)
    encoder.mask_input_size = (4 * grid, 4 * grid)


def unroll(
    model: SAM2Base, batch: Batch, gated: bool, forget: float = 0.0, mistakes: float = 0.0
) -> list[Prediction]:
    """Predictions for every frame that isn't prompted by its own mask.

    Args:
        gated: whether memory sees masks through the visibility gate, as in use. From random weights
            the gate is wrong and hides the memories: leave it open then.
        forget: share of memories that a frame can't see, as when a policy doesn't keep them.
        mistakes: share of memories that show a wrong mask, as after a mistake: then the network
            must rely on the prompt's frame and the other memories.
    """
    length, clips = batch.frames.shape[:2]
    frames = batch.frames.flatten(0, 1)
    encoder = ImageEncoder(model, frames[:1])  # without the positions of every level and frame
    fine, middle, coarse = (maps.unflatten(0, (length, clips)) for maps in encoder(frames))
    position = model.image_encoder.neck.position_encoding(coarse[0, :1])
    position = position.flatten(2).permute(2, 0, 1)
    memory: list[Remembered] = []
    predictions = []
    for time in range(length):
        frame = _Frame(time, coarse[time], [fine[time], middle[time]])
        if time == 0:
            prediction, masks, tokens = _prompted(model, batch, frame)
        else:
            kept = _kept(memory, forget)
            conditioned = _attend(model, frame, kept, position)
            prediction, tokens = _decode(model, frame, conditioned, None, None)
            masks = None
        if prediction is not None:
            predictions.append(prediction)
        memory.append(_encode_memory(model, frame, prediction, masks, tokens, gated, mistakes))
    return predictions


@dataclass(frozen=True)
class _Frame:
    time: int
    coarse: Tensor
    fine: list[Tensor]


def _prompted(
    model: SAM2Base, batch: Batch, frame: _Frame
) -> tuple[Prediction | None, Tensor | None, Tensor]:
    """The first frame: its prediction (none where the prompt is the answer), mask and token."""
    if batch.prompt in ("mask", "filled_box"):
        mask = batch.masks[0] if batch.prompt == "mask" else filled(batch.boxes, batch.masks[0])
        _, dense = model.sam_prompt_encoder(
            points=None, boxes=None, masks=model.mask_downsample(mask)
        )
        clips = len(mask)
        sparse = _no_points(model, clips)
        _, _, tokens, _ = _decoder(model, frame, frame.coarse, sparse, dense, multimask=False)
        return None, mask, tokens[:, 0]
    if batch.prompt == "box":
        points = batch.boxes.view(-1, 2, 2)
        labels = torch.tensor([CORNER_LABELS], device=points.device).expand(len(points), 2)
    else:
        points, labels = batch.points, batch.labels
    prediction, tokens = _decode_points(model, frame, points, labels, None)
    if batch.prompt == "correction":
        first = prediction.chosen().detach()
        where, sign = _correcting(first, batch.masks[0])
        points, labels = torch.cat([points, where], 1), torch.cat([labels, sign], 1)
        prediction, tokens = _decode_points(model, frame, points, labels, first)
    return prediction, None, tokens


def _decode_points(
    model: SAM2Base, frame: _Frame, points: Tensor, labels: Tensor, logits: Tensor | None
) -> tuple[Prediction, Tensor]:
    """Three candidates, or one where there are many clicks, repeated as if it were three."""
    sparse, dense = model.sam_prompt_encoder(
        points=(points, labels.int()), boxes=None, masks=logits
    )
    empty = model.no_mem_embed.view(1, -1, 1, 1)
    multimask = points.shape[1] < SINGLE_FROM
    return _decode(model, frame, frame.coarse + empty, sparse, dense, multimask)


@torch.no_grad()
def _correcting(logits: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """A click per clip in the middle of its largest error: places (B, 1, 2) and labels (B, 1).

    Args:
        logits: (B, 1, S/4, S/4) of the answer. masks: (B, 1, S, S), the truth.
    """
    truth = F.interpolate(masks, logits.shape[-2:], mode="area") > 0.5
    wrong = (truth != (logits > 0)).float()
    depth = wrong
    for _ in range(4):  # the middle of an error survives the most erosion
        depth = depth + wrong * F.avg_pool2d(depth, 5, 1, 2)
    side = depth.shape[-1]
    place = depth.flatten(1).argmax(1)
    at = torch.stack([place % side, place // side], 1).float()
    scale = masks.shape[-1] / side
    label = truth.flatten(1).gather(1, place[:, None]).int()
    return ((at + 0.5) * scale)[:, None], label


def filled(boxes: Tensor, like: Tensor) -> Tensor:
    """Masks (B, 1, S, S) that fill boxes (B, 4) of corners."""
    side = like.shape[-1]
    center = torch.arange(side, device=like.device) + 0.5
    left, top, right, bottom = boxes.unbind(1)
    across = (center >= left[:, None]) & (center < right[:, None])
    down = (center >= top[:, None]) & (center < bottom[:, None])
    return (down[:, None, :, None] & across[:, None, None, :]).to(like.dtype)


def _no_points(model: SAM2Base, clips: int) -> Tensor:
    device = model.no_mem_embed.device
    nowhere = torch.zeros(clips, 1, 2, device=device)
    nothing = -torch.ones(clips, 1, dtype=torch.int32, device=device)
    sparse: Tensor = model.sam_prompt_encoder(points=(nowhere, nothing), boxes=None, masks=None)[0]
    return sparse


def _decoder(
    model: SAM2Base,
    frame: _Frame,
    conditioned: Tensor,
    sparse: Tensor,
    dense: Tensor,
    multimask: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    logits, ious, tokens, scores = model.sam_mask_decoder(
        image_embeddings=conditioned,
        image_pe=model.sam_prompt_encoder.get_dense_pe(),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense,
        multimask_output=multimask,
        repeat_image=False,
        high_res_features=frame.fine,
    )
    return logits.float(), ious.float(), tokens, scores.float()


def _decode(
    model: SAM2Base,
    frame: _Frame,
    conditioned: Tensor,
    sparse: Tensor | None,
    dense: Tensor | None,
    multimask: bool = True,
) -> tuple[Prediction, Tensor]:
    """Three candidates, and the token of the one with the best predicted IoU.

    One candidate, where not `multimask`, stands three times: losses and choice are those of one.
    """
    if sparse is None or dense is None:
        clips = len(conditioned)
        sparse = _no_points(model, clips)
        grid = conditioned.shape[-2:]
        dense = model.sam_prompt_encoder.no_mask_embed.weight.view(1, -1, 1, 1)
        dense = dense.expand(clips, -1, *grid)
    logits, ious, tokens, scores = _decoder(model, frame, conditioned, sparse, dense, multimask)
    if not multimask:
        logits, ious = logits.expand(-1, 3, -1, -1), ious.expand(-1, 3)
        tokens = tokens[:, :1].expand(-1, 3, -1)
    best = ious.argmax(1)
    chosen = tokens[torch.arange(len(tokens), device=tokens.device), best]
    return Prediction(frame.time, logits, ious, scores), chosen


def _kept(memory: list[Remembered], forget: float) -> list[Remembered]:
    """The prompt's frame and later ones that aren't forgotten; the same for all clips."""
    if forget == 0 or len(memory) < 3:
        return memory
    # torch's generator is the seeded one of the training loop
    stays = torch.rand(len(memory)) >= forget
    return [m for m, stay in zip(memory, stays.tolist(), strict=True) if stay or m.time == 0]


def _attend(model: SAM2Base, frame: _Frame, memory: list[Remembered], position: Tensor) -> Tensor:
    """Memory attention (section 4), with the slots that SAM 2 gives to the prompt and the rest."""
    clips, channels = frame.coarse.shape[:2]
    tokens = frame.coarse.flatten(2).permute(2, 0, 1)
    slots = model.num_maskmem
    recent = [m for m in memory if m.time > 0][-(slots - 1) :]
    placed = [(memory[0], 0)] + [(m, slots - len(recent) + rank) for rank, m in enumerate(recent)]
    grid = frame.coarse.shape[-2:]
    sine = model.memory_encoder.position_encoding(frame.coarse.new_zeros(1, model.mem_dim, *grid))
    sine = sine.flatten(2).permute(2, 0, 1)
    maps = [m.map for m, _ in placed]
    positions = [
        (sine + model.maskmem_tpos_enc[slots - 1 - slot]).expand(-1, clips, -1)
        for _, slot in placed
    ]
    pointing = [memory[0], *reversed([m for m in memory if m.time > 0])]
    pointing = pointing[: model.max_obj_ptrs_in_encoder]
    pieces = channels // model.mem_dim
    pointers = torch.stack([m.pointer for m in pointing])  # (P, B, C)
    pointers = pointers.view(len(pointing), clips, pieces, model.mem_dim)
    pointers = pointers.permute(0, 2, 1, 3).flatten(0, 1)
    distance = torch.tensor(
        [frame.time - m.time for m in pointing], device=tokens.device, dtype=torch.float32
    )
    time = get_1d_sine_pe(distance / (model.max_obj_ptrs_in_encoder - 1), dim=channels)
    time = model.obj_ptr_tpos_proj(time).repeat_interleave(pieces, dim=0)
    positions.append(time[:, None].expand(-1, clips, -1))
    attended: Tensor = model.memory_attention(
        curr=tokens,
        curr_pos=position.expand(-1, clips, -1),
        memory=torch.cat([*maps, pointers]),
        memory_pos=torch.cat(positions),
        num_obj_ptr_tokens=len(pointers),
    )
    return attended.permute(1, 2, 0).reshape(clips, channels, *grid)


def _encode_memory(
    model: SAM2Base,
    frame: _Frame,
    prediction: Prediction | None,
    prompted: Tensor | None,
    token: Tensor,
    gated: bool,
    mistakes: float,
) -> Remembered:
    """Memory encoder and object pointer of the best candidate, or of the prompt's mask."""
    clips = len(frame.coarse)
    if prediction is None:
        assert prompted is not None
        logits = _quarter(prompted)
        visible = torch.ones(clips, 1, device=logits.device)
    else:
        visible = (prediction.object_scores > 0).float()
        logits = prediction.chosen()
        if gated:
            logits = torch.where(visible[..., None, None] > 0, logits, NO_OBJ_SCORE)
    size = (model.image_size,) * 2
    full = F.interpolate(logits, size=size, mode="bilinear", align_corners=False)
    mask = torch.sigmoid(full)
    if prediction is None or prediction.time == 0:
        mask = (full > 0).float()
    elif mistakes:
        mask = _mistaken(mask, mistakes)
    encoded = model.memory_encoder(
        frame.coarse, mask * MASK_SCALE + MASK_BIAS, skip_mask_sigmoid=True
    )["vision_features"]
    encoded = encoded + ((1 - visible) * model.no_obj_embed_spatial)[..., None, None]
    pointer = model.obj_ptr_proj(token)
    pointer = visible * pointer + (1 - visible) * model.no_obj_ptr
    return Remembered(frame.time, encoded.flatten(2).permute(2, 0, 1), pointer)


def _quarter(masks: Tensor) -> Tensor:
    """Logits (B, 1, S/4, S/4) of prompted masks (B, 1, S, S); memory is made from these."""
    side = masks.shape[-1] // 4
    return F.interpolate(
        masks * MASK_SCALE + MASK_BIAS,
        size=(side, side),
        mode="bilinear",
        align_corners=False,
        antialias=True,
    )


def _mistaken(masks: Tensor, share: float) -> Tensor:
    """That share of masks (B, 1, S, S) put elsewhere, spread to elsewhere as well, or swollen."""
    clips, side = len(masks), masks.shape[-1]
    # torch's generator is the seeded one of the training loop
    down, across = (torch.randn(2) * 0.2 * side).round().int().tolist()
    reach = 2 * int(torch.randint(2, max(3, side // 12), ())) + 1
    kinds = torch.randint(3, (clips,)).tolist()
    slips = (torch.rand(clips) < share).tolist()
    given = []
    for number, (kind, slip) in enumerate(zip(kinds, slips, strict=True)):
        mask = masks[number : number + 1]
        if slip:
            mask = mask.detach()
            moved = torch.roll(mask, (down, across), (2, 3))
            mask = (moved, torch.maximum(mask, moved), mask)[kind]
        if slip and kind == 2:  # a square's maximum is that of rows, then of columns
            mask = F.max_pool2d(mask, (reach, 1), 1, (reach // 2, 0))
            mask = F.max_pool2d(mask, (1, reach), 1, (0, reach // 2))
        given.append(mask)
    return torch.cat(given)
