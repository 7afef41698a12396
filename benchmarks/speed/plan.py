"""The plan of a benchmark: variants, order and repetitions, from the options or suited to a
device."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from benchmarks.speed.peers.catalog import CATALOG
from benchmarks.speed.variant import Variant, has_weights, has_windows, sam2_models
from samurai.cli.values import whole_number
from samurai.policies import policy_names

SPEEDS = ("exact", "fast", "max")
NAMES = tuple(peer.name for peer in CATALOG)

LIGHT = ("nano",)
"""Models that a CPU runs in real time; the others take seconds per frame there."""

FULL_MEMORY = 16
"""Frames until the memory is as long as a network can attend to: SAM 2's object pointers."""


LENGTHS = {1: (50, 5), 4: (30, 3)}
"""Frames and rounds of a light model by the number of objects."""


@dataclass(frozen=True)
class Stage:
    """One model and one number of objects.

    Attributes:
        variants: ways to run the tracker, interleaved with the peers.
        inspected: those of them whose parts are timed and whose calls are counted.
        frames, rounds: of the end-to-end runs.
        profiled_frames: how many frames are profiled.
    """

    model: str
    objects: int
    variants: tuple[Variant, ...]
    inspected: tuple[Variant, ...]
    frames: int
    rounds: int
    profiled_frames: int


@dataclass(frozen=True)
class Plan:
    """A whole run of the benchmark.

    Attributes:
        device: "cpu", "cuda" or another type that torch knows.
        size: width and height of the frames.
        peers: names of the peers.
        seconds: for the network alone, per model and number of objects.
    """

    device: str
    size: tuple[int, int]
    peers: tuple[str, ...]
    stages: tuple[Stage, ...]
    seconds: float


def add_options(parser: argparse.ArgumentParser) -> None:
    """The command line of a run."""
    add = parser.add_argument
    add(
        "--models",
        nargs="+",
        choices=sam2_models(),
        metavar="MODEL",
        help="models, names of checkpoints/manifest.toml",
    )
    add("--objects", nargs="+", type=whole_number(1), metavar="N", help="numbers of objects")
    add("--frames", type=whole_number(1), help="frames per round (default: by model and objects)")
    add(
        "--rounds",
        type=whole_number(1),
        help="runs of each contestant (default: by model and objects)",
    )
    add("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    add("--dtype", default="auto", help="auto, float32, bfloat16 or float16 (default: auto)")
    add(
        "--speed",
        nargs="+",
        choices=SPEEDS,
        metavar="SPEED",
        help=f"speed modes: {', '.join(SPEEDS)}",
    )
    add("--policies", nargs="+", choices=policy_names(), metavar="POLICY", help="memory policies")
    add("--size", type=frame_size, metavar="WxH", help="pixels of the frames")
    add("--random", action="store_true", help="random weights in any case")
    add(
        "--peers",
        nargs="+",
        choices=NAMES,
        metavar="PEER",
        help=f"{', '.join(NAMES)} (default: all)",
    )
    add("--no-peers", dest="peers", action="store_const", const=[], help="without peers")


def frame_size(text: str) -> tuple[int, int]:
    """`640x480` as numbers."""
    width, separator, height = text.partition("x")
    if not separator or not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size: write it like 640x480")
    return int(width), int(height)


def plan_of(options: argparse.Namespace, device: str) -> Plan:
    """A plan for a type of device; what the options leave open suits that device."""
    gpu = device != "cpu"
    models = options.models or (["tiny", "large"] if gpu else ["nano", "tiny"])
    stages = [
        _stage(options, model, objects, gpu)
        for model in models
        for objects in options.objects or ([1, 4, 16] if gpu or model in LIGHT else [1])
    ]
    names = [peer.name for peer in CATALOG] if options.peers is None else options.peers
    size = options.size or ((1280, 720) if gpu else (640, 480))
    return Plan(device, size, tuple(names), tuple(stages), 3.0)


def _stage(options: argparse.Namespace, model: str, objects: int, gpu: bool) -> Stage:
    light = gpu or model in LIGHT
    frames, rounds = (5, 2) if not light else LENGTHS.get(objects, (20, 2))
    if gpu:
        frames = 100
    frames, rounds = options.frames or frames, options.rounds or rounds
    # on a CPU a light model is the same in fast as in exact
    speeds = options.speed or SPEEDS[: 1 if model in LIGHT and not gpu else 2]
    variants = _variants(options, model, objects, speeds)
    inspected = tuple(v for n, v in enumerate(variants) if not _twin(v, variants[:n]))
    return Stage(model, objects, variants, inspected, frames, rounds, min(frames, 40))


def _variants(
    options: argparse.Namespace, model: str, objects: int, speeds: list[str] | tuple[str, ...]
) -> tuple[Variant, ...]:
    """Every view with every policy at every speed.

    Random weights run policy sam2: samurai's memory depends on scores, which are meaningless there.
        With weights, policy sam2 is timed beside samurai where its answers are those of
    the installed predictor: one object, whole frame.
    """
    random = options.random or not has_weights(model)
    found = []
    for whole in (False, True) if has_windows(model) else (False,):
        policies = ["sam2"] if random else ["samurai"]
        if not random and objects == 1 and (whole or not has_windows(model)):
            policies.append("sam2")
        found += [
            Variant(model, policy, whole, random, speed, options.device, options.dtype)
            for policy in options.policies or policies
            for speed in speeds
        ]
    return tuple(found)


def _twin(variant: Variant, others: tuple[Variant, ...]) -> bool:
    """Whether another variant differs only in the policy."""
    return any(
        (other.whole, other.speed) == (variant.whole, variant.speed)
        and other.policy != variant.policy
        for other in others
    )
