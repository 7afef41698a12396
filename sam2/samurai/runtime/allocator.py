"""The C library's allocator, told to keep what is freed for the next frame."""

from __future__ import annotations

import ctypes

KEPT_BYTES = 1 << 28
"""Freed memory that the process keeps. By default glibc gives much of it back and gets it again,
page by page: 410 page faults a frame of nano, and none so."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""glibc's numbers for mallopt (malloc.h)."""


def keep_freed_memory() -> None:
    """Have the allocator keep what is freed, where it is glibc's; call it before torch is used."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # another C library, another system
        return
    for parameter in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
        mallopt(parameter, KEPT_BYTES)
