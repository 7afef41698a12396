"""Set up `.venv` with the pinned packages of the lock files and with this project, editable.

`make setup` calls it, and so do `make evaluate` and `make test`; `python3 install.py` is the same.
`python3 install.py distributed raft` (`make setup EXTRAS="distributed raft"`) adds extras of
setup.cfg and remembers them. A second run without changes ends at once; a killed run is completed;
damage by a `pip install` in between is repaired.

`.venv` is made with the interpreter that runs this file. The file needs nothing but the standard
library and parses on Python 3.6, so that an unsuitable interpreter gets a message instead of a
traceback.
"""

import configparser
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

OLDEST, NEWEST = (3, 10), (3, 14)
if os.name != "posix" or not OLDEST <= sys.version_info[:2] <= NEWEST:
    sys.exit(
        "setup: Python {}.{} on {} is not supported. Remedy: install one of Python 3.10 "
        "to 3.14 on Linux or macOS and name it, for example: make setup PYTHON=python3.12".format(
            *sys.version_info[:2], sys.platform
        )
    )

PYTHON = (sys.version_info[0], sys.version_info[1])
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STATE = VENV / "setup.json"
LOG = VENV / "setup.log"
BASE_PYTHON = VENV / "base-python"  # holds the interpreter's path; the Makefile prefers it
SITE = VENV / "lib" / "python{}.{}".format(*PYTHON) / "site-packages"
LOCK = ROOT / "requirements.lock"
CUDA_LOCK = ROOT / "requirements-cuda.lock"

# The order of the steps: sam2's build imports torch, and every source build the tools.
PROJECT_FILES = ("setup.cfg", "setup.py", "pyproject.toml", "sam2/samurai/version.py")
STEPS = ("venv", "tools", "torch", "cuda", "rest", "sam2", "project", "extras", "check")
TOOLS = ("packaging", "pip", "setuptools", "wheel")
PIN = re.compile(r'([\w.-]+)==([\w.]+)(?:; python_version (<|>=) "3\.(\d+)")?')
OPENCV = "opencv-python-headless"
# They install the same module as OPENCV, over its files.
OTHER_OPENCVS = ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless")
# Variables that would redirect pip's work, or Python's imports, away from .venv.
MISLEADING = ("PYTHONHOME", "PYTHONPATH", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET")
NO_NETWORK = re.compile(
    r"Failed to establish a new connection|NewConnectionError|NameResolutionError"
    r"|Temporary failure in name resolution|Network is unreachable|Connection refused"
    r"|Max retries exceeded|ProxyError|SSLError|ConnectTimeout|ReadTimeout|Read timed out"
    r"|Connection broken|ConnectionResetError"
)


class SetupError(Exception):
    """Setup failed. The text is one line with cause and remedy."""


class Console:
    """One line per step; on a terminal that line also shows pip's progress."""

    def __init__(self) -> None:
        self.live = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.title = ""

    def say(self, text: str) -> None:
        """Print one line."""
        print("setup: " + text, flush=True)

    @contextlib.contextmanager
    def step(self, number: int, title: str) -> Iterator[None]:
        """Print a step with its number, and its duration (seconds) when it ends."""
        self.title = f"setup: [{number}/{len(STEPS)}] {title}"
        started = time.monotonic()
        print(self.title, end="", flush=True)
        try:
            yield
            self.show("")
            print(f"  {time.monotonic() - started:.0f} s", flush=True)
        except BaseException:
            print(flush=True)
            raise

    def show(self, detail: str) -> None:
        """Show pip's newest line behind the step's title, on a terminal."""
        if self.live:
            line = self.title + ("  " + detail.strip() if detail else "")
            print("\r\033[K" + line[: shutil.get_terminal_size().columns - 1], end="", flush=True)


class State:
    """The record of finished steps, stored in `.venv` so that the next run continues there.

    `environment` and `project` are fingerprints of the finished steps' inputs; `running` is a step
    that was begun and neither ended nor failed: after a kill its packages may look installed and be
    incomplete.
    """

    def __init__(self) -> None:
        self.environment = self.project = self.running = ""
        self.done: list[str] = []
        self.extras: list[str] = []

    @classmethod
    def read(cls) -> "State":
        """Return the record, or an empty one if nothing was begun; SetupError: not our `.venv`."""
        state = cls()
        if VENV.is_symlink():
            raise SetupError(
                f"{VENV} is a link to {os.path.realpath(str(VENV))}, which setting up could empty. "
                "Remedy: remove the link, then run the same command again."
            )
        if STATE.is_file():
            state.__dict__.update(json.loads(STATE.read_text(encoding="utf-8")))
        elif VENV.is_dir() and any(VENV.iterdir()):
            raise SetupError(
                f"{VENV} was not made by install.py. Remedy: move it away or delete it, then run "
                "the same command again."
            )
        return state

    def write(self) -> None:
        """Replace the record in one move, so that a kill leaves the old one or the new one."""
        VENV.mkdir(exist_ok=True)
        part = STATE.with_suffix(".part")
        part.write_text(json.dumps(self.__dict__), encoding="utf-8")
        part.replace(STATE)


def normalize(name: str) -> str:
    """Return a distribution's name in the form of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_pins(path: Path, python: tuple[int, int]) -> dict[str, str]:
    """Return {normalized name: version} of a lock file's lines that hold for a Python version.

    The one marker the lock files use is a comparison of python_version by < or >=.
    """
    pins: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        requirement = line.split("#")[0].strip()
        if not requirement:
            continue
        match = PIN.fullmatch(requirement)
        if match is None:
            raise SetupError(
                f"{path.name}, line {number} is not a pin, name==version. Remedy: correct it."
            )
        name, version, comparison, minor = match.groups()
        if comparison is None or (python < (3, int(minor))) == (comparison == "<"):
            pins[normalize(name)] = version
    return pins


def installed() -> dict[str, str]:
    """Return {normalized name: version} of the distributions in `.venv`, by their folders."""
    found: dict[str, str] = {}
    for folder in SITE.glob("*.dist-info"):
        name, _, version = folder.name[: -len(".dist-info")].partition("-")
        found[normalize(name)] = version.split("+")[0]
    return found


def editable() -> bool:
    """Tell whether `.venv` has this project as a link to this folder, by pip's record of it."""
    for record in SITE.glob("samurai_vot-*.dist-info/direct_url.json"):
        origin = json.loads(record.read_text(encoding="utf-8"))
        here = unquote(urlparse(origin["url"]).path) == str(ROOT)
        return here and bool(origin.get("dir_info", {}).get("editable"))
    return False


def damaged_opencv() -> bool:
    """Tell whether another OpenCV has overwritten the pinned one, or took its files along."""
    present = installed()
    return any(name in present for name in OTHER_OPENCVS) or (
        OPENCV in present and not (SITE / "cv2").is_dir()
    )


def known_extras() -> list[str]:
    """Return the extras of setup.cfg; their additional pins are in requirements-NAME.lock."""
    options = configparser.ConfigParser()
    options.read(str(ROOT / "setup.cfg"), encoding="utf-8")
    section = "options.extras_require"
    return sorted(options[section]) if options.has_section(section) else []


def extra_pins(extras: Iterable[str]) -> dict[str, str]:
    """Return {normalized name: version} of the extras' pins beside requirements.lock."""
    pins: dict[str, str] = {}
    for extra in extras:
        path = ROOT / f"requirements-{extra}.lock"
        pins.update(read_pins(path, PYTHON) if path.is_file() else {})
    return pins


def fingerprint(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


class Setup:
    """The steps of the setup, and those left to do."""

    def __init__(self, console: Console, lock: int, extras: Iterable[str] = ()) -> None:
        self.console = console
        self.lock = lock
        self.state = State.read()
        unknown = sorted(set(extras) - set(known_extras()))
        if unknown:
            raise SetupError(
                f"there is no extra {', '.join(unknown)}. Remedy: choose from "
                f"{', '.join(known_extras())}, for example: make setup EXTRAS=distributed"
            )
        self.extras = sorted({*self.state.extras, *extras})
        pins = read_pins(LOCK, PYTHON)
        self.pins = {
            "tools": {name: pins.pop(name) for name in TOOLS},
            "torch": {"torch": pins.pop("torch")},
            "sam2": {"sam2": pins.pop("sam2")},
            "cuda": read_pins(CUDA_LOCK, PYTHON),
            "rest": pins,
        }
        # Without the extras, which can be added to an existing environment.
        self.environment = fingerprint(f"{ROOT} {PYTHON} {self.pins}")
        self.pins["extras"] = extra_pins(self.extras)
        files = (ROOT / name for name in PROJECT_FILES)
        self.project = fingerprint("".join(p.read_text() for p in files if p.is_file()))

    def run(self) -> None:
        """Do the remaining steps; SetupError at the first that fails."""
        refuse_other_sam2()
        if (
            self.state.environment != self.environment
            or self.state.running in ("venv", "tools")  # pip itself may be incomplete
            or not VENV_PYTHON.exists()
        ):
            self.clear()
        if self.state.extras != self.extras:  # also one whose packages are installed already
            self.state.extras = self.extras
            self.state.write()
        if not self.open_steps():
            self.console.say(f"{VENV.name} is up to date")
            return
        started = time.monotonic()
        self.console.say(f"{VENV} with {base_python()}")
        LOG.write_text("", encoding="utf-8")
        for name in STEPS:
            if name in self.open_steps():
                self.do(name)
        self.console.say(f"done in {time.monotonic() - started:.0f} s")

    def clear(self) -> None:
        """Empty `.venv`; the record goes last, so that a kill in between is noticed."""
        self.state = State()
        self.state.running = "venv"
        self.state.write()
        for entry in VENV.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(str(entry))
            elif entry != STATE:
                entry.unlink()
        self.state.environment = self.environment

    def open_steps(self) -> list[str]:
        """Return the steps that are not done, or whose packages are missing now."""
        present = installed()
        left = [name for name in STEPS if name not in self.state.done and name != "extras"]
        left += [
            name
            for name, pins in self.pins.items()
            if pins.items() - present.items() and (name != "cuda" or torch_wants_cuda())
        ]
        if self.state.project != self.project or not editable():
            left.append("project")
        if damaged_opencv():
            left.append("rest")
        return left

    def do(self, name: str) -> None:
        """Run one step, with the record kept so that a kill during it is noticed."""
        interrupted = self.state.running == name
        self.state.running = name
        self.state.write()
        try:
            with self.console.step(STEPS.index(name) + 1, self.title(name)):
                self.perform(name, interrupted)
        except SetupError:
            self.state.running = ""  # a clean failure: nothing is half done
            self.state.write()
            raise
        self.state.running = ""
        self.state.done = [*(s for s in self.state.done if s not in (name, "check")), name]
        if name == "project":
            self.state.project = self.project
        self.state.write()

    def title(self, name: str) -> str:
        """Return the title of a step on the console."""
        cuda = str(len(self.pins["cuda"])) if torch_wants_cuda() else "no"
        return {
            "venv": "virtual environment",
            "tools": "pip and the build tools",
            "torch": "torch " + self.pins["torch"]["torch"],
            "cuda": cuda + " CUDA libraries for this build of torch",
            "rest": f"{len(self.pins['rest'])} more packages",
            "sam2": "sam2 " + self.pins["sam2"]["sam2"],
            "project": "this project, editable",
            "extras": ", ".join(self.extras),
            "check": "check of the imports",
        }[name]

    def perform(self, name: str, interrupted: bool) -> None:
        """Run one step; `interrupted`: a killed run left it half done."""
        if name == "venv":
            make_venv()
        elif name == "check":
            check_imports()
        elif name == "project":
            self.pip(["--no-build-isolation", "-e", str(ROOT)], interrupted)
        elif name != "cuda" or torch_wants_cuda():
            if name == "rest" and damaged_opencv():
                # With its record, or else pip takes the pinned one for installed.
                self.uninstall([*OTHER_OPENCVS, OPENCV])
            pins = [f"{package}=={version}" for package, version in self.pins[name].items()]
            isolation = [] if name == "tools" else ["--no-build-isolation"]
            self.pip(isolation + pins, interrupted)

    def pip(self, arguments: list[str], interrupted: bool) -> None:
        """Run `pip install --no-deps` in `.venv`.

        After an interruption the packages are installed again over existing files.
        """
        options = ["--no-deps", "--progress-bar=off"]
        options += ["--ignore-installed"] if interrupted else []
        self.run_pip(["install", *options, *arguments])

    def uninstall(self, names: list[str]) -> None:
        """Remove packages from `.venv`; missing ones are skipped."""
        self.run_pip(["uninstall", "-y", *names])

    def run_pip(self, arguments: list[str]) -> None:
        """Run pip in `.venv`, all of its output going to the log.

        If pip outlives a killed setup, it still holds the lock, and the next setup waits.
        """
        command = [str(VENV_PYTHON), "-m", "pip", "--no-input", "--disable-pip-version-check"]
        environment = {k: v for k, v in os.environ.items() if k not in MISLEADING}
        environment.update(PIP_USER="0", PYTHONUNBUFFERED="1", SAM2_BUILD_CUDA="0")
        with subprocess.Popen(
            command + arguments,
            cwd=str(ROOT),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            pass_fds=[self.lock],
        ) as process:
            output = self.follow(process)
        if process.returncode != 0:
            raise SetupError(explain(output))

    def follow(self, process: "subprocess.Popen[str]") -> str:
        """Return a process's output after having shown it and appended it to the log."""
        lines: list[str] = []
        with LOG.open("a", encoding="utf-8") as log:
            for line in process.stdout or ():
                log.write(line)
                lines.append(line)
                self.console.show(line)
        return "".join(lines)


def logged(command: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command in the project's folder; its output goes to the log too."""
    done = subprocess.run(
        command,
        cwd=str(ROOT),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    with LOG.open("a", encoding="utf-8") as log:
        log.write(done.stdout)
    return done


def base_python() -> str:
    """Return the interpreter behind the one that runs, which may be that of a venv."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def make_venv() -> None:
    """Create `.venv` with pip in it and note the interpreter it was made with."""
    remedy = (
        "Remedy: install them (on Debian and Ubuntu: apt install python{}.{}-venv) or name another "
        "Python, for example: make setup PYTHON=python3.12".format(*PYTHON)
    )
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise SetupError(f"{base_python()} lacks its modules venv and ensurepip. {remedy}")
    if logged([base_python(), "-m", "venv", "--prompt", "samurai", str(VENV)]).returncode != 0:
        raise SetupError(f"{base_python()} made no virtual environment (see {LOG}). {remedy}")
    BASE_PYTHON.write_text(base_python() + "\n", encoding="utf-8")


def torch_wants_cuda() -> bool:
    """Tell whether the torch in `.venv` is a build that depends on the CUDA libraries."""
    return sys.platform == "linux" and any(
        re.search(r"^Requires-Dist: (cuda|nvidia)-", metadata.read_text(encoding="utf-8"), re.M)
        for metadata in SITE.glob("torch-*.dist-info/METADATA")
    )


def refuse_other_sam2() -> None:
    """Raise SetupError where a clone of Meta's repository could take the place of the package."""
    for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        if entry and (Path(entry) / "sam2" / "__init__.py").is_file():
            raise SetupError(
                f"PYTHONPATH names {entry}, whose sam2 hides the pinned package sam2. Remedy: take "
                "it out (unset PYTHONPATH), then run the same command again."
            )
    if "sam-2" in installed():
        raise SetupError(
            f"{VENV.name} holds an editable clone of Meta's sam2 beside the pinned package sam2. "
            f"Remedy: {VENV}/bin/python -m pip uninstall -y SAM-2, then run the same command again."
        )


def check_imports() -> None:
    """Import the main packages once; the folder sam2/ must not hide the package sam2."""
    code = "import cv2, torch, trax, vot, samurai, vot_wrapper, sam2; print(sam2.__file__)"
    checked = logged([str(VENV_PYTHON), "-c", code])
    last = (checked.stdout.splitlines() or ["no output"])[-1]
    if checked.returncode != 0:
        raise SetupError(
            f"everything is installed, but its import fails: {last}. Remedy: see {LOG}; to start "
            f"afresh delete {VENV} and run the same command again."
        )
    if SITE not in Path(last).parents:
        raise SetupError(
            f"sam2 is imported from {last}, not from {VENV.name}. Remedy: uninstall or move away "
            "that copy, then run the same command again."
        )


def explain(output: str) -> str:
    """Return one line with the cause of a failure of pip and its remedy."""
    errors = [line for line in output.splitlines() if line.startswith("ERROR: ")]
    cause = errors[-1][len("ERROR: ") :].rstrip(". ") if errors else "pip failed"
    remedy = "see pip's output for the cause"
    nothing_found = "No matching distribution found" in output
    if NO_NETWORK.search(output if nothing_found else "".join(errors)):
        cause = "no network: pip can't reach its package index"
        remedy = "connect, or name an index or a proxy in pip's configuration"
    elif "No space left on device" in output:
        cause, remedy = "the disk is full", "free some space"
    elif nothing_found:
        remedy = "use a platform the package is built for; all of them are for Linux on x86-64"
    return (
        f"{cause}. Remedy: {remedy}, then run the same command again; what is done stays done. "
        f"pip's output: {LOG}"
    )


@contextlib.contextmanager
def alone(console: Console) -> Iterator[int]:
    """Hold a lock on this file, by its descriptor, so that two setups don't run at once."""
    import fcntl

    with open(__file__, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.say("another set-up is at work in this folder; waiting for it to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def main() -> int:
    """Set up `.venv`; returns 0, 1 for a failure or 130 after Ctrl-C."""
    console = Console()
    try:
        with alone(console) as lock:
            extras = [name for given in sys.argv[1:] for name in given.replace(",", " ").split()]
            Setup(console, lock, extras).run()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted. Run the same command to continue.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
