"""Frames per second from an MP4 to an MP4 with masks, beside the tracker alone and beside the
same by the installed predictor and supervision."""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.speed.arithmetic import ratio
from benchmarks.speed.variant import Variant
from benchmarks.track.clips import back_and_forth, first_box, frames, write_clip
from samurai import Box, Tracker, TrackerConfig
from samurai.cli.track.command import AHEAD, add_arguments
from samurai.cli.track.inputs import opened
from samurai.cli.track.plan import plans
from samurai.cli.track.prompts import prompts_of
from samurai.cli.track.samurai_flags import translate
from samurai.cli.track.video import Run, track_video
from samurai.loading import load_tracker
from samurai.video.sources.base import Pixels
from samurai.video.sources.reading import ReadAheadSource

SIZE = (640, 480)


def measure(model: str, count: int, rounds: int) -> dict[str, Any]:
    """Seconds of every contestant in every round, in turns, and ratios to the tracker alone."""
    tracker = load_tracker(TrackerConfig(model=model))
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip, SIZE, count)
        box = first_box(SIZE)
        contestants: dict[str, Callable[[], float]] = {
            "tracker alone": lambda: seconds_alone(
                tracker, list(back_and_forth(frames(SIZE), count)), box
            ),
            "samurai track": lambda: _track(tracker, clip, box, count),
        }
        if _has_supervision():
            predictor = _predictor(model)
            contestants["predictor + supervision"] = lambda: _peer(predictor, clip, box)
        seconds: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(rounds):
            for name, run in contestants.items():
                seconds[name].append(run())
    alone = seconds["tracker alone"]
    return {
        "kind": "track-rate",
        "model": model,
        "frames": count,
        "size": SIZE,
        "rates": {name: [count / each for each in spent] for name, spent in seconds.items()},
        "of_tracker": {
            name: ratio(alone, spent) for name, spent in seconds.items() if spent is not alone
        },
    }


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    for name, rates in result["rates"].items():
        middle = statistics.median(rates)
        part = result["of_tracker"].get(name)
        share = (
            f"  {part['median']:.2f} of the tracker ({part['least']:.2f} to {part['most']:.2f})"
            if part
            else ""
        )
        print(f"{name:24} {middle:6.1f} frames/s ({min(rates):.1f} to {max(rates):.1f}){share}")


def seconds_alone(tracker: Tracker, shown: list[Pixels], box: Box) -> float:
    """Seconds of a session on frames that are in memory."""
    began = time.perf_counter()
    with tracker.session() as session:
        session.start(shown[0], {1: box})
        session.update_memory_async()
        for frame in shown[1:]:
            session.step(frame)
            session.update_memory_async()
    return time.perf_counter() - began


def _track(tracker: Tracker, clip: Path, box: Box, count: int) -> float:
    """What the command does once the model is loaded: decode, track, draw, encode, keep answers."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    prompt = f"1@0:{box.x},{box.y},{box.width},{box.height}"
    output = clip.with_name("tracked.mp4")
    parsed = parser.parse_args([str(clip), "--box", prompt, "-o", str(output), "--quiet"])
    translate(parsed)
    began = time.perf_counter()
    [plan] = plans(parsed)
    with ReadAheadSource(opened(plan.source, parsed), AHEAD) as source:
        track_video(
            plan,
            Run(parsed, "cpu", lambda: tracker, threading.Event()),
            source,
            prompts_of(parsed, source),
        )
    spent = time.perf_counter() - began
    output.unlink()
    return spent


def _has_supervision() -> bool:
    found = find_spec("supervision") is not None
    if not found:
        print("supervision isn't installed: the peer is left out")
    return found


def _predictor(model: str) -> Any:
    from benchmarks.speed.peers.sam2_predictor import _installed

    return _installed(Variant(model), "plain")


def _peer(predictor: Any, clip: Path, box: Box) -> float:
    """As its users do it: frames as JPEG files, all loaded, masks drawn and written as mp4v."""
    sv: Any = import_module("supervision")  # not among the pinned packages
    folder = clip.with_name("frames")
    output = clip.with_name("peer.mp4")
    began = time.perf_counter()
    with sv.ImageSink(str(folder), overwrite=True, image_name_pattern="{:05d}.jpg") as sink:
        for frame in sv.get_video_frames_generator(str(clip)):
            sink.save_image(frame)
    with torch.inference_mode():
        state = predictor.init_state(str(folder))
        mask = box.filled((SIZE[1], SIZE[0]))
        predictor.add_new_mask(state, 0, 1, torch.from_numpy(mask.array))
        annotator = sv.MaskAnnotator()
        info = sv.VideoInfo.from_video_path(str(clip))
        originals = sv.get_video_frames_generator(str(clip))
        with sv.VideoSink(str(output), info) as video:
            for (_, _, logits), frame in zip(
                predictor.propagate_in_video(state), originals, strict=True
            ):
                masks = (logits[:, 0] > 0).cpu().numpy()
                boxes = sv.mask_to_xyxy(masks)
                found = sv.Detections(xyxy=boxes, mask=masks, class_id=np.array([1]))
                video.write_frame(annotator.annotate(frame.copy(), found))
    spent = time.perf_counter() - began
    shutil.rmtree(folder)
    return spent
