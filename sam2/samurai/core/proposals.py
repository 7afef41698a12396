"""Everything on one image: masks of a grid of clicks, as SAM 2's automatic mask generator has them.

The steps and thresholds are those of `SAM2AutomaticMaskGenerator` on the whole image (no crops, no
second pass): decode, drop by predicted IoU, by stability, and by overlap of boxes; clean.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samurai.core.mask_resize import pixel_counts
from samurai.core.mask_upsampling import upsampled_logits
from samurai.core.preprocess import Frame, network_input, rgb_frame
from samurai.errors import ConfigurationError
from samurai.geometry import Corners, corners_overlap
from samurai.masks import PackedMask
from samurai.networks.base import Features, VideoNetwork
from samurai.regions import Box

POINTS_AT_ONCE = 64
MASKS_AT_ONCE = 16
"""Masks that are at the image's size at a time, in float32."""


@dataclass(frozen=True)
class ProposalSettings:
    """What is proposed.

    Attributes:
        points_per_side: clicks along each side of the grid.
        min_predicted_iou: lowest predicted IoU of a mask.
        min_stability: lowest stability: the IoU of the masks of logits above and below zero by
            `stability_offset`.
        stability_offset: distance from zero of the logits that are compared.
        nms_overlap: of two masks whose boxes overlap by more, the one of lower predicted IoU goes.
        min_region_area: smaller islands and holes of a mask are removed, in pixels; 0 leaves them.

    Raises:
        ConfigurationError: a value isn't allowed.
    """

    points_per_side: int = 32
    min_predicted_iou: float = 0.8
    min_stability: float = 0.95
    stability_offset: float = 1.0
    nms_overlap: float = 0.7
    min_region_area: int = 0

    def __post_init__(self) -> None:
        side = self.points_per_side
        if not isinstance(side, int) or isinstance(side, bool) or side < 1:
            raise ConfigurationError(f"points_per_side={side!r}: give a whole number from 1")
        for name, most in (
            ("min_predicted_iou", 1.0),
            ("min_stability", 1.0),
            ("stability_offset", math.inf),
            ("nms_overlap", 1.0),
            ("min_region_area", math.inf),
        ):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 <= value <= most:
                bounds = "from 0" if most == math.inf else "from 0 to 1"
                raise ConfigurationError(f"{name}={value!r}: give a number {bounds}")


@dataclass(frozen=True, eq=False)
class Proposal:
    """A mask that may be an object.

    Attributes:
        packed: the mask, run-length encoded.
        box: of the mask.
        predicted_iou: the network's estimate, 0 to 1.
        stability: see `ProposalSettings`.
        point: x and y of the click.
    """

    packed: PackedMask
    box: Box
    predicted_iou: float
    stability: float
    point: tuple[float, float]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Boolean (H, W) of the image's size."""
        return self.packed.mask

    @property
    def area(self) -> int:
        """Pixels of the mask."""
        return self.packed.area


@torch.inference_mode()
def propose(
    network: VideoNetwork,
    frame: Frame,
    settings: ProposalSettings | None = None,
    progress: Callable[[float], None] | None = None,
    budget: float = math.inf,
) -> list[Proposal]:
    """Masks of all objects and parts on an image, surest first; see `Tracker.propose`."""
    settings, frame = checked_settings(settings), rgb_frame(frame)
    if math.isnan(budget):
        raise ConfigurationError("a budget is a number of seconds, not nan")
    size = (frame.shape[0], frame.shape[1])
    points = grid(settings.points_per_side, size)
    ends, found = time.monotonic() + budget, list[Proposal]()
    with network.precision():
        features = network.encode(network_input(frame, None, network))
        for first in range(0, len(points), POINTS_AT_ONCE):
            if time.monotonic() >= ends:
                break
            some = points[first : first + POINTS_AT_ONCE]
            found += decoded(network, features, some, size, settings)
            if progress is not None:
                progress(min(1.0, (first + len(some)) / len(points)))
    return distinct(found, settings)


def checked_settings(settings: ProposalSettings | None) -> ProposalSettings:
    """The settings, SAM 2's for None.

    Raises:
        ConfigurationError: they are something else.
    """
    if settings is None:
        return ProposalSettings()
    if not isinstance(settings, ProposalSettings):
        raise ConfigurationError(f"settings are ProposalSettings(...), not {settings!r}")
    return settings


def distinct(proposals: Sequence[Proposal], settings: ProposalSettings) -> list[Proposal]:
    """Without those that show the same as a surer one, surest first, and cleaned."""
    ious = [proposal.predicted_iou for proposal in proposals]
    kept = without_overlaps(proposals, ious, settings.nms_overlap)
    return cleaned(kept, settings) if settings.min_region_area else kept


def grid(side: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Centers of side x side equal cells of a (height, width) image: (side^2, 2) x and y."""
    steps = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(steps * size[1], steps * size[0])
    return np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float32)


def decoded(
    network: VideoNetwork,
    features: Features,
    points: NDArray[np.float32],
    size: tuple[int, int],
    settings: ProposalSettings,
) -> list[Proposal]:
    """Three candidates of each click, those that are sure and stable enough."""
    device, side = network.device, network.spec.input_size
    scaled = torch.from_numpy(points) / torch.tensor([size[1], size[0]]) * side
    labels = torch.ones(len(points), 1, dtype=torch.int32, device=device)
    decoding = network.prompt_points(features, scaled[:, None].to(device), labels, -math.inf, 1)
    logits, ious = decoding.logits.flatten(0, 1), decoding.predicted_ious.flatten()
    of_point = torch.arange(len(points), device=device).repeat_interleave(len(ious) // len(points))
    sure = torch.nonzero(ious > settings.min_predicted_iou)[:, 0]
    return [
        proposal
        for some in torch.split(sure, MASKS_AT_ONCE)
        for proposal in _stable(
            logits[some], ious[some], points[of_point[some].cpu().numpy()], size, settings
        )
    ]


def _stable(
    logits: Tensor,
    ious: Tensor,
    points: NDArray[np.float32],
    size: tuple[int, int],
    settings: ProposalSettings,
) -> Iterator[Proposal]:
    """Masks at the image's size that don't depend on where exactly logits are cut."""
    full = upsampled_logits(logits[:, None], size)[:, 0]
    offset = settings.stability_offset
    inner, outer = pixel_counts(full > offset), pixel_counts(full > -offset)
    stability = (inner / outer).cpu().numpy()
    masks = (full > 0).cpu().numpy()
    for mask, iou, share, point in zip(masks, ious.tolist(), stability, points, strict=True):
        box = Box.of_mask(mask)
        if box is not None and share >= settings.min_stability:
            place = (float(point[0]), float(point[1]))
            yield Proposal(PackedMask.of(mask), box, iou, float(share), place)


def without_overlaps(
    proposals: Sequence[Proposal], scores: Sequence[float], overlap: float
) -> list[Proposal]:
    """Non-maximum suppression: those of the highest scores first, without those whose box overlaps
    the box of a better one by more than `overlap`."""
    order = sorted(range(len(proposals)), key=lambda number: -scores[number])
    kept: dict[int, Corners] = {}
    for number in order:
        box = proposals[number].box
        corners = box.x, box.y, box.x + box.width - 1, box.y + box.height - 1
        if all(corners_overlap(corners, better) <= overlap for better in kept.values()):
            kept[number] = corners
    return [proposals[number] for number in kept]


def cleaned(proposals: Sequence[Proposal], settings: ProposalSettings) -> list[Proposal]:
    """Masks without small holes and islands; of those that are alike then, one that wasn't changed
    stays, where there is one."""
    area = settings.min_region_area
    clean, unchanged = list[Proposal](), list[float]()
    for proposal in proposals:
        before = proposal.mask
        after = without_small(without_small(before, area, holes=True), area, holes=False)
        box = Box.of_mask(after)
        if box is not None:
            clean.append(replace(proposal, packed=PackedMask.of(after), box=box))
            unchanged.append(float((after == before).all()))
    return without_overlaps(clean, unchanged, settings.nms_overlap)


def without_small(mask: NDArray[np.bool_], area: int, holes: bool) -> NDArray[np.bool_]:
    """A mask without holes, or without islands, of less than an area in pixels; the largest island
    stays. Pixels that touch at a corner are connected."""
    work = (~mask if holes else mask).astype(np.uint8)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(work, connectivity=8)
    sizes = statistics[1:, cv2.CC_STAT_AREA]
    small = sizes < area
    if not small.any():
        return mask
    if holes:
        filled: NDArray[np.bool_] = mask | np.concatenate([[False], small])[labels]
        return filled
    if small.all():
        small[np.argmax(sizes)] = False
    islands: NDArray[np.bool_] = np.concatenate([[False], ~small])[labels]
    return islands
