"""Hypotheses through the network in batches of equal shape, and the numbers of what comes out.

Hypotheses that recall the same number of maps and pointers have the same shape and go through
memory attention and the decoder together, never padded, so that one's numbers don't depend on what
else is tracked. One copy brings what the policies need to the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samurai.core.hypotheses import Hypothesis, Prediction, View, copied_logits
from samurai.core.mask_resize import mask_extents, pixel_counts, resized_logits
from samurai.core.memory_bank import MemoryBank
from samurai.core.transfer import MASKS_AT_ONCE, on_host
from samurai.geometry import Corners
from samurai.networks.base import Decoding, Features, Memory, NetworkSpec, VideoNetwork
from samurai.policies.base import Candidate, Decoded, PolicyRequirements, Recall
from samurai.runtime.profiling import span


def predict(
    network: VideoNetwork,
    bank: MemoryBank,
    features: Features,
    hypotheses: Sequence[Hypothesis],
    frame_index: int,
    requirements: PolicyRequirements,
    batched: bool = True,
) -> list[Prediction]:
    """Condition the frame on each hypothesis's memory and decode it; in the hypotheses' order.

    Args:
        batched: whether hypotheses of equal shape are a batch; else each is one of its own.
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for place, hypothesis in enumerate(hypotheses):
        alone = () if batched else (place,)
        groups.setdefault((*_shape(hypothesis.recall), *alone), []).append(place)
    batches = [
        _decode(network, bank, features, [hypotheses[place] for place in places], requirements)
        for places in groups.values()
    ]
    order = [place for places in groups.values() for place in places]
    views = [hypotheses[place].view for place in order]
    decodings = [decoding for decoding, _ in batches]
    predictions = read_decodings(network.spec, decodings, views, frame_index, requirements)
    memories = [memory.row(row) for _, memory in batches for row in range(len(memory.maps))]
    by_place = {
        place: prediction.with_memory(memory)
        for place, prediction, memory in zip(order, predictions, memories, strict=True)
    }
    return [by_place[place] for place in range(len(hypotheses))]


def _shape(recall: Recall) -> tuple[int, ...]:
    """What must be equal for hypotheses to be batched."""
    prompt = recall.prompt
    prompt_shape = (
        (-1, 0) if prompt is None else (len(prompt.points), int(prompt.logits is not None))
    )
    return (len(recall.maps), len(recall.pointers), *prompt_shape)


def _decode(
    network: VideoNetwork,
    bank: MemoryBank,
    features: Features,
    batch: Sequence[Hypothesis],
    requirements: PolicyRequirements,
) -> tuple[Decoding, Memory]:
    """Hypotheses of one shape through memory attention and the decoder, and their memory."""
    seen = features.of([hypothesis.view.index for hypothesis in batch])
    with span("recall"):
        memory = recalled_memory(network, bank, batch)
    with span("condition"):
        conditioned = network.condition(seen, memory)
    with span("decode"):
        prompt = _prompt(network, batch)
        return network.decode(conditioned, seen, requirements.object_gate, prompt), memory


def recalled_memory(network: VideoNetwork, bank: MemoryBank, batch: Sequence[Hypothesis]) -> Memory:
    """What hypotheses of one shape attend to, as the network takes it."""
    maps = [each.memory.map_rows(entry.frame_index for entry in each.recall.maps) for each in batch]
    pointers = [
        each.memory.pointer_rows(entry.frame_index for entry in each.recall.pointers)
        for each in batch
    ]
    weights = [
        [entry.weight for entry in each.recall.maps]
        + [entry.weight for entry in each.recall.pointers]
        for each in batch
    ]
    return network.prepare_memory(
        bank.maps.take(maps),
        [[entry.slot for entry in each.recall.maps] for each in batch],
        bank.pointers.take(pointers),
        [[entry.distance for entry in each.recall.pointers] for each in batch],
        None if all(weight == 1 for line in weights for weight in line) else weights,
    )


def _prompt(network: VideoNetwork, batch: Sequence[Hypothesis]) -> tuple[Tensor, Tensor] | None:
    """The embedded prompts of hypotheses that all have one of their policy's, or all have none."""
    prompts = [
        each.view.to_network(each.recall.prompt, network.spec)
        for each in batch
        if each.recall.prompt
    ]
    if not prompts:
        return None
    masks = [prompt.logits for prompt in prompts if prompt.logits is not None]
    return network.embed_prompt(
        np.stack([prompt.points for prompt in prompts]),
        np.stack([prompt.labels for prompt in prompts]),
        np.stack(masks) if masks else None,
    )


def read_decodings(
    spec: NetworkSpec,
    decodings: Sequence[Decoding],
    views: Sequence[View],
    frame_index: int,
    requirements: PolicyRequirements,
) -> list[Prediction]:
    """Bring the numbers of decoded batches to the host, in one copy, and split them into rows.

    Args:
        views: of all rows of all batches, in their order.
    """
    if not decodings:
        return []
    resized = [_at_input_size(spec, decoding, requirements) for decoding in decodings]
    packed = [_pack(*both, requirements) for both in zip(decodings, resized, strict=True)]
    numbers = on_host(torch.cat([part.flatten() for part in packed]))
    predictions: list[Prediction] = []
    first = 0
    for decoding, full, part in zip(decodings, resized, packed, strict=True):
        table = numbers[first : first + part.numel()].reshape(part.shape)
        first += part.numel()
        for index, line in enumerate(table):
            view = views[len(predictions)]
            row = decoding.row(index)._replace(input_logits=None)
            seen = _unpack(spec, row, line, view, frame_index, requirements)
            input_logits = full[0][index : index + 1] if len(full) == 1 else None
            predictions.append(Prediction(row, seen, view, input_logits))
    return predictions


def _at_input_size(
    spec: NetworkSpec, decoding: Decoding, requirements: PolicyRequirements
) -> list[Tensor]:
    """The masks at the network's input size, a few rows at a time: given by the network, else
    resized where boxes are measured on them."""
    if decoding.input_logits is not None:
        return [decoding.input_logits]
    if not requirements.boxes:
        return []
    parts = torch.split(decoding.logits, MASKS_AT_ONCE)
    return [resized_logits(part, spec.input_size) for part in parts]


def _pack(
    decoding: Decoding, input_logits: Sequence[Tensor], requirements: PolicyRequirements
) -> Tensor:
    """One line of numbers per row, float32 (B, count); `_unpack` reads it in the same order: object
    score, K predicted IoUs, K areas (in pixels of the logits) and 4 K box edges, if asked for."""
    parts = [decoding.object_scores, decoding.predicted_ious]
    if requirements.areas:
        parts.append(pixel_counts(decoding.logits > 0))
    if requirements.boxes:
        parts.append(torch.cat([mask_extents(part).flatten(1) for part in input_logits]))
    return torch.cat([part.float() for part in parts], dim=1)


def _unpack(
    spec: NetworkSpec,
    row: Decoding,
    line: NDArray[np.float32],
    view: View,
    frame_index: int,
    requirements: PolicyRequirements,
) -> Decoded:
    """A line of `_pack` as what a policy sees."""
    count = row.predicted_ious.shape[1]
    lengths = (1, count, count * requirements.areas, 4 * count * requirements.boxes)
    score, ious, pixels, edges = np.split(line, np.cumsum(lengths)[:-1])
    grid = view.grid(spec)
    areas = [each * grid.scale_x * grid.scale_y for each in pixels.tolist()] or [0.0] * count
    boxes = [_corners(spec, each, view) for each in edges.reshape(-1, 4).tolist()] or [None] * count
    candidates = tuple(map(Candidate, ious.tolist(), boxes, areas))
    copy = partial(copied_logits, row.logits[0])
    return Decoded(frame_index, float(score[0]), candidates, copy, grid)


def _corners(spec: NetworkSpec, edges: Sequence[float], view: View) -> Corners | None:
    """Four numbers of `mask_extents` in the policies' coordinates; None for an empty mask."""
    left, top, right, bottom = edges
    if right < 0:
        return None
    if view.region is None:
        return left, top, right, bottom
    return view.region.to_frame((left, top, right, bottom), spec.input_size)
