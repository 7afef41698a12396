"""`samurai doctor --verify MODEL`: the installed predictor and this tracker, side by side.

On this machine, with this model's weights, device, precision and speed. Exit code 1 if their masks
don't agree well enough, or if there are none.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from samurai.cli.finding import Finding, report_line
from samurai.config.text import from_flags
from samurai.errors import CheckpointError, ConfigurationError, DeviceError, SamuraiError
from samurai.models.manifest import ModelCard, checkpoint_path, model_card
from vot_wrapper.settings import Settings, read_settings
from vot_wrapper.toolkit import bundled

if TYPE_CHECKING:
    import torch

    from samurai.regions import Box
    from samurai.speed import Speed
    from samurai.verification import Agreement, Run

SEQUENCE = "deformation"
"""A bundled sequence whose object changes its shape in every frame."""

FRAMES, FRAMES_ON_CPU = 30, 5
SHORTEST = 2
"""The prompt frame needs no memory; the next one is the first that uses every part."""


def run(model: str, frames: int | None = None, flags: argparse.Namespace | None = None) -> int:
    """Print the comparison line by line; returns 1 unless the masks agree.

    Device, precision and speed are those of the flags, else of the environment, as for a tracker
    process.

    Args:
        model: a name of the manifest, or the path of a model card.
        frames: how many to compare; 30 if not given, 5 on a CPU.
        flags: parsed, see `config_text.add_flags`.

    Raises:
        ConfigurationError: no such model, a setting that isn't allowed, or too few frames.
        CheckpointError: the weights are missing or damaged; the message says what to do.
        DeviceError: the device can't run the model, or the installed predictor fails on it.
    """
    card, settings = model_card(model), read_settings(os.environ)
    settings = from_flags(settings, flags) if flags is not None else settings
    path = checkpoint_path(card)
    if not path.is_file():  # before the slow imports
        raise CheckpointError(f"model {card.name}: there is no file {path}; {card.remedy}")
    from samurai.speed import keep_compiled

    keep_compiled(os.environ)
    from samurai.runtime.device import resolve_device
    from samurai.runtime.precision import resolve_dtype, warn_of_emulation

    device = resolve_device(settings.device)
    dtype = resolve_dtype(settings.dtype, device)
    warn_of_emulation(dtype, device)
    _print_line("model", f"{card.name}: {path}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if frames is None:
            frames = FRAMES_ON_CPU if device.type == "cpu" else FRAMES
        box = _video(folder, frames)
        expected = _installed(card, folder, box, device, dtype)
        ours, speed = _ours(card, folder, box, device, settings)
    from samurai.verification import compare

    return _report_agreement(compare(expected.masks, ours.masks), speed)


def bundled_sequence() -> Path:
    """The folder of the sequence.

    Raises:
        ConfigurationError: the installation is incomplete.
    """
    return bundled.source() / "sequences" / SEQUENCE


def _video(folder: Path, count: int) -> Box:
    """Copies the first frames into a folder, named as the predictor expects; returns the prompt
    box."""
    from samurai.regions import Box

    sequence = bundled_sequence()
    paths = sorted((sequence / "color").glob("*.jpg"))
    if not SHORTEST <= count <= len(paths):
        raise ConfigurationError(
            f"--frames {count} is not allowed: it must be {SHORTEST} to {len(paths)}"
        )
    for number, path in enumerate(paths[:count]):
        shutil.copyfile(path, folder / f"{number:05d}.jpg")
    with (sequence / "groundtruth.txt").open(encoding="utf-8") as truth:
        # a run-length encoded mask begins with its box
        left, top, width, height = truth.readline().removeprefix("m").split(",")[:4]
    _print_line("video", f"{SEQUENCE}, {count} frames: the whole of each, the box as two points")
    return Box(float(left), float(top), float(width), float(height))


def _installed(
    card: ModelCard, folder: Path, box: Box, device: torch.device, dtype: torch.dtype
) -> Run:
    """The installed predictor's run; its memory is freed afterwards."""
    from samurai.core.warm_up import reason
    from samurai.runtime.threads import set_thread_count
    from samurai.verification import load_predictor, predictor_name, run_predictor

    try:
        predictor = load_predictor(card, device)
        set_thread_count(predictor.image_size, os.environ)
        name = predictor_name(predictor)
        _print_line("installed", f"{name} on {_place(device)}, {_short(dtype)}")
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bars
            made = run_predictor(predictor, folder, box, dtype)
    except SamuraiError:
        raise
    except Exception as error:  # any error of another package or of the device
        raise DeviceError(
            f"the installed predictor itself fails on {device} ({reason(error)}): try another "
            "SAMURAI_DEVICE, or install its package and torch again"
        ) from error
    _print_line("", _cost(made))
    return made


def _ours(
    card: ModelCard, folder: Path, box: Box, device: torch.device, settings: Settings
) -> tuple[Run, Speed]:
    """This tracker's run, and its speed: `exact` if the configured one failed."""
    from samurai.core.warm_up import release
    from samurai.verification import load_tracker, read_frames, run_tracker

    release(device)
    tracker = load_tracker(card, settings.device, settings.dtype, settings.speed)
    tracker.warm_up()
    speed = tracker.speed
    asked = "" if speed == settings.speed else f" ({settings.speed} failed, see the log line)"
    where = f"{_place(device)}, {_short(tracker.network.dtype)}"
    _print_line("samurai", f"policy sam2 on {where}, speed {speed}{asked}")
    made = run_tracker(tracker, read_frames(folder), box)
    _print_line("", _cost(made))
    return made, speed


def _report_agreement(agreement: Agreement, speed: Speed) -> int:
    """The last lines, and the exit code."""
    from samurai.verification import REQUIRED_IOU

    required = REQUIRED_IOU[speed]
    _print_line("masks", f"{agreement.equal} of {agreement.frames} frames equal in every pixel")
    _print_line("", f"{agreement.filled} of {agreement.frames} frames with an object in both")
    _print_line("", f"IoU at worst {agreement.worst:.4f}, in frame {agreement.worst_frame}")
    mean = f"mean IoU {agreement.mean:.4f}, {required} needed in {speed}"
    if agreement.suffices(speed):
        _print_line("agreement", mean)
        return 0
    if not agreement.filled:
        mean = "no frame has an object in both, so nothing was compared"
    remedy = (
        "don't trust results of this installation: report these lines as an issue, with the output "
        "of `samurai doctor`"
    )
    if speed != "exact":
        remedy = f"use SAMURAI_SPEED=exact and verify that; {remedy}"
    print(report_line(Finding("FAIL", "agreement", mean, remedy)))
    return 1


def _print_line(subject: str, text: str) -> None:
    print(report_line(Finding("OK", subject, text)), flush=True)


def _cost(run: Run) -> str:
    memory = "not measured here" if run.memory is None else f"{run.memory / 2**20:,.0f} MiB"
    return f"{1 / run.seconds:.1f} frames per second, peak memory {memory}"


def _place(device: torch.device) -> str:
    """A device with its name, or with the number of CPU threads."""
    import torch

    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"cpu with {threads} thread{'s' if threads > 1 else ''}"
    if device.type != "cuda":
        return str(device)
    return f"{device} ({torch.cuda.get_device_name(device)})"


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
