"""Memory of the server while a large video is uploaded to it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.web.server import Memory, Server, running

SIZE = (1280, 720)

DISTINCT = 24
"""Frames of noise; the file repeats them, a group of pictures after the other."""


def measure(model: str, mib: int) -> dict[str, Any]:
    """Peaks of resident memory over what it was before, for an upload and for one of a sixteenth of
    its size: where memory is flat, both need the same."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        small, large = folder / "small.mp4", folder / "large.mp4"
        write_large(small, max(1, mib // 16) << 20)
        write_large(large, mib << 20)
        with running(folder, model) as server:
            _uploaded(server, small)  # starts what decodes
            rows = [_uploaded(server, small), _uploaded(server, large)]
    return {"kind": "web-upload", "model": model, "rows": rows}


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    for row in result["rows"]:
        print(
            f"{row['mib']:6.0f} MiB in {row['seconds']:.1f} s: the server had {row['before']:.0f} "
            f"MiB before and {row['peak']:.0f} at most; decoders {row['decoders']:.0f} at most"
        )


def _uploaded(server: Server, file: Path) -> dict[str, Any]:
    memory = Memory(server.process)
    began = time.perf_counter()
    with server.client() as client:
        video = client.upload(file)
        spent = time.perf_counter() - began
        client.delete(f"/videos/{video['id']}")
    before = memory.samples[0][1]
    peak, decoders = memory.stop()
    return {
        "mib": file.stat().st_size / 2**20,
        "frames": video["frame_count"],
        "seconds": spent,
        "before": before,
        "peak": peak,
        "decoders": decoders,
    }


def write_large(path: Path, size: int) -> None:
    """An MP4 of at least that many bytes, all of them frames: noise, encoded once, in many copies
    one after the other."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "10", "bf": "0", "g": str(DISTINCT)}
        generator = np.random.default_rng(7)
        packets = []
        for number in range(DISTINCT):
            noise = generator.integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(noise, "rgb24")
            frame.pts = number
            packets += stream.encode(frame)
        packets += stream.encode()
        copies = [(bytes(each), each.is_keyframe, each.time_base) for each in packets]
        written = number = 0
        while written < size or number % DISTINCT:
            content, key, base = copies[number % DISTINCT]
            packet = av.Packet(content)
            packet.stream, packet.time_base, packet.is_keyframe = stream, base, key
            packet.pts = packet.dts = number
            packet.duration = 1
            file.mux(packet)
            written, number = written + len(content), number + 1
