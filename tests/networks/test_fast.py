"""The fast network against the exact one: modules to rounding, videos to the stated tolerance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles.agreement import assert_close, assert_within, overlap
from oracles.inputs import sam2_network
from oracles.runs import WORKSPACE, Frames, bundled
from oracles.tape import Tape
from oracles.tiers import quick
from PIL import Image
from torch.nn.attention import SDPBackend

from samurai import Mask, Tracker
from samurai.core.preprocess import resized, resized_on_device
from samurai.errors import ConfigurationError
from samurai.models.checkpoints import load_model
from samurai.models.manifest import model_card
from samurai.networks.arithmetic import as_map
from samurai.networks.base import Memory
from samurai.networks.sam2.attention_kernels import PLAIN, Kernel, fastest
from samurai.networks.sam2.backends.cuda import Compiled, record_modules
from samurai.networks.sam2.backends.examples import blank_memory
from samurai.networks.sam2.execution import Execution, choose_execution
from samurai.networks.sam2.folding import FoldedEncoder, FoldedMemoryAttention
from samurai.networks.sam2.network import Sam2Network
from samurai.speed import checked_speed, keep_compiled, multiplies_bfloat16

CPU = torch.device("cpu")
ROUNDING = 2e-5
"""Of features and of mask logits, which are of the order of 1 to 10. Seen: 1.9e-6."""
OVERLAP = 0.995
"""What `samurai.speed` states: mean overlap with the exact masks."""
MATH = SDPBackend.MATH
PADDED = Execution(folded=True, padded=True)
"""What CUDA has, for a CPU."""


@pytest.fixture(scope="module")
def exact() -> Sam2Network:
    return Sam2Network(load_model(model_card("nano")), CPU, torch.float32)


@pytest.fixture(scope="module")
def padded() -> Sam2Network:
    return Sam2Network(load_model(model_card("nano")), CPU, torch.float32, PADDED)


def random_memory(network: Sam2Network, rows: int, maps: int, pointers: int) -> Memory:
    generator = torch.Generator().manual_seed(rows + 10 * maps + 100 * pointers)
    shape = (rows, maps, network.spec.memory_tokens, network.spec.memory_channels)
    slots = torch.randint(0, network.spec.map_slots, (rows, maps), generator=generator)
    distances = torch.randint(1, 40, (rows, pointers), generator=generator)
    return network.prepare_memory(
        torch.randn(shape, generator=generator).bfloat16(),
        slots.tolist(),
        torch.randn(rows, pointers, network.spec.feature_channels, generator=generator),
        distances.tolist(),
        (0.5 + torch.rand(rows, maps + pointers, generator=generator)).tolist(),
    )


@torch.inference_mode()
@pytest.mark.parametrize(
    ("rows", "maps", "pointers"), [(1, 7, 16), (1, 1, 1), (2, 3, 5), (1, 9, 20)]
)
def test_features_and_conditioned_features_differ_by_rounding_alone(
    exact: Sam2Network, padded: Sam2Network, rows: int, maps: int, pointers: int
) -> None:
    """Also where the memory is padded, and for every kind of attention kernel."""
    view = torch.randn(1, 3, exact.spec.input_size, exact.spec.input_size)
    theirs, ours = exact.encode(view), padded.encode(view)
    attention = padded.modules.memory_attention
    assert isinstance(padded.modules.encoder, FoldedEncoder)
    assert isinstance(attention, FoldedMemoryAttention)
    for a, b in zip((theirs.tokens, *theirs.high_res), (ours.tokens, *ours.high_res), strict=True):
        assert_close(a, b, ROUNDING)
    memory = random_memory(padded, rows, maps, pointers)
    full = (
        memory.maps.shape[1] % padded.spec.map_slots,
        memory.pointers.shape[1] % padded.spec.pointer_slots,
    )
    assert full == (0, 0) and (memory.key_mask is None) == (maps == 7)
    conditioned = exact.condition(theirs, random_memory(exact, rows, maps, pointers))
    for kernel in (PLAIN, Kernel("math, folded", True, MATH), Kernel("math", False, MATH)):
        with kernel.preferred():
            found = attention.with_kernel(kernel)(ours.tokens, *memory.given())
        assert_close(as_map(found), conditioned, ROUNDING, kernel.name)
    assert_close(padded.condition(ours, memory), conditioned, ROUNDING)


def test_what_is_recorded_or_compiled_has_few_shapes(padded: Sam2Network) -> None:
    shapes = {
        tuple(tensor.shape for tensor in random_memory(padded, 1, maps, pointers)[:5])
        for maps in range(1, padded.spec.map_slots + 1)
        for pointers in range(1, padded.spec.pointer_slots + 1)
    }
    assert len(shapes) == 1


def test_modules_compile_as_one_graph(padded: Sam2Network) -> None:
    """Traced by torch's compiler for a backend that compiles nothing: no graph breaks."""
    spec = padded.spec
    encoder, attention = padded.modules.encoder, padded.modules.memory_attention
    assert isinstance(attention, FoldedMemoryAttention)
    attention = attention.with_kernel(Kernel("math", True, MATH))
    view = torch.randn(1, 3, spec.input_size, spec.input_size)
    tokens = torch.randn(spec.feature_tokens, 1, spec.feature_channels)
    full = blank_memory(padded, 1, spec.map_slots, spec.pointer_slots)
    for module, inputs in (
        (encoder, (view,)),
        (attention, (tokens, *full.given())),
        (attention, (tokens, *blank_memory(padded, 1, 1, 1).given())),
    ):
        compiled = torch.compile(module, backend="eager", fullgraph=True, dynamic=False)
        with torch.inference_mode(), attention.kernel.preferred():
            for ours, plain in zip(compiled(*inputs), module(*inputs), strict=True):
                assert_close(ours, plain, 1e-6)
    torch._dynamo.reset()


def test_nothing_is_compiled_in_the_middle_of_a_video(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[torch.Size] = []

    def fake(module: Any, **_: Any) -> Any:
        def call(value: torch.Tensor) -> Any:
            compiled.append(value.shape)
            return module(value)

        return call

    monkeypatch.setattr(torch, "compile", fake)
    call = Compiled(torch.nn.Identity(), "default")
    call(torch.ones(1))
    call.closed = True
    for length in (1, 2, 1, 3):
        assert len(call(torch.ones(length))) == length
    assert compiled == [torch.Size([1])] * 3


def test_a_video_on_recorded_work(monkeypatch: pytest.MonkeyPatch, float32_maps: None) -> None:
    """What CUDA does but the recording itself: padded, compiled for one row, replayed from
    static memory; memory writes still pending own their inputs. A late object has other shapes."""
    monkeypatch.setattr(torch, "compile", lambda module, **_: module)
    frames, mask = scene("scale")
    plain, recorded = (
        Tracker.load("nano", policy="samurai", device="cpu", speed="fast") for _ in range(2)
    )
    network = recorded.network = Sam2Network(sam2_network(plain).model, CPU, torch.float32, PADDED)
    tape = Tape()
    network.modules = record_modules(network, network.modules, tape, {1})
    assert tape.recorded == 3  # the encoder, and attention to a full and to a padded memory
    sessions = [tracker.session() for tracker in (plain, recorded)]
    for time, frame in enumerate(frames[:22]):
        late = [Mask(np.roll(mask, 40, axis=1))] if time == 3 else []
        for session in sessions:
            session.step(frame, late) if time else session.start(frame, [Mask(mask)])
        ours, theirs = (session.logits for session in sessions)
        assert_close(ours, theirs, 1e-3, time)  # seen: 9.6e-6
    assert tape.replayed > 4 * 21 and tape.recorded < 16


def test_the_fastest_kernel_that_runs_is_taken() -> None:
    kernels = [Kernel(name, True, MATH) for name in ("slow", "broken", "quick")]

    def seconds(kernel: Kernel) -> float:
        if kernel.name == "broken":
            raise RuntimeError("No available kernel")
        return {"slow": 0.5, "quick": 0.1}[kernel.name]

    assert fastest(kernels, seconds).name == "quick"
    assert fastest(kernels[1:2], seconds) is PLAIN


@pytest.mark.parametrize(("shape", "size"), [((101, 57), 160), ((720, 1280), 512)])
def test_resizing_on_the_device(shape: tuple[int, int], size: int) -> None:
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (shape[0] // 8 + 2, shape[1] // 8 + 2, 3), dtype=np.uint8)
    frame = np.array(Image.fromarray(coarse).resize(shape[::-1], Image.Resampling.BICUBIC))
    ours, pil = resized_on_device(frame, size, CPU), resized(frame, size, CPU).float()
    assert (ours - pil).abs().gt(0).float().mean() < 1 / 500
    assert (ours - pil).abs().max() <= 1


def scene(name: str) -> tuple[Frames, NDArray[np.bool_]]:
    """A bundled sequence's frames, and its object's mask in the first one, from the run lengths
    after the mask's left, top, width and height."""
    frames = bundled(name)
    with (WORKSPACE / "sequences" / name / "groundtruth.txt").open() as truth:
        left, top, width, height, *runs = map(int, truth.readline().strip()[1:].split(","))
    pixels = np.zeros(width * height, dtype=bool)
    values = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    pixels[: len(values)] = values
    mask = np.zeros(frames[0].shape[:2], dtype=bool)
    mask[top : top + height, left : left + width] = pixels.reshape(height, width)
    return frames, mask


def overlaps(name: str, length: int) -> NDArray[np.float64]:
    """Overlap of folded with exact masks in every frame of a bundled sequence, there and back."""
    frames, mask = scene(name)
    way = [*range(len(frames)), *range(len(frames) - 2, 0, -1)]
    exact, folded = (Tracker.load("nano", policy="samurai", device="cpu") for _ in range(2))
    execution = replace(choose_execution(CPU, torch.float32, "fast", 160), folded=True)
    folded.network = Sam2Network(sam2_network(folded).model, CPU, torch.float32, execution)
    for tracker in (exact, folded):
        tracker.warm_up()
    sessions = [tracker.session() for tracker in (exact, folded)]
    for session in sessions:
        session.start(frames[0], [Mask(mask)])
    seen = []
    for time in range(1, length):
        a, b = (session.step(frames[way[time % len(way)]])[0].mask for session in sessions)
        seen.append(overlap(a, b))
    return np.array(seen)


@pytest.mark.parametrize("name", quick(["scale", "distractor"], "distractor"))
def test_masks_overlap_with_the_exact_ones(name: str, float32_maps: None) -> None:
    assert_within(1 - overlaps(name, 60).mean(), 1 - OVERLAP)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["camera", "reentry", "scale"])
def test_masks_overlap_with_the_exact_ones_over_1000_frames(name: str, float32_maps: None) -> None:
    """0.995 on average over 200 frames, and no more than 10 frames in a row below 0.9."""
    seen = overlaps(name, 1000)
    assert_within(1 - seen[:200].mean(), 1 - OVERLAP)
    apart = "".join("x" if value < 0.9 else " " for value in seen)
    assert "x" * 11 not in apart


@pytest.mark.slow
@pytest.mark.parametrize("name", ["deformation", "distractor", "occlusion"])
def test_masks_overlap_with_the_exact_ones_over_200_frames(name: str, float32_maps: None) -> None:
    """Not over 1,000: where nano hesitates (among doubles, or what to count to a limp thing), any
    rounding is magnified in the end. It is therefore left exact in use, see the test below."""
    assert_within(1 - overlaps(name, 200).mean(), 1 - OVERLAP)


def test_small_networks_on_a_cpu_keep_the_exact_modules() -> None:
    frames, mask = scene("scale")
    sessions = [Tracker.load("nano", speed=speed).session() for speed in ("exact", "fast", "max")]
    for time, frame in enumerate(frames[:4]):
        for session in sessions:
            session.step(frame) if time else session.start(frame, [Mask(mask)])
        for other in sessions[1:]:
            np.testing.assert_array_equal(other.logits, sessions[0].logits)


def test_an_unknown_speed_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="exact, fast, max"):
        checked_speed("faster")


def test_flags_of_the_processor(tmp_path: Path) -> None:
    flags = tmp_path / "cpuinfo"
    flags.write_text("model name\t: A\nflags\t\t: fpu avx2 amx_bf16 sse\n")
    assert multiplies_bfloat16(flags)
    flags.write_text("flags\t\t: fpu avx2 sse\n")
    assert not multiplies_bfloat16(flags) and not multiplies_bfloat16(tmp_path / "missing")


def test_compiled_kernels_go_to_the_users_cache_unless_chosen(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path), "TRITON_CACHE_DIR": "/chosen"}
    keep_compiled(environ)
    assert environ["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path / "samurai" / "inductor")
    assert environ["TRITON_CACHE_DIR"] == "/chosen"
