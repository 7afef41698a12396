"""One video through the installed predictor and through this tracker: comparison of their masks.

Both get the same weights, the whole frame, and a box as two corner points; memory policy `sam2`
then does what the installed package's `SAM2VideoPredictor` does, or the inference session of
transformers for its models, which is given our resized frames. `samurai doctor --verify` runs it on
the user's own device.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from samurai.config import WHOLE, TrackerConfig
from samurai.core.preprocess import network_input
from samurai.errors import ConfigurationError
from samurai.models.checkpoints import load_model
from samurai.models.manifest import ModelCard
from samurai.networks.base import CORNER_LABELS
from samurai.networks.families import SAM2, create_network, family_of
from samurai.regions import Box
from samurai.speed import Speed
from samurai.tracker import Tracker

PREDICTOR = {
    "_target_": "sam2.sam2_video_predictor.SAM2VideoPredictor",
    "binarize_mask_from_pts_for_mem_enc": True,
}
"""Changes of `build_sam2_video_predictor` to a configuration, beside the stability fallback that
`build_model` adds. It also fills small holes where sam2's CUDA extension is built: not done here,
because a policy must see the network's own masks."""

REQUIRED_IOU: dict[Speed, float] = {"exact": 0.99, "fast": 0.95, "max": 0.95}
"""The mean mask IoU below which a speed doesn't agree with the installed predictor."""


@dataclass(frozen=True)
class Run:
    """The masks of one of the two, with time and memory.

    Attributes:
        masks: boolean (T, H, W), one per frame.
        seconds: the median time of a frame, the first one left out; nan if there is no other.
        memory: the peak in bytes, of the device's allocations or, on a CPU, of the whole process;
            None where it can't be measured.
    """

    masks: NDArray[np.bool_]
    seconds: float
    memory: int | None


@dataclass(frozen=True)
class Agreement:
    """The agreement of two runs' masks.

    Attributes:
        mean: of the masks' intersection over union, over frames in which either has a mask; 0 if
            there is none.
        worst: the smallest of them.
        worst_frame: where that is, from 0.
        equal: frames whose masks are equal in every pixel.
        filled: frames in which both masks have pixels.
        frames: of the video.
    """

    mean: float
    worst: float
    worst_frame: int
    equal: int
    filled: int
    frames: int

    def suffices(self, speed: Speed) -> bool:
        """Whether the runs agree well enough for that speed, and any frame had masks."""
        return self.filled > 0 and self.mean >= REQUIRED_IOU[speed]


def compare(expected: NDArray[np.bool_], masks: NDArray[np.bool_]) -> Agreement:
    """Compares masks (T, H, W), frame by frame.

    Raises:
        ConfigurationError: they are of different shapes, or there are none.
    """
    if expected.shape != masks.shape or not len(masks):
        raise ConfigurationError(
            f"masks of shapes {expected.shape} and {masks.shape} can't be compared: both runs "
            "must have answered every frame of one video"
        )
    pixels = (1, 2)
    unions = (expected | masks).sum(pixels)
    ious = (expected & masks).sum(pixels) / np.maximum(unions, 1)
    counted = np.flatnonzero(unions)
    worst = int(counted[ious[counted].argmin()]) if len(counted) else 0
    return Agreement(
        mean=float(ious[counted].mean()) if len(counted) else 0.0,
        worst=float(ious[worst]),
        worst_frame=worst,
        equal=int((expected == masks).all(pixels).sum()),
        filled=int((expected.any(pixels) & masks.any(pixels)).sum()),
        frames=len(masks),
    )


def load_predictor(card: ModelCard, device: torch.device) -> Any:
    """The installed package's video predictor with a model's weights, as sam2 itself builds it; for
    other networks the model of transformers.

    Raises:
        CheckpointError, ConfigurationError, DependencyError: as `load_model`.
    """
    changes = PREDICTOR if card.network == SAM2 else None
    return load_model(card, changes=changes).to(device)


def predictor_name(predictor: Any) -> str:
    """What runs the video, with its package and version."""
    name = type(predictor).__name__
    if family_of(predictor) == SAM2:
        return f"{name} of sam2 {_version('sam2', 'SAM-2')}"
    return f"{name} of transformers {_version('transformers')}"


def _version(*distributions: str) -> str:
    for name in distributions:
        with suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return "of unknown version"


def load_tracker(card: ModelCard, device: str, dtype: str, speed: str) -> Tracker:
    """The tracker that must agree with the predictor: no window, corner points, policy `sam2`."""
    config = TrackerConfig(
        policy="sam2",
        device=device,
        dtype=dtype,
        speed=speed,
        box_prompt="points",
        window=WHOLE,
    )
    return Tracker(load_model(card), config, card)


def run_predictor(predictor: Any, folder: Path, box: Box, dtype: torch.dtype) -> Run:
    """A video through a `SAM2VideoPredictor`, or through a model of transformers.

    Args:
        folder: holds the frames as numbered files `00000.jpg`, ..., and nothing else.
        box: the object in the first frame.
        dtype: float32, or what autocast casts to.
    """
    device = next(predictor.parameters()).device
    corners = np.array([[box.x, box.y], [box.x + box.width, box.y + box.height]], np.float32)
    masks_of = _sam2_masks if family_of(predictor) == SAM2 else _transformers_masks
    with _autocast(device, dtype):
        return _measured(masks_of(predictor, folder, corners), device)


def _sam2_masks(
    predictor: Any, folder: Path, corners: NDArray[np.float32]
) -> Iterator[NDArray[np.bool_]]:
    state = predictor.init_state(str(folder))
    predictor.add_new_points_or_box(state, 0, 0, box=corners.flatten())
    for _, _, logits in predictor.propagate_in_video(state):
        yield (logits[0, 0] > 0).cpu().numpy()


def _transformers_masks(
    model: Any, folder: Path, corners: NDArray[np.float32]
) -> Iterator[NDArray[np.bool_]]:
    from samurai.networks.transformers_video.installed import InstalledSession

    frames = read_frames(folder)
    height, width = size = (frames[0].shape[0], frames[0].shape[1])
    device = next(model.parameters()).device
    network = create_network(model, device, "float32", "exact")
    session = InstalledSession(model, size)
    points = torch.from_numpy(corners) / torch.tensor([width, height]) * network.spec.input_size
    labels = torch.tensor([CORNER_LABELS], dtype=torch.int32)
    session.add_points(0, points[None].to(device), labels.to(device))
    for frame in frames:
        logits = session.step(network_input(frame, None, network))
        full = F.interpolate(logits[None].float(), size, mode="bilinear", align_corners=False)
        yield (full[0, 0] > 0).cpu().numpy()


def run_tracker(tracker: Tracker, frames: Sequence[NDArray[np.uint8]], box: Box) -> Run:
    """A video of RGB frames (H, W, 3) through a tracker."""

    def masks() -> Iterator[NDArray[np.bool_]]:
        with tracker.session() as session:
            for number, frame in enumerate(frames):
                answers = session.step(frame) if number else session.start(frame, [box])
                yield answers[0].mask

    return _measured(masks(), tracker.network.device)


def frame_paths(folder: Path) -> list[Path]:
    """The frames that the predictor reads from a folder, in its order."""
    return sorted(folder.glob("*.jpg"))


def read_frames(folder: Path) -> list[NDArray[np.uint8]]:
    """Them as RGB, decoded as the predictor decodes them."""
    frames = []
    for path in frame_paths(folder):
        with Image.open(path) as image:
            frames.append(np.array(image.convert("RGB"), np.uint8))
    return frames


def _autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[object]:
    return nullcontext() if dtype == torch.float32 else torch.autocast(device.type, dtype=dtype)


def _measured(masks: Iterator[NDArray[np.bool_]], device: torch.device) -> Run:
    """Collects masks, which are on the host and so wait for the device."""
    peak = _peak_meter(device)
    collected, times = [], [time.perf_counter()]
    for mask in masks:
        collected.append(mask)
        times.append(time.perf_counter())
    seconds = float(np.median(np.diff(times)[1:])) if len(times) > 2 else float("nan")
    return Run(np.stack(collected), seconds, peak())


def _peak_meter(device: torch.device) -> Callable[[], int | None]:
    """Start measuring memory; the returned function gives the peak in bytes since then."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return lambda: torch.cuda.max_memory_allocated(device)
    own = Path("/proc/self")  # Linux
    try:
        (own / "clear_refs").write_text("5")  # forgets the peak so far
    except OSError:
        return lambda: None
    return lambda: _resident_peak((own / "status").read_text()) if device.type == "cpu" else None


def _resident_peak(status: str) -> int | None:
    """The peak of a process's resident memory, of the text that Linux has about it."""
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
