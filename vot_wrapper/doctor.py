"""`samurai doctor`: is everything there that a run needs, and if not, what is to be done?

Every check stands alone, and none needs the things that it checks: a missing torch is a line of the
report, not a crash. Only the last check starts the real tracker process and sends it one frame.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vot_wrapper import bundled

if TYPE_CHECKING:
    from vot_wrapper.sections import Fault, Section

Level = Literal["OK", "INFO", "WARN", "FAIL"]

OLDEST_PYTHON = (3, 10)
INSTALL = "run `make setup` in the clone; outside of one, install the package again"
PACKAGES = ("numpy", "pillow", "torch", "safetensors", "vot-trax", "vot-toolkit", "attributee")
OPENCV_PACKAGES = (
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python-headless",
    "opencv-contrib-python",
)
TOOLKIT_SERIES = "0.9."
BROKEN_ATTRIBUTEE = "0.1.10"
TOOLKIT_IMPORT_SECONDS = 120


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    `level` is INFO for what isn't there and needn't be; `remedy` says what to do, or what can be
    done.
    """

    level: Level
    subject: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f"\n{'':17}-> {self.remedy}" if self.remedy else ""
        return f"{self.level:4} {self.subject:11} {self.text}{remedy}"


Check = Callable[[], Iterator[Finding]]


def run(folder: Path | None = None) -> int:
    """Print a line per finding; returns 1 if something fails, else 0.

    Args:
        folder: a workspace whose sequences are checked; without one the current folder is, if it
            is a workspace.
    """
    levels: Counter[Level] = Counter()

    def sequences() -> Iterator[Finding]:
        """The data of the workspace."""
        return workspace(folder)

    def show(check: Check) -> None:
        for finding in _guarded(check):
            print(finding, flush=True)
            levels[finding.level] += 1

    checks = (python, packages, opencv, toolkit, sam2, device, weights, settings, trackers_ini)
    for check in (*checks, sequences):
        show(check)
    if levels["FAIL"]:
        print(Finding("INFO", "self-test", "skipped: repair the failures above first"))
    else:
        show(self_test)
    print(f"\n{_summary(levels)}")
    return int(levels["FAIL"] > 0)


def _summary(levels: Counter[Level]) -> str:
    """The report in a sentence."""
    failures, warnings = (f"{levels[level]} {level}" for level in ("FAIL", "WARN"))
    if levels["FAIL"]:
        return f"{failures}, {warnings}: do what the arrows say (->), then run this command again"
    if levels["WARN"]:
        return f"the tracker runs; {warnings}: see what the arrows say (->)"
    return "the tracker runs, and nothing is wrong"


def _guarded(check: Check) -> Iterator[Finding]:
    """A check's findings; whatever it raises is a finding too."""
    try:
        yield from check()
    except Exception as error:
        yield Finding("FAIL", check.__name__, f"{type(error).__name__}: {error}", INSTALL)


def python() -> Iterator[Finding]:
    """The interpreter."""
    text = f"{platform.python_version()} at {sys.executable}, {platform.platform()}"
    if sys.version_info < OLDEST_PYTHON:
        yield Finding("FAIL", "python", text, "use Python 3.10 or newer")
    else:
        yield Finding("OK", "python", text)


def packages() -> Iterator[Finding]:
    """What must be installed, and the versions that are known to be broken."""
    for name in PACKAGES:
        version = _version(name)
        if version is None:
            yield Finding("FAIL", name, "not installed", INSTALL)
        elif name == "attributee" and version == BROKEN_ATTRIBUTEE and sys.version_info >= (3, 11):
            text = f"{version} makes vot-toolkit fail at import on Python 3.11 and newer"
            yield Finding("FAIL", name, text, "pip install attributee==0.1.9")
        elif name == "vot-toolkit" and not version.startswith(TOOLKIT_SERIES):
            text = f"{version}; our experiments are made for {TOOLKIT_SERIES}x"
            yield Finding("WARN", name, text, "pip install 'vot-toolkit>=0.9.0,<0.10'")
        else:
            yield Finding("OK", name, version)


def opencv() -> Iterator[Finding]:
    """Exactly one of the packages that install the module cv2; several overwrite each other."""
    found = [f"{name} {version}" for name in OPENCV_PACKAGES if (version := _version(name))]
    # Without its dependencies: a numpy that the other packages weren't made for mustn't come along.
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


def toolkit() -> Iterator[Finding]:
    """Does the toolkit start? (In a process of its own: only the plug-ins import it.)"""
    command = [sys.executable, "-c", "import vot, vot.tracker.trax"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TOOLKIT_IMPORT_SECONDS)
    if done.returncode == 0:
        yield Finding("OK", "import vot", "works: vot-toolkit can be used")
    else:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        yield Finding("FAIL", "import vot", reason, INSTALL)


def sam2() -> Iterator[Finding]:
    """Where `samurai` and `sam2` come from."""
    try:
        samurai = importlib.import_module("samurai")
        package = importlib.import_module("samurai.networks.sam2.dependency").require_sam2()
    except ImportError as error:
        # The tracker's own message names the two commands that install sam2.
        yield Finding("FAIL", "sam2", str(error), "" if "pip install" in str(error) else INSTALL)
        return
    folder = Path(str(samurai.__file__)).parent
    clone = bundled.unused_clone()
    if clone is None:
        yield Finding("OK", "samurai", f"{samurai.__version__} at {folder}")
    else:
        text = f"{samurai.__version__} at {folder}, which is not the clone you are in ({clone})"
        yield Finding("WARN", "samurai", text, "to use the clone: make setup, .venv/bin/samurai")
    version = _version("sam2") or _version("SAM-2") or "of unknown version"
    if _editable("sam2") or _editable("SAM-2"):
        text = f"{version}, an editable clone at {package}: our bare folder sam2/ may hide it"
        yield Finding("WARN", "sam2", text, "install it as a package; the README has the commands")
    else:
        yield Finding("OK", "sam2", f"{version} at {package}")


def device() -> Iterator[Finding]:
    """What the network will run on."""
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
        text = f"{_cpu()}; there is no GPU, which every model but nano wants"
        yield Finding("OK", "device", text)


def _cpu() -> str:
    """The processor as `SAMURAI_SPEED` sees it."""
    from samurai.runtime.cpu import usable_cores
    from samurai.speed import multiplies_bfloat16

    half = "with" if multiplies_bfloat16() else "without"
    return f"CPU, {usable_cores()} cores to use, {half} bfloat16 instructions"


def weights() -> Iterator[Finding]:
    """The weights of every model of the manifest, and of one's own that this shell names."""
    from samurai.errors import ConfigurationError
    from samurai.models.manifest import (
        card_file,
        checkpoint_path,
        checkpoints_folder,
        model_card,
        model_names,
    )

    absent, cards = [], [model_card(name) for name in model_names()]
    named = os.environ.get("SAMURAI_MODEL", "").strip()
    if card_file(named) is not None:
        try:
            cards.append(model_card(named))
        except ConfigurationError as error:
            yield Finding("FAIL", "weights", str(error), "correct the card or SAMURAI_MODEL")
    for card in cards:
        path = checkpoint_path(card)
        if path.is_file() and path.stat().st_size != card.bytes:
            text = f"{card.name}: {path} has {path.stat().st_size} bytes, not {card.bytes}"
            yield Finding("FAIL", "weights", text, card.replacement)
        elif path.is_file():
            yield Finding("OK", "weights", f"{card.name}: {path}")
        elif card.url is None:
            yield Finding("FAIL", "weights", f"{card.name}: {path} is missing", card.remedy)
        else:
            absent.append(f"{card.name} ({card.bytes / 1e6:.0f} MB)")
    if absent:
        text = f"not downloaded, and only needed by trackers that use them: {', '.join(absent)}"
        remedy = f"`samurai download NAME` fetches one into {checkpoints_folder()}"
        yield Finding("INFO", "weights", text, remedy)


def settings() -> Iterator[Finding]:
    """The SAMURAI_* variables of this shell."""
    from samurai.errors import ConfigurationError
    from vot_wrapper.settings import (
        given_variables,
        misspelt,
        read_settings,
        refuse_misspelt,
        unknown_variables,
    )

    given = given_variables(os.environ)
    try:
        refuse_misspelt(os.environ)
        read_settings(os.environ)
        text = " ".join(f"{name}={shlex.quote(value)}" for name, value in given.items())
        held = f"{text}, and defaults else" if given else "defaults: no SAMURAI_* variable is set"
        yield Finding("OK", "settings", f"{held} (`samurai serve --help` lists all)")
    except ConfigurationError as error:
        yield Finding("FAIL", "settings", str(error), "correct or unset the variable")
    others = {name: value for name, value in os.environ.items() if misspelt(name) is None}
    for warning in unknown_variables(others):
        yield Finding("WARN", "settings", warning, "unset it, unless another program reads it")


def trackers_ini() -> Iterator[Finding]:
    """Every section of the registries that hold here: interpreters, settings and weights."""
    from vot_wrapper.sections import registries, sections_of

    ours = bundled.clone() or bundled.user_workspace()
    files = registries(Path.cwd(), ours / "trackers.ini")
    if not files:
        yield Finding("OK", "trackers", "no trackers.ini here or above")
    for file in files:
        yield from _section_findings(file, sections_of(file))


def _section_findings(file: Path, sections: Sequence[Section]) -> Iterator[Finding]:
    """The sections of a registry: sound ones, those that wait for a download, and what is wrong.

    The same fault of several ones is one finding.
    """
    from vot_wrapper.sections import Fault, faults

    found: dict[Fault, list[str]] = {}
    sound = []
    for section in sections:
        python = str(section.rest.get("python") or "")
        wrong = faults(section)
        if python and not _executable(python):
            remedy = "write its absolute path, or drop the line: then the toolkit's own is used"
            wrong.append(Fault(f"there is no interpreter at {python}", remedy))
        for fault in wrong:
            found.setdefault(fault, []).append(section.identifier)
        sound += [] if wrong else [section.identifier]
    if sound or not sections:
        yield Finding("OK", "trackers", f"{file}: {', '.join(sound) or 'no trackers'}")
    yield from _waiting(file, {fault: owners for fault, owners in found.items() if fault.model})
    for fault, owners in found.items():
        if not fault.model:
            names = ", ".join(f"[{owner}]" for owner in owners)
            if len(owners) == len(sections) > 1:
                names = f"all {len(sections)} sections"
            text = f"{file}, {names}: {fault.what}"
            yield Finding("WARN" if fault.absent else "FAIL", "trackers", text, fault.remedy)


def _waiting(file: Path, found: dict[Fault, list[str]]) -> Iterator[Finding]:
    """Sections that only wait for a download, in a finding per folder that it belongs in."""
    folders: dict[Path | None, list[str]] = {}
    for fault, owners in found.items():
        folders.setdefault(fault.folder, []).append(f"{fault.model} (for {', '.join(owners)})")
    for folder, waiting in folders.items():
        text = f"{file}: weights that aren't there yet: {', '.join(waiting)}"
        remedy = f"`samurai download NAME` fetches weights; these belong in {folder}"
        yield Finding("INFO", "trackers", text, remedy)


def workspace(folder: Path | None) -> Iterator[Finding]:
    """The sequences of a workspace, as its experiments need them."""
    if folder is None and not (Path.cwd() / "config.yaml").is_file():
        text = "the current folder is none; --workspace FOLDER checks the sequences of one"
        yield Finding("INFO", "workspace", text)
        return
    from samurai.errors import ConfigurationError
    from vot_wrapper.toolkit.workspaces import check_folder

    place = (folder or Path.cwd()).expanduser().resolve()
    try:
        findings = check_folder(place)
    except ConfigurationError as error:
        yield Finding("FAIL", "workspace", str(error))
        return
    for finding in findings:
        level: Level = "WARN" if finding.warning else "FAIL"
        yield Finding(level, "workspace", f"{finding.where}: {finding.what}", finding.remedy)
    if not findings:
        yield Finding("OK", "workspace", f"{place}: its sequences are fit for its experiments")


def self_test() -> Iterator[Finding]:
    """Start the tracker process as the toolkit does, and have it answer one frame."""
    from vot_wrapper.first_frame import first_frame

    answered, text = first_frame()
    yield Finding("OK" if answered else "FAIL", "self-test", text)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _editable(package: str) -> bool:
    """Whether pip installed a package as a link to a working copy (PEP 610)."""
    try:
        text = metadata.distribution(package).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return False
    return bool(json.loads(text or "{}").get("dir_info", {}).get("editable"))


def _executable(path: str) -> bool:
    path = os.path.expandvars(path)
    return os.path.isabs(path) and os.access(path, os.X_OK)
