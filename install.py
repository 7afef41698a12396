"""Set up `.venv` by pip: the pinned packages of the lock files, and this project, editable.

`make setup` calls it, and so do `make evaluate` and `make test`. `python3 install.py raft sam3`
(`make setup EXTRAS="raft sam3"`) adds extras of setup.cfg, for good. pip leaves alone what is
right, so a run completes a killed one and repairs what a `pip install` in between has damaged.
`.venv/setup.json` records what a whole run read and left: one that finds the same ends at once.
"""

import configparser
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

if os.name != "posix" or not (3, 10) <= sys.version_info[:2] <= (3, 14):
    sys.exit(  # the whole file parses on Python 3.6
        "setup: Python {}.{} on {} is not supported. Remedy: install Python 3.10 to 3.14 and name "
        "it, for example: make setup PYTHON=python3.12".format(*sys.version_info[:2], sys.platform)
    )

ROOT = Path(__file__).resolve().parent
VENV, STATE = ROOT / ".venv", ROOT / ".venv" / "setup.json"
PYTHON = VENV / "bin" / "python"
SITE = VENV / "lib" / "python{}.{}".format(*sys.version_info) / "site-packages"
BASE = str(getattr(sys, "_base_executable", None) or sys.executable)
LOCK, CUDA_LOCK = ROOT / "requirements.lock", ROOT / "requirements-cuda.lock"
INPUTS = ("*.lock", "setup.*", "pyproject.toml", "sam2/samurai/version.py")
# They write their files over those of opencv-python-headless and of sam2.
INTRUDERS = ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless", "sam-2")
PIP = (PYTHON, "-m", "pip")
# A failed attempt alone is none: the next one may have succeeded.
NO_NETWORK = r"(?s)Retrying \(.*(No match|Impossible)|ERROR: [^\n]*(Connect|Max retr|timed out)"
AGAIN = "then run the same command again"


def run(*command: object, remedy: str = "see above") -> None:
    """Run a command; if it fails, exit with one line: the cause, by its errors, and the remedy."""
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=str(ROOT),
        stderr=subprocess.PIPE,
        errors="replace",
        close_fds=False,  # with the lock: a pip that outlives a killed set-up keeps it
    ) as process:
        lines = ["it failed"]
        for line in process.stderr or ():
            sys.stderr.write(line)
            lines.append(line.strip(". \n"))
    if process.returncode:
        text, said = "\n".join(lines), [line[7:] for line in lines if line.startswith("ERROR: ")]
        if "No space left on device" in text:
            said, remedy = ["the disk is full"], "free some space"
        elif re.search(NO_NETWORK, text):
            said = ["no network: pip can't reach its package index"]
            remedy = "connect, or name an index or a proxy in pip's configuration"
        sys.exit(f"setup: {(said or lines)[-1]}. Remedy: {remedy}, {AGAIN}")


def contents() -> dict[str, int]:
    """Return the entries of site-packages with their times, which all work of pip changes."""
    entries = os.scandir(str(SITE)) if SITE.is_dir() else ()
    return {e.name: e.stat().st_mtime_ns for e in entries if e.name != "__pycache__"}


def forget_incomplete() -> None:
    """Remove the records of packages that lack files, so that pip installs them again."""
    for info in SITE.glob("*.dist-info"):
        record = info / "RECORD"  # what pip writes last
        rows = csv.reader(record.read_text("utf-8").splitlines() if record.is_file() else [])
        files = [SITE / row[0] for row in rows if not row[0].endswith(".pyc")]
        if not files or not all(file.exists() for file in files):
            shutil.rmtree(str(info))


def install(extras: list[str]) -> None:
    """Install all that is missing or wrong. Only torch, bound to the locks, brings what it needs:
    its build decides whether that includes the CUDA libraries. sam2's build imports torch.
    """
    forget_incomplete()
    if not list(SITE.glob("pip-*.dist-info")):
        remedy = "add its module venv (apt: python{}.{}-venv) or name another with PYTHON="
        run(BASE, "-m", "venv", VENV, "--prompt=samurai", remedy=remedy.format(*sys.version_info))
        (VENV / "base-python").write_text(BASE + "\n")  # the Makefile prefers it
    if {name.split("-")[0].lower().replace("_", "-") for name in contents()} & {*INTRUDERS}:
        run(*PIP, "uninstall", "--yes", *INTRUDERS)
        forget_incomplete()
    plain = (*PIP, "install", "--no-deps", "--no-build-isolation")
    run(*PIP, "install", "--no-deps", "-c", LOCK, "pip", "packaging", "setuptools", "wheel")
    run(*PIP, "install", "-c", LOCK, "-c", CUDA_LOCK, "torch")
    run(*plain, "-r", LOCK, "-e", ROOT)
    for lock in filter(Path.is_file, (ROOT / f"requirements-{extra}.lock" for extra in extras)):
        run(*plain, "-r", lock)
    code = "import cv2, torch, trax, vot, samurai, vot_wrapper, sam2; assert {!r} in sam2.__file__"
    run(PYTHON, "-c", code.format(str(SITE)), remedy=f"delete {VENV}")


def set_up(wanted: set[str]) -> None:
    """Make `.venv`, complete or repair it, or find it up to date."""
    for entry in filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        if (Path(entry) / "sam2" / "__init__.py").is_file():
            sys.exit(f"setup: PYTHONPATH has another sam2, in {entry}. Remedy: unset it, {AGAIN}")
    options = configparser.ConfigParser()
    options.read(str(ROOT / "setup.cfg"), encoding="utf-8")
    known = sorted(options["options.extras_require"])
    if not wanted <= set(known):
        sys.exit(f"setup: no extra {' '.join(wanted - {*known})}. Remedy: name {', '.join(known)}")
    if VENV.is_symlink() or (VENV.is_dir() and not STATE.is_file() and list(VENV.iterdir())):
        sys.exit(f"setup: {VENV} is foreign, or a link. Remedy: move it away or delete it, {AGAIN}")
    state = json.loads((STATE.is_file() and STATE.read_text("utf-8")) or "{}")
    extras = sorted(wanted.union(state.get("extras", [])))
    inputs = b"".join(file.read_bytes() for name in INPUTS for file in sorted(ROOT.glob(name)))
    whole = {"root": str(ROOT), "extras": extras, "read": hashlib.sha256(inputs).hexdigest()}
    if PYTHON.exists() and state == {**whole, "left": contents()}:
        return print("setup: .venv is up to date")
    for name in ("PYTHONHOME", "PYTHONPATH", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET"):
        os.environ.pop(name, None)  # they would redirect pip's work, or imports, away from .venv
    os.environ.update(PIP_USER="0", PIP_NO_INPUT="1", PYTHONWARNINGS="ignore")
    print(f"setup: pip installs into {VENV}", flush=True)
    if not (PYTHON.exists() and SITE.is_dir() and state.get("root", str(ROOT)) == str(ROOT)):
        for name in ("bin", "include", "lib", "share"):
            shutil.rmtree(str(VENV / name), ignore_errors=True)
    os.environ.update(SAM2_BUILD_CUDA="0", PIP_DISABLE_PIP_VERSION_CHECK="1")
    os.environ["PIP_QUIET"] = str(int("left" in state and SITE.is_dir()))
    VENV.mkdir(exist_ok=True)
    STATE.write_text(json.dumps({"root": str(ROOT), "extras": extras}))
    install(extras)
    STATE.write_text(json.dumps({**whole, "left": contents()}))


if __name__ == "__main__":
    import fcntl

    try:
        with open(__file__, "rb") as file:
            os.set_inheritable(file.fileno(), True)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("setup: waits for another set-up in this folder", flush=True)
                fcntl.flock(file, fcntl.LOCK_EX)
            set_up(set(" ".join(sys.argv[1:]).replace(",", " ").split()))
    except OSError as error:
        sys.exit(f"setup: {error}. Remedy: make room or see to the permissions, {AGAIN}")
    except KeyboardInterrupt:
        sys.exit(130)
