"""Rows: one hypothesis of one object in one frame, batched through the network in groups.

Rows that recall the same number of maps and pointers have the same shape and go through memory
attention and the decoder together, never padded, so that a row's numbers don't depend on what
else is tracked. One copy brings what the policies need to the host.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samurai.bank import MemoryBank, Shelf
from samurai.frames import MASKS_AT_ONCE, on_host
from samurai.geometry import Corners
from samurai.network import MASK_SCALE, Decoding, Features, Network
from samurai.policies.base import Candidate, Decoded, Grid, Hint, Needs, Recall
from samurai.reading import Memory
from samurai.windows import Window


@dataclass(frozen=True)
class View:
    """Which of a frame's encoded views a row sees, and where that lies in the frame.

    window: None where the network sees the whole frame: boxes then stay in its square input, as
    the reference measures them.
    """

    index: int
    window: Window | None

    def grid(self, network: Network) -> Grid:
        """Where the pixels of mask logits lie, in the policies' coordinates."""
        side = network.image_size // 4
        if self.window is None:
            return Grid(0.0, 0.0, 4.0, 4.0)
        window = self.window
        return Grid(window.left, window.top, window.width / side, window.height / side)

    def hinted(self, hint: Hint, network: Network) -> Hint:
        """A hint in the square input's coordinates, its mask (1, S/4, S/4)."""
        points, logits, window = hint.points, hint.logits, self.window
        if window is not None:
            points = window.to_input(points, network.image_size)
        if logits is not None:
            if window is not None:
                logits = window.crop_values(logits, beyond=-MASK_SCALE / 2)
            side = network.image_size // 4
            logits = cv2.resize(logits, (side, side), interpolation=cv2.INTER_AREA)[None]  # type: ignore[assignment]
        return Hint(points.astype(np.float32), hint.labels, logits)


@dataclass(frozen=True)
class Row:
    """What one hypothesis wants to look at, and where that is kept."""

    shelf: Shelf
    recall: Recall


@dataclass(frozen=True)
class Group:
    """Rows of one shape, their places among all rows, and what they attend to."""

    rows: list[Row]
    places: list[int]
    memory: Memory


@dataclass(frozen=True)
class DecodedRow:
    """One row of a decoded batch: numbers for its policy, tensors for its memory.

    full: the batch's logits at the network's input size, where its boxes were measured at it.
    """

    batch: Decoding
    index: int
    view: View
    seen: Decoded
    full: Tensor | None

    def all_logits(self) -> Tensor:
        """Mask logits of all candidates, (1, K, S/4, S/4)."""
        return self.batch.logits[self.index][None]

    def logits(self, candidate: int) -> Tensor:
        """Mask logits of a candidate, (1, 1, S/4, S/4)."""
        return self.all_logits()[:, candidate : candidate + 1]

    def full_size(self, network: Network, candidate: int) -> Tensor:
        """Mask logits of a candidate at the network's input size, (1, 1, S, S)."""
        if self.full is None:
            full = network.full_size(self.all_logits())
        else:
            full = self.full[self.index][None]
        return full[:, candidate : candidate + 1]

    def token(self, candidate: int) -> Tensor:
        """What the candidate's object pointer is made of, (1, C); some prompts share one token."""
        tokens = self.batch.tokens[self.index]
        return tokens[candidate if len(tokens) > 1 else 0][None]

    def object_score(self) -> Tensor:
        return self.batch.object_scores[self.index][None]

    def pointer_score(self) -> Tensor:
        return self.batch.pointer_scores[self.index][None]

    def confidence(self, candidate: int) -> float:
        """Predicted IoU times the probability that the object is visible, 0 to 1."""
        visible = 0.5 * (1 + math.tanh(self.seen.object_score / 2))  # a sigmoid that can't overflow
        iou = self.seen.candidates[candidate].predicted_iou
        return min(max(iou, 0.0), 1.0) * visible


def gather(network: Network, bank: MemoryBank, rows: Sequence[Row]) -> list[Group]:
    """What rows recall, in groups of one shape. Needs nothing of the frame that they look at."""
    places: dict[tuple[int, ...], list[int]] = {}
    for number, row in enumerate(rows):
        places.setdefault(_shape(row.recall), []).append(number)
    return [_group(network, bank, rows, members) for members in places.values()]


def _shape(recall: Recall) -> tuple[int, ...]:
    """What must be equal for rows to be batched."""
    hint = recall.hint
    hinted = (-1, 0) if hint is None else (len(hint.points), int(hint.logits is not None))
    return (len(recall.maps), len(recall.pointers), *hinted)


def _group(network: Network, bank: MemoryBank, rows: Sequence[Row], places: list[int]) -> Group:
    members = [rows[place] for place in places]
    maps = [row.shelf.map_rows(entry.time for entry in row.recall.maps) for row in members]
    pointers = [
        row.shelf.pointer_rows(entry.time for entry in row.recall.pointers) for row in members
    ]
    memory = network.memory(
        bank.maps.take(maps),
        [[entry.slot for entry in row.recall.maps] for row in members],
        bank.pointers.take(pointers),
        [[entry.distance for entry in row.recall.pointers] for row in members],
        _weights(members),
    )
    return Group(members, places, memory)


def decode_rows(
    network: Network,
    features: Features,
    groups: Sequence[Group],
    views: Sequence[View],
    time: int,
    needs: Needs,
) -> list[DecodedRow]:
    """Attend and decode, in the order of the rows.

    Args:
        views: through which each row sees the frame.
    """
    batches = [
        _decode_group(network, features, group, [views[place] for place in group.places], needs)
        for group in groups
    ]
    order = [place for group in groups for place in group.places]
    decoded = read_batches(network, batches, [views[place] for place in order], time, needs)
    return [row for _, row in sorted(zip(order, decoded, strict=True), key=lambda pair: pair[0])]


def _decode_group(
    network: Network, features: Features, group: Group, views: Sequence[View], needs: Needs
) -> Decoding:
    """Rows of one shape through memory attention and the decoder."""
    seen = features.of([view.index for view in views])
    attended = network.attend(seen, group.memory)
    return network.decode(attended, seen, needs.object_gate, _hints(network, group.rows, views))


def _weights(rows: Sequence[Row]) -> list[list[float]] | None:
    """Those of maps and pointers; None where that is 1 for all."""
    weights = [
        [entry.weight for entry in row.recall.maps]
        + [entry.weight for entry in row.recall.pointers]
        for row in rows
    ]
    return None if all(weight == 1 for line in weights for weight in line) else weights


def _hints(
    network: Network, rows: Sequence[Row], views: Sequence[View]
) -> tuple[Tensor, Tensor] | None:
    """The embedded hints of rows that all have one, or all have none."""
    hints = [
        view.hinted(row.recall.hint, network)
        for row, view in zip(rows, views, strict=True)
        if row.recall.hint
    ]
    if not hints:
        return None
    masks = [hint.logits for hint in hints if hint.logits is not None]
    return network.hint(
        np.stack([hint.points for hint in hints]),
        np.stack([hint.labels for hint in hints]),
        np.stack(masks) if masks else None,
    )


def read_batches(
    network: Network,
    batches: Sequence[Decoding],
    views: Sequence[View],
    time: int,
    needs: Needs,
) -> list[DecodedRow]:
    """Bring the numbers of decoded batches to the host, in one copy, and split them into rows.

    Args:
        views: of all rows of all batches, in their order.
    """
    if not batches:
        return []
    resized = [_resized(network, batch) if needs.boxes else [] for batch in batches]
    packed = [_pack(network, *both, needs) for both in zip(batches, resized, strict=True)]
    numbers = on_host(torch.cat([part.flatten() for part in packed]))
    rows: list[DecodedRow] = []
    first = 0
    for batch, full, part in zip(batches, resized, packed, strict=True):
        table = numbers[first : first + part.numel()].reshape(part.shape)
        first += part.numel()
        for index, line in enumerate(table):
            view = views[len(rows)]
            seen = _unpack(network, batch, index, line, view, time, needs)
            rows.append(DecodedRow(batch, index, view, seen, full[0] if len(full) == 1 else None))
    return rows


def _resized(network: Network, batch: Decoding) -> list[Tensor]:
    """The masks at the network's input size, whose boxes are measured, a few rows at a time."""
    return [network.full_size(part) for part in torch.split(batch.logits, MASKS_AT_ONCE)]


def _pack(network: Network, batch: Decoding, full: Sequence[Tensor], needs: Needs) -> Tensor:
    """Object score, predicted IoUs and, if asked for, areas (in pixels of the logits) and corners
    (of full-size masks) of each row: float32 (B, numbers)."""
    parts = [batch.object_scores, batch.predicted_ious]
    if needs.areas:
        parts.append((batch.logits > 0).sum((2, 3)))
    if needs.boxes:
        parts.append(torch.cat([network.corners(part).flatten(1) for part in full]))
    return torch.cat([part.float() for part in parts], dim=1)


def _unpack(
    network: Network,
    batch: Decoding,
    index: int,
    line: NDArray[np.float32],
    view: View,
    time: int,
    needs: Needs,
) -> Decoded:
    score, *numbers = line.tolist()
    count = batch.predicted_ious.shape[1]
    grid = view.grid(network)
    ious, numbers = numbers[:count], numbers[count:]
    areas = [0.0] * count
    if needs.areas:
        areas = [pixels * grid.across * grid.down for pixels in numbers[:count]]
        numbers = numbers[count:]
    candidates = []
    for number, (iou, area) in enumerate(zip(ious, areas, strict=True)):
        corners = _corners(numbers[4 * number : 4 * number + 4]) if needs.boxes else None
        if corners is not None and view.window is not None:
            corners = view.window.to_frame(corners, network.image_size)
        candidates.append(Candidate(iou, corners, area))
    copy = partial(_copy_logits, batch.logits[index])
    return Decoded(time, score, tuple(candidates), copy, grid)


def _corners(edges: list[float]) -> Corners | None:
    """Four numbers of `Network.corners`; -1 stands for an empty mask."""
    left, top, right, bottom = edges
    return (left, top, right, bottom) if right >= 0 else None


def _copy_logits(logits: Tensor, candidate: int) -> NDArray[np.float32]:
    copied: NDArray[np.float32] = logits[candidate].cpu().numpy()
    return copied
