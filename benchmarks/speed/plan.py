"""What is measured, in which order and how often: as told, or as suits a device."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.peers.catalogue import CATALOGUE
from benchmarks.speed.variant import Variant, has_weights, has_windows
from samurai.models.manifest import model_names
from samurai.policies import policy_names

SPEEDS = ("exact", "fast", "max")

LIGHT = ("nano",)
"""Models that a CPU runs in real time; the others take seconds per frame there."""

FULL_MEMORY = 16
"""Frames until everything that a network can attend to is there: SAM 2's object pointers."""


@dataclass(frozen=True)
class Stage:
    """One model and one number of objects.

    Attributes:
        variants: ways to run the tracker, which race each other and the peers.
        inspected: those of them whose parts are timed and whose calls are counted.
        frames, rounds: of the race.
        inspect_frames: how many frames are timed in parts.
        count_frames: how many more are counted.
    """

    model: str
    objects: int
    variants: tuple[Variant, ...]
    inspected: tuple[Variant, ...]
    frames: int
    rounds: int
    inspect_frames: int
    count_frames: int


@dataclass(frozen=True)
class Plan:
    """A whole run of the benchmark.

    Attributes:
        device: "cpu", "cuda" or another type that torch knows.
        size: width and height of the frames.
        peers: names of the peers that race.
        seconds: for the network alone, per model and number of objects.
    """

    device: str
    size: tuple[int, int]
    peers: tuple[str, ...]
    stages: tuple[Stage, ...]
    seconds: float


def add_options(parser: argparse.ArgumentParser) -> None:
    """The command line of a run."""
    parser.add_argument("--models", nargs="+", choices=model_names(), metavar="MODEL")
    parser.add_argument("--objects", nargs="+", type=int, metavar="N")
    parser.add_argument("--frames", type=int, help="per lap (default: by model and objects)")
    parser.add_argument("--rounds", type=int, help="laps of each contestant (likewise)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--dtype", default="auto", help="auto, float32, bfloat16 or float16")
    parser.add_argument("--speed", nargs="+", choices=SPEEDS, help="SAMURAI_SPEED")
    parser.add_argument("--policies", nargs="+", choices=policy_names(), metavar="POLICY")
    parser.add_argument("--size", type=frame_size, metavar="WxH", help="of the frames")
    parser.add_argument("--random", action="store_true", help="random weights in any case")
    parser.add_argument("--peers", nargs="+", choices=[peer.name for peer in CATALOGUE])
    parser.add_argument("--no-peers", dest="peers", action="store_const", const=[])
    parser.add_argument("--output", type=Path, help="folder of the results")


def frame_size(text: str) -> tuple[int, int]:
    """`640x480` as numbers."""
    width, separator, height = text.partition("x")
    if not separator or not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write it like 640x480")
    return int(width), int(height)


def plan_of(options: argparse.Namespace, device: str) -> Plan:
    """A plan for a type of device; what the options leave open suits that device."""
    gpu = device != "cpu"
    models = options.models or (["tiny", "large"] if gpu else ["nano", "tiny"])
    stages = [
        _stage(options, model, objects, tuple(options.speed or _speeds(model, gpu)), gpu)
        for model in models
        for objects in _objects(options, model, gpu)
    ]
    names = [peer.name for peer in CATALOGUE] if options.peers is None else options.peers
    size = options.size or ((1280, 720) if gpu else (640, 480))
    return Plan(device, size, tuple(names), tuple(stages), 3.0)


def _speeds(model: str, gpu: bool) -> tuple[str, ...]:
    """On a CPU a light model is the same in fast as in exact."""
    return SPEEDS[:1] if model in LIGHT and not gpu else SPEEDS[:2]


def _objects(options: argparse.Namespace, model: str, gpu: bool) -> list[int]:
    if options.objects:
        return list(options.objects)
    return [1, 4, 16] if gpu or model in LIGHT else [1]


def _stage(
    options: argparse.Namespace, model: str, objects: int, speeds: tuple[str, ...], gpu: bool
) -> Stage:
    light = gpu or model in LIGHT
    frames = options.frames or (_lap_length(objects, gpu) if light else 5)
    variants = _variants(options, model, objects, speeds)
    return Stage(
        model,
        objects,
        variants,
        tuple(variant for variant in variants if not _twin(variant, variants)),
        frames,
        options.rounds or (_rounds(objects) if light else 2),
        min(frames, 40) if light else frames,
        4 if light else 1,
    )


def _lap_length(objects: int, gpu: bool) -> int:
    if gpu:
        return 100
    return {1: 50, 4: 30}.get(objects, 20)


def _rounds(objects: int) -> int:
    return {1: 5, 4: 3}.get(objects, 2)


def _variants(
    options: argparse.Namespace, model: str, objects: int, speeds: tuple[str, ...]
) -> tuple[Variant, ...]:
    """Every view with every policy at every speed.

    Random weights run policy sam2: what samurai keeps in memory depends on scores, which mean
    nothing there. With weights, policy sam2 races beside samurai where its answers are those of
    the installed predictor: one object, whole frame.
    """
    random = options.random or not has_weights(model)
    found = []
    for whole in (False, True) if has_windows(model) else (False,):
        policies = ["sam2"] if random else ["samurai"]
        if not random and objects == 1 and (whole or not has_windows(model)):
            policies.append("sam2")
        for policy in options.policies or policies:
            for speed in speeds:
                found.append(
                    Variant(model, policy, whole, random, speed, options.device, options.dtype)
                )
    return tuple(found)


def _twin(variant: Variant, variants: tuple[Variant, ...]) -> bool:
    """Whether another one differs in nothing but the policy, and is inspected already."""
    for other in variants[: variants.index(variant)]:
        same_view = (other.whole, other.speed) == (variant.whole, variant.speed)
        if same_view and other.policy != variant.policy:
            return True
    return False
