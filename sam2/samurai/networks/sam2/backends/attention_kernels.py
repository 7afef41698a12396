"""Attention kernels: what there is, and which of them is the fastest on the machine at hand.

A kernel weighs values (B, N, d) by softmax(Q K^T) for scaled queries (B, L, c) and keys (B, N, c).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

log = logging.getLogger(__name__)

QUERIES_AT_ONCE = 128
"""Rows of the attention matrix that are computed together, so that they stay in a CPU's caches."""


class Kernel(NamedTuple):
    """One way to weigh values.

    folded: whether values may have fewer channels than keys (see `folding`), or have to be
    projected first. backend: None for plain products.
    """

    name: str
    folded: bool
    backend: SDPBackend | None = None

    def weigh(
        self, queries: Tensor, keys: Tensor, values: Tensor, there: Tensor | None = None
    ) -> Tensor:
        """The weighed values (B, L, d); `there`, bool (B, N), leaves out the others."""
        if self.backend is None:
            return _plain(queries, keys, values, there)
        mask = None if there is None else there[:, None, None]
        weighed = F.scaled_dot_product_attention(
            queries[:, None], keys[:, None], values[:, None], attn_mask=mask, scale=1.0
        )
        return weighed[:, 0]

    def preferred(self) -> AbstractContextManager[object]:
        """The region in which torch's attention takes this backend, or the next one that can.

        To be entered around compiled code: torch's compiler doesn't follow it inside.
        """
        if self.backend is None:
            return nullcontext()
        return sdpa_kernel([self.backend, *FALLBACKS], set_priority=True)


FALLBACKS = [SDPBackend.EFFICIENT_ATTENTION, SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]

PLAIN = Kernel("plain", folded=True)

CUDA_KERNELS = (
    Kernel("cudnn, folded", True, SDPBackend.CUDNN_ATTENTION),
    Kernel("efficient, folded", True, SDPBackend.EFFICIENT_ATTENTION),
    Kernel("cudnn", False, SDPBackend.CUDNN_ATTENTION),
    Kernel("flash", False, SDPBackend.FLASH_ATTENTION),
    Kernel("efficient", False, SDPBackend.EFFICIENT_ATTENTION),
)


def fastest(kernels: Sequence[Kernel], seconds: Callable[[Kernel], float]) -> Kernel:
    """The kernel that takes the least time; those that this device can't run are left out.

    Args:
        seconds: time of one call with a kernel; raises RuntimeError where it can't run.
    """
    times: dict[Kernel, float] = {}
    for kernel in kernels:
        try:
            times[kernel] = seconds(kernel)
        except RuntimeError as error:
            log.info("attention kernel %s can't run here: %s", kernel.name, error)
    if not times:
        return PLAIN
    best = min(times, key=times.__getitem__)
    measured = ", ".join(f"{kernel.name} {1e3 * time:.2f} ms" for kernel, time in times.items())
    log.info("attention by %s (%s)", best.name, measured)
    return best


def _plain(queries: Tensor, keys: Tensor, values: Tensor, there: Tensor | None) -> Tensor:
    across = keys.transpose(1, 2)
    weighed = []
    for some in torch.split(queries, QUERIES_AT_ONCE, dim=1):
        scores = torch.bmm(some, across)
        if there is not None:
            scores = scores.masked_fill(~there[:, None], -torch.inf)
        weighed.append(torch.bmm(scores.softmax(dim=-1).type_as(values), values))
    return weighed[0] if len(weighed) == 1 else torch.cat(weighed, dim=1)
