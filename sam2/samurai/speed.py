"""Speed modes: `exact` changes no bit, `fast` and `max` stay within a tolerance."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from samurai.errors import ConfigurationError

Speed: TypeAlias = Literal["exact", "fast", "max"]
"""exact: the bits of the installed sam2. fast: less arithmetic, other kernels; masks overlap with
those of `exact` by 0.995 on average over 200 frames (tested in float32 on a CPU). max: fast, and
the compiler tries all kernels that it knows, on CUDA alone; elsewhere it is fast."""

SPEEDS: tuple[Speed, ...] = get_args(Speed)

COMPILE_CACHES = {"TORCHINDUCTOR_CACHE_DIR": "inductor", "TRITON_CACHE_DIR": "triton"}
"""Where torch's compiler keeps its results, by default a folder that a restart may empty."""

CPU_FLAGS = Path("/proc/cpuinfo")


def checked_speed(name: str) -> Speed:
    """The speed of that name.

    Raises:
        ConfigurationError: there is none; the message lists them.
    """
    for speed in SPEEDS:
        if speed == name:
            return speed
    raise ConfigurationError(f"unknown speed {name!r}: choose one of {', '.join(SPEEDS)}")


def keep_compiled(environ: MutableMapping[str, str]) -> None:
    """Let compiled kernels outlive the process, in the user's cache, unless the user has chosen.

    Before torch's compiler is imported.
    """
    cache = Path(environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "samurai"
    for variable, folder in COMPILE_CACHES.items():
        environ.setdefault(variable, str(cache / folder))


def multiplies_bfloat16(flags: Path = CPU_FLAGS) -> bool:
    """Whether this CPU has instructions for bfloat16 products (AVX512-BF16 or AMX): without them
    half precision is slower than float32. Linux only; elsewhere no."""
    try:
        text = flags.read_text(errors="replace")
    except OSError:
        return False
    lines = (line.split(":", 1)[1].split() for line in text.splitlines() if line[:5] == "flags")
    return bool({"avx512_bf16", "amx_bf16"} & set(next(lines, [])))
