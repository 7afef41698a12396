"""`samurai doctor`: checks everything that a run needs, and says what to do about faults.

The checks are independent, and none needs the things that it checks: a missing torch is a line of
the report, not a crash. Only the last check starts the real tracker process and sends it one frame.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from samurai.cli.command import CHECKS, all_plugged_in, plugged_in
from samurai.cli.finding import INSTALL, Check, Finding, Level, report_line
from samurai.cli.installed import version_of
from samurai.cli.values import whole_number
from samurai.config import TrackerConfig
from samurai.config.text import add_flags
from samurai.errors import ConfigurationError

OLDEST_PYTHON = (3, 10)
PACKAGES = ("numpy", "pillow", "torch", "safetensors")
OPENCV_PACKAGES = (
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python-headless",
    "opencv-contrib-python",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--workspace",
        type=Path,
        metavar="DIR",
        help="check its sequences too (default: the current folder's)",
    )
    verify = "compare masks with the installed sam2's predictor, on this device, and nothing else"
    parser.add_argument("--verify", metavar="MODEL", help=verify)
    frames = "how many frames to compare (default: 30; 5 on a CPU)"
    parser.add_argument("--frames", type=whole_number(2), metavar="N", help=frames)
    group = parser.add_argument_group("with --verify, in place of the environment's")
    add_flags(group, TrackerConfig, ("device", "dtype", "speed"))


def run(parsed: argparse.Namespace) -> int:
    """Print a line per finding; returns 1 if something fails, else 0."""
    if parsed.verify:
        verify = plugged_in(CHECKS, "verify")
        if verify is None:
            raise ConfigurationError(f"--verify isn't installed. Remedy: {INSTALL}")
        return int(verify(parsed.verify, parsed.frames, parsed))
    return report(parsed.workspace)


def report(folder: Path | None = None) -> int:
    """Run all checks, and those of installed packages after ours.

    Args:
        folder: a workspace whose sequences are checked; without one the current folder is, if it
            is a workspace.
    """
    levels: Counter[Level] = Counter()

    def show(check: Check) -> None:
        for finding in _guarded(check, folder):
            print(report_line(finding), flush=True)
            levels[finding.level] += 1

    for check in (python, packages, plug_ins, opencv, sam2, device, weights):
        show(check)
    for check in all_plugged_in(CHECKS, "checks"):
        show(check)
    for check in all_plugged_in(CHECKS, "self-tests"):
        if levels["FAIL"]:
            skipped = "skipped: repair the failures above first"
            print(report_line(Finding("INFO", "self-test", skipped)))
        else:
            show(check)
    print(f"\n{_summary(levels)}")
    return int(levels["FAIL"] > 0)


def _summary(levels: Counter[Level]) -> str:
    """The summary line of a report."""
    failures, warnings = (f"{levels[level]} {level}" for level in ("FAIL", "WARN"))
    if levels["FAIL"]:
        return f"{failures}, {warnings}: do what the arrows say (->), then run this command again"
    if levels["WARN"]:
        return f"the tracker runs; {warnings}: see what the arrows say (->)"
    return "the tracker runs, and nothing is wrong"


def _guarded(check: Check, folder: Path | None) -> Iterator[Finding]:
    """A check's findings; an exception becomes a finding too."""
    try:
        yield from check(folder)
    except Exception as error:
        yield Finding("FAIL", check.__name__, f"{type(error).__name__}: {error}", INSTALL)


def python(_: Path | None = None) -> Iterator[Finding]:
    """The interpreter."""
    text = f"{platform.python_version()} at {sys.executable}, {platform.platform()}"
    if sys.version_info < OLDEST_PYTHON:
        yield Finding("FAIL", "python", text, "use Python 3.10 or newer")
    else:
        yield Finding("OK", "python", text)


def packages(_: Path | None = None) -> Iterator[Finding]:
    """Distributions without which nothing runs; `opencv` and `sam2` are checks of their own."""
    for name in PACKAGES:
        version = version_of(name)
        if version is None:
            yield Finding("FAIL", name, "not installed", INSTALL)
        else:
            yield Finding("OK", name, version)


def plug_ins(_: Path | None = None) -> Iterator[Finding]:
    """Whether the commands and checks of the VOT side can be found."""
    if plugged_in(CHECKS, "checks") is None:
        text = "the commands and checks of this package aren't registered: it isn't installed"
        yield Finding("FAIL", "plug-ins", text, INSTALL)


def opencv(_: Path | None = None) -> Iterator[Finding]:
    """Exactly one of the packages that install the module cv2; several overwrite each other."""
    found = [f"{name} {version}" for name in OPENCV_PACKAGES if (version := version_of(name))]
    # Without its dependencies, which could bring a numpy that other packages weren't built for.
    one = (
        "run `make setup` in the clone; outside of one, pip uninstall -y "
        f"{' '.join(OPENCV_PACKAGES)} && pip install --no-deps 'opencv-python-headless>=4.11'"
    )
    if len(found) != 1:
        yield Finding("FAIL", "opencv", ", ".join(found) or "not installed", one)
        return
    try:
        importlib.import_module("cv2")
    except ImportError as error:
        # opencv-python needs libGL, which servers and containers often lack.
        yield Finding("FAIL", "opencv", f"{found[0]} can't be imported: {error}", one)
    else:
        yield Finding("OK", "opencv", found[0])


def sam2(_: Path | None = None) -> Iterator[Finding]:
    """Where `samurai` and `sam2` come from."""
    try:
        samurai = importlib.import_module("samurai")
        package = importlib.import_module("samurai.networks.sam2.dependency").require_sam2()
    except ImportError as error:
        # The tracker's own message names the two commands that install sam2.
        yield Finding("FAIL", "sam2", str(error), "" if "pip install" in str(error) else INSTALL)
        return
    folder = Path(str(samurai.__file__)).parent
    yield Finding("OK", "samurai", f"{samurai.__version__} at {folder}")
    version = version_of("sam2") or version_of("SAM-2") or "of unknown version"
    if _editable("sam2") or _editable("SAM-2"):
        text = f"{version}, an editable clone at {package}: our bare folder sam2/ may hide it"
        yield Finding("WARN", "sam2", text, "install it as a package; the README has the commands")
    else:
        yield Finding("OK", "sam2", f"{version} at {package}")


def device(_: Path | None = None) -> Iterator[Finding]:
    """The device that the network will run on."""
    try:
        torch = importlib.import_module("torch")
    except ImportError as error:
        yield Finding("FAIL", "device", f"torch can't be imported: {error}", INSTALL)
        return
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        yield Finding("OK", "device", f"CUDA {torch.version.cuda}: {', '.join(names)}")
    elif torch.backends.mps.is_available():
        yield Finding("OK", "device", "MPS")
    elif shutil.which("nvidia-smi"):
        text = f"CPU only, although there is an NVIDIA driver (torch {torch.__version__})"
        yield Finding("WARN", "device", text, "install a CUDA build of torch that suits the driver")
    else:
        text = f"{_cpu()}; no GPU: all models but nano are slow without one"
        yield Finding("OK", "device", text)


def _cpu() -> str:
    """The processor as `SAMURAI_SPEED` sees it."""
    from samurai.runtime.cpu import usable_cores
    from samurai.speed import multiplies_bfloat16

    half = "with" if multiplies_bfloat16() else "without"
    return f"CPU, {usable_cores()} cores to use, {half} bfloat16 instructions"


def weights(_: Path | None = None) -> Iterator[Finding]:
    """The weights of every model of the manifest, and of a user's own card in SAMURAI_MODEL."""
    from samurai.models.manifest import (
        card_file,
        checkpoint_path,
        checkpoints_folder,
        model_card,
        model_names,
    )
    from samurai.networks.families import lacking

    absent, cards = [], [model_card(name) for name in model_names()]
    named = os.environ.get("SAMURAI_MODEL", "").strip()
    if card_file(named) is not None:
        try:
            cards.append(model_card(named))
        except ConfigurationError as error:
            yield Finding("FAIL", "weights", str(error), "correct the card or SAMURAI_MODEL")
    for card in cards:
        path = checkpoint_path(card)
        if path.is_file() and not card.has_length(path):
            text = f"{card.name}: {path} has {path.stat().st_size} bytes, not {card.bytes}"
            yield Finding("FAIL", "weights", text, card.replacement)
        elif path.is_file() and (lacks := lacking(card.network)) is not None:
            yield Finding("WARN", "weights", f"{card.name}: {path}, but {lacks[0]}", lacks[1])
        elif path.is_file():
            yield Finding("OK", "weights", f"{card.name}: {path}")
        elif card.page is not None:
            text = f"{card.name}: not here, and only needed by trackers that use it"
            yield Finding("INFO", "weights", text, card.remedy)
        elif card.url is None:
            yield Finding("FAIL", "weights", f"{card.name}: {path} is missing", card.remedy)
        else:
            absent.append(f"{card.name} ({card.bytes / 1e6:.0f} MB)")
    if absent:
        text = f"not downloaded, and only needed by trackers that use them: {', '.join(absent)}"
        remedy = f"`samurai download NAME` fetches one into {checkpoints_folder()}"
        yield Finding("INFO", "weights", text, remedy)


def _editable(package: str) -> bool:
    """Whether pip installed a package as a link to a working copy (PEP 610)."""
    try:
        text = metadata.distribution(package).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return False
    return bool(json.loads(text or "{}").get("dir_info", {}).get("editable"))
