"""Memory of the server while one session tracks a very long video."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.speed.arithmetic import median_slope
from benchmarks.track.clips import first_box, write_clip
from benchmarks.web.client import complete
from benchmarks.web.server import Memory, running

SAMPLES = 200
"""Of the server's memory, at equal distances."""


def measure(model: str, size: tuple[int, int], count: int) -> dict[str, Any]:
    """Resident memory at intervals, and how it grows after the first tenth of the frames."""
    every, samples = max(1, count // SAMPLES), []
    with tempfile.TemporaryDirectory() as scratch:
        clip = Path(scratch) / "long.mp4"
        write_clip(clip, size, count)
        with running(Path(scratch), model) as server, server.client() as client:
            session = client.session(client.upload(clip)["id"])
            client.box(session, 0, 1, first_box(size))
            memory = Memory(server.process)
            began = time.perf_counter()
            lines = complete(client.track(session, direction="forward"), count)
            for read, _ in enumerate(lines):
                if read % every == 0:
                    _, own, decoders = memory.now()
                    samples.append((read, own, decoders))
            spent = time.perf_counter() - began
            peak, _ = memory.stop()
            client.delete(session)
    later = [sample for sample in samples if sample[0] >= count // 10]
    frames, mine, theirs = zip(*later, strict=True)
    return {
        "kind": "web-soak",
        "model": model,
        "size": size,
        "frames": count,
        "seconds": spent,
        "samples": samples,
        "peak": peak,
        "kib_per_1000": 1024 * 1000 * median_slope(frames, mine),
        "decoder_kib_per_1000": 1024 * 1000 * median_slope(frames, theirs),
    }


def show(result: dict[str, Any]) -> None:
    """Print it in two lines."""
    later = [each for each in result["samples"] if each[0] >= result["frames"] // 10]
    print(
        f"{result['frames']} frames in {result['seconds']:.0f} s: {later[0][1]:.0f} MiB after a "
        f"tenth, {later[-1][1]:.0f} at the end, {result['peak']:.0f} at most; "
        f"{result['kib_per_1000']:.1f} KiB per 1,000 frames"
    )
    print(
        f"decoders: {later[0][2]:.0f} MiB after a tenth, {later[-1][2]:.0f} at the end; "
        f"{result['decoder_kib_per_1000']:.1f} KiB per 1,000 frames"
    )
