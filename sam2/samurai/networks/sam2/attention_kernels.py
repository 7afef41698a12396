"""Attention kernels, and the selection of the fastest on a device."""

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

QUERY_CHUNK = 128
"""Rows of the attention matrix per chunk, few enough to stay in a CPU's caches."""


class Kernel(NamedTuple):
    """One implementation of attention.

    Attributes:
        folded: whether it takes values of fewer channels than the keys have, as `folding` makes
            them; otherwise values are projected first.
        backend: of torch's `scaled_dot_product_attention`; None for plain matrix products.
    """

    name: str
    folded: bool
    backend: SDPBackend | None = None

    def attention(
        self, queries: Tensor, keys: Tensor, values: Tensor, key_mask: Tensor | None = None
    ) -> Tensor:
        """softmax(Q K^T) V, (B, L, d).

        Args:
            queries: (B, L, c), scaled already.
            keys: (B, N, c).
            values: (B, N, d).
            key_mask: bool (B, N), false for keys to leave out; None for all keys.
        """
        if self.backend is None:
            return _chunked_attention(queries, keys, values, key_mask)
        mask = None if key_mask is None else key_mask[:, None, None]
        attended = F.scaled_dot_product_attention(
            queries[:, None], keys[:, None], values[:, None], attn_mask=mask, scale=1.0
        )
        return attended[:, 0]

    def preferred(self) -> AbstractContextManager[object]:
        """A region in which torch's attention uses this backend, or the next one that supports the
        inputs.

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


def fastest(kernels: Sequence[Kernel], measure: Callable[[Kernel], float]) -> Kernel:
    """The kernel that takes the least time; kernels that this device can't run are skipped.

    Args:
        measure: the seconds of one call with a kernel; raises RuntimeError where it can't run.
    """
    seconds: dict[Kernel, float] = {}
    for kernel in kernels:
        try:
            seconds[kernel] = measure(kernel)
        except RuntimeError as error:
            log.info("attention kernel %s can't run here: %s", kernel.name, error)
    if not seconds:
        return PLAIN
    best = min(seconds, key=seconds.__getitem__)
    measured = ", ".join(f"{kernel.name} {1e3 * time:.2f} ms" for kernel, time in seconds.items())
    log.info("attention by %s (%s)", best.name, measured)
    return best


def _chunked_attention(
    queries: Tensor, keys: Tensor, values: Tensor, key_mask: Tensor | None
) -> Tensor:
    """Attention by matrix products, a chunk of queries at a time."""
    transposed = keys.transpose(1, 2)
    attended = []
    for chunk in torch.split(queries, QUERY_CHUNK, dim=1):
        scores = torch.bmm(chunk, transposed)
        if key_mask is not None:
            scores = scores.masked_fill(~key_mask[:, None], -torch.inf)
        attended.append(torch.bmm(scores.softmax(dim=-1).type_as(values), values))
    return attended[0] if len(attended) == 1 else torch.cat(attended, dim=1)
