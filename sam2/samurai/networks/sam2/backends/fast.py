"""The network's functions made fast: the same signatures, answers within a tolerance.

Folded modules (`folding`), but for small networks on a CPU. On CUDA besides: pictures resized on
the device, memories padded to a few shapes, encoder and memory attention compiled, the attention
kernel chosen by a short probe, and each module's work replayed from a graph. See `speed` for the
tolerance.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from sam2.modeling.sam2_base import SAM2Base
from torch import Tensor, nn

from samurai.networks.base import Features, Memory
from samurai.networks.sam2.backends.attention_kernels import CUDA_KERNELS, Kernel, fastest
from samurai.networks.sam2.backends.cuda_graphs import CudaGraphs, Function, Record, Replayed
from samurai.networks.sam2.backends.folding import FoldedEncoder, FoldedReader
from samurai.networks.sam2.backends.traced import Frozen
from samurai.networks.sam2.memory_attention import MemoryReader
from samurai.networks.sam2.network import Sam2Network
from samurai.speed import Speed

COMPILE_MODES = {"fast": "default", "max": "max-autotune-no-cudagraphs"}

EXACT_UP_TO = 256
"""Input size up to which a CPU keeps the exact modules: folding gains nano a twentieth, and another
rounding is enough to make its window follow another one of two doubles, sooner or later."""

PROBE_CALLS = 10


class FastNetwork(Sam2Network):
    """`Sam2Network` with other kernels and less arithmetic; see the module.

    Args:
        speed: "fast", or "max", which lets the compiler search on CUDA.
        padded: whether memories are padded to a few shapes; where work is recorded, if not said.
        folded: whether modules are folded; on CUDA and for inputs above `EXACT_UP_TO`, if not said.
    """

    def __init__(
        self,
        model: SAM2Base,
        device: torch.device,
        dtype: torch.dtype,
        speed: Speed = "fast",
        padded: bool | None = None,
        folded: bool | None = None,
    ) -> None:
        on_cuda = device.type == "cuda"
        self._speed = speed
        self._padded = on_cuda if padded is None else padded
        large = on_cuda or int(model.image_size) > EXACT_UP_TO
        self._folded = large if folded is None else folded
        super().__init__(model, device, dtype)

    def _prepare_modules(self) -> None:
        super()._prepare_modules()
        if self._folded and FoldedEncoder.fits(self.model):
            side = self.spec.input_size
            view = torch.zeros(1, 3, side, side, device=self.device)
            self._encoder = Frozen(FoldedEncoder(self.model, view))
        reader = self._reader.module
        assert isinstance(reader, MemoryReader)
        if self._folded and FoldedReader.fits(reader):
            self._reader = Frozen(FoldedReader(reader))

    @property
    def resizes_on_device(self) -> bool:
        """On a GPU. On a CPU Pillow does it, too: torch's filter for bytes takes a tenth of the
        time, but misses one value in 250 by one level, enough for overlaps of 0.89 with nano."""
        return self.device.type != "cpu"

    # --- memories --------------------------------------------------------------------------------

    def prepare_memory(
        self,
        maps: Tensor,
        slots: Sequence[Sequence[int]],
        pointers: Tensor,
        distances: Sequence[Sequence[int]],
        weights: Sequence[Sequence[float]] | None = None,
    ) -> Memory:
        """As `Sam2Network.prepare_memory`; padded to multiples of the model's slots."""
        memory = super().prepare_memory(maps, slots, pointers, distances, weights)
        if not self._padded or not isinstance(self._reader.module, FoldedReader):
            return memory  # only the folded reader knows a key mask
        more = -maps.shape[1] % self.spec.map_slots, -pointers.shape[1] % self.spec.pointer_slots
        if more == (0, 0):
            return memory
        mapped = torch.ones(maps.shape[:2], dtype=torch.bool, device=self.device)
        pointed = torch.ones(pointers.shape[:2], dtype=torch.bool, device=self.device)
        of_maps, of_pointers = memory.weights.tensor_split([maps.shape[1]], dim=1)
        return Memory(
            F.pad(memory.maps, (0, 0, 0, 0, 0, more[0])),
            F.pad(memory.slots, (0, more[0])),
            F.pad(memory.pointers, (0, 0, 0, more[1])),
            F.pad(memory.distances, (0, more[1]), value=1),
            torch.cat([F.pad(of_maps, (0, more[0])), F.pad(of_pointers, (0, more[1]))], dim=1),
            torch.cat([F.pad(mapped, (0, more[0])), F.pad(pointed, (0, more[1]))], dim=1),
        )

    def condition(self, features: Features, memory: Memory) -> Tensor:
        """As `Sam2Network.condition`, by the kernel that was chosen."""
        reader = self._reader.module
        if not isinstance(reader, FoldedReader):
            return super().condition(features, memory)
        with reader.kernel.preferred():
            return super().condition(features, memory)

    # --- CUDA ------------------------------------------------------------------------------------

    def prepare(self, objects: int = 1) -> None:
        """Make graphs: for a small network on a CPU as `Sam2Network`, on CUDA by recording."""
        if self.device.type != "cuda":
            super().prepare(objects)
            return
        reader = self._reader.module
        if isinstance(reader, FoldedReader) and not self._reader.frozen:
            reader.kernel = fastest(CUDA_KERNELS, self._probe)
        self.record(CudaGraphs(), {1, objects})

    def record(self, record: Record, rows: Collection[int]) -> None:
        """Have every module's work recorded and replayed, encoder and memory attention compiled.

        Args:
            record: makes a recording.
            rows: how many rows to compile for; others are recorded as they come.
        """
        if self._encoder.frozen:
            return
        mode = COMPILE_MODES[self._speed]
        compiled = [Compiled(part.module, mode) for part in (self._encoder, self._reader)]
        parts = self._encoder, self._reader, self._decoder, self._memory_encoder
        calls: tuple[Function, ...] = (*compiled, self._decoder.module, self._memory_encoder.module)
        recorders = [Replayed(call, record) for call in calls]
        for part, replayed in zip(parts, recorders, strict=True):
            part.call_through(replayed)
        for count in sorted(rows):
            self._run_once(count)
        for call in compiled:
            call.closed = True
        for replayed in recorders:
            replayed.must_record = False

    @torch.inference_mode()
    def _run_once(self, rows: int) -> None:
        """Every shape that so many rows bring: full memories, and padded ones."""
        side = self.spec.input_size
        with self.precision():
            features = self.encode(torch.zeros(1, 3, side, side, device=self.device))
            for kept in ((self.spec.map_slots, self.spec.pointer_slots), (1, 1)):
                self.condition(features, self._blank_memory(rows, *kept))

    @torch.inference_mode()
    def _probe(self, kernel: Kernel) -> float:
        """Seconds that reading a full memory takes with a kernel."""
        reader = self._reader.module
        assert isinstance(reader, FoldedReader)
        reader.kernel = kernel
        memory = self._blank_memory(1, self.spec.map_slots, self.spec.pointer_slots)
        tokens = torch.zeros(
            self.spec.feature_tokens, 1, self.spec.pointer_size, device=self.device
        )
        with self.precision(), kernel.preferred():
            for call in range(2 * PROBE_CALLS):
                if call == PROBE_CALLS:  # those before let libraries choose and allocate
                    torch.cuda.synchronize(self.device)
                    start = time.perf_counter()
                reader(tokens, *memory.given())
            torch.cuda.synchronize(self.device)
        return (time.perf_counter() - start) / PROBE_CALLS

    def _blank_memory(self, rows: int, maps: int, pointers: int) -> Memory:
        """Memories of nothing."""
        shape = (rows, maps, self.spec.feature_tokens, self.spec.memory_channels)
        return self.prepare_memory(
            torch.zeros(shape, dtype=self.spec.map_dtype, device=self.device),
            [list(range(maps))] * rows,
            torch.zeros(rows, pointers, self.spec.pointer_size, device=self.device),
            [list(range(1, pointers + 1))] * rows,
        )


class Compiled:
    """A module, compiled for the shapes that it was called with before `closed` was set, and called
    as it is for others: nothing is compiled in the middle of a video."""

    def __init__(self, module: nn.Module, mode: str) -> None:
        self._module = module
        self._compiled = torch.compile(module, dynamic=False, mode=mode)
        self._known: set[tuple[torch.Size, ...]] = set()
        self.closed = False

    def __call__(self, *tensors: Tensor) -> Any:
        shapes = tuple(tensor.shape for tensor in tensors)
        if not self.closed:
            self._known.add(shapes)
        return (self._compiled if shapes in self._known else self._module)(*tensors)
