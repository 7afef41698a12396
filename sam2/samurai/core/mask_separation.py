"""Mask logits that several objects don't share: a pixel is remembered for the surest object only.

The rule is `non_overlap_masks_for_mem_enc` of the SAM 2 package, for objects that may be seen
through search regions of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from samurai.core.search_region import SearchRegion
from samurai.networks.base import MASK_LOGIT
from samurai.regions import ObjectId

NOWHERE = -1e4
"""Logit of an object outside its search region, below that of every other one."""


@dataclass(frozen=True)
class Claim:
    """Mask logits (1, 1, m, m) of an object, and the search region that they cover; None for the
    whole frame."""

    object_id: ObjectId
    logits: Tensor
    region: SearchRegion | None


def separated_logits(own: Claim, claims: Sequence[Claim]) -> Tensor:
    """Mask logits where no other object's are higher; elsewhere at most -MASK_LOGIT.

    Args:
        own: the mask of one object's hypothesis.
        claims: the best hypotheses of all objects; of equal logits the first object's count.
    """
    kept = torch.ones_like(own.logits, dtype=torch.bool)
    before = True
    for claim in claims:
        if claim.object_id == own.object_id:
            before = False
            continue
        theirs = resampled(claim, own.region)
        kept &= own.logits > theirs if before else own.logits >= theirs
    return torch.where(kept, own.logits, own.logits.clamp(max=-MASK_LOGIT))


def resampled(claim: Claim, region: SearchRegion | None) -> Tensor:
    """A claim's logits resampled to another search region; NOWHERE outside its own one."""
    own = claim.region
    if own == region or own is None or region is None:  # None: so is the other one
        return claim.logits
    scale_x, scale_y = region.width / own.width, region.height / own.height
    shift_x = (2 * (region.left - own.left) + region.width) / own.width - 1
    shift_y = (2 * (region.top - own.top) + region.height) / own.height - 1
    matrix = torch.tensor([[[scale_x, 0.0, shift_x], [0.0, scale_y, shift_y]]])
    shape = [1, 1, *claim.logits.shape[2:]]
    places = F.affine_grid(matrix, shape, align_corners=False).to(claim.logits)
    inside = (places.abs() <= 1).all(dim=-1)[:, None]
    values = F.grid_sample(claim.logits, places, padding_mode="border", align_corners=False)
    return torch.where(inside, values, NOWHERE)
