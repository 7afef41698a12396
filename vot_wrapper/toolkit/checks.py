"""What `samurai doctor` checks of the toolkit's side: settings, registries, a workspace's data."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from samurai.cli.finding import INSTALL, Check, Finding
from samurai.cli.installed import version_of
from vot_wrapper.needs import INSTALL as INSTALL_EXTRA
from vot_wrapper.needs import TOOLKIT, TRAX
from vot_wrapper.toolkit import bundled

if TYPE_CHECKING:
    from vot_wrapper.toolkit.sections import Fault, Section

PACKAGE = "vot-toolkit"
BESIDE_IT = ("vot-trax", "attributee")
SERIES = "0.9."
BROKEN_ATTRIBUTEE = "0.1.10"
TOOLKIT_IMPORT_SECONDS = 120


def clone(_: Path | None = None) -> Iterator[Finding]:
    """Whether the clone in the current folder is the one that runs."""
    unused = bundled.unused_clone()
    if unused is not None:
        text = f"the package in use is not that of the clone you are in ({unused})"
        yield Finding("WARN", "samurai", text, "to use the clone: make setup, .venv/bin/samurai")


def packages(_: Path | None = None) -> Iterator[Finding]:
    """The toolkit with what it needs, and versions that are known to be broken.

    The library is whole without it; a toolkit without its own requirements is not.
    """
    version = version_of(PACKAGE)
    if version is None:
        text = "not installed, and only needed for VOT: `samurai evaluate`, `vot`, the TraX process"
        yield Finding("INFO", PACKAGE, text, f"if you want these: {INSTALL_EXTRA}")
    elif not version.startswith(SERIES):
        text = f"{version}; our experiments are made for {SERIES}x"
        yield Finding("WARN", PACKAGE, text, "pip install 'vot-toolkit>=0.9.0,<0.10'")
    else:
        yield Finding("OK", PACKAGE, version)
    for name in BESIDE_IT:
        found = version_of(name)
        if name == "attributee" and found == BROKEN_ATTRIBUTEE and sys.version_info >= (3, 11):
            text = f"{found} makes vot-toolkit fail at import on Python 3.11 and newer"
            yield Finding("FAIL", name, text, "pip install attributee==0.1.9")
        elif found is not None:
            yield Finding("OK", name, found)
        elif version is not None:
            yield Finding("FAIL", name, "not installed, and vot-toolkit needs it", INSTALL)


def toolkit(_: Path | None = None) -> Iterator[Finding]:
    """Whether the toolkit can be imported, tried in a process of its own."""
    if version_of(PACKAGE) is None:
        return
    command = [sys.executable, "-c", "import vot, vot.tracker.trax"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TOOLKIT_IMPORT_SECONDS)
    if done.returncode == 0:
        yield Finding("OK", "import vot", "works: vot-toolkit can be used")
    else:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        yield Finding("FAIL", "import vot", reason, INSTALL)


def settings(_: Path | None = None) -> Iterator[Finding]:
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
        held = f"{text}, and defaults for the rest"
        held = held if given else "defaults: no SAMURAI_* variable is set"
        yield Finding("OK", "settings", f"{held} (`samurai serve --help` lists all)")
    except ConfigurationError as error:
        yield Finding("FAIL", "settings", str(error), "correct or unset the variable")
    others = {name: value for name, value in os.environ.items() if misspelt(name) is None}
    for warning in unknown_variables(others):
        yield Finding("WARN", "settings", warning, "unset it, unless another program reads it")


def trackers_ini(_: Path | None = None) -> Iterator[Finding]:
    """Every section of the registries in effect here: interpreters, settings and weights."""
    from vot_wrapper.toolkit.sections import registries, sections_of

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
    from vot_wrapper.toolkit.sections import Fault, faults

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
            yield Finding("INFO" if fault.absent else "FAIL", "trackers", text, fault.remedy)


def _waiting(file: Path, found: dict[Fault, list[str]]) -> Iterator[Finding]:
    """Sections that only wait for a download, in a finding per folder that it belongs in."""
    folders: dict[Path | None, list[str]] = {}
    for fault, owners in found.items():
        folders.setdefault(fault.folder, []).append(f"{fault.model} (for {', '.join(owners)})")
    for folder, waiting in folders.items():
        text = f"{file}: missing weights: {', '.join(waiting)}"
        remedy = f"`samurai download NAME` fetches weights; these belong in {folder}"
        yield Finding("INFO", "trackers", text, remedy)


def workspace(folder: Path | None) -> Iterator[Finding]:
    """The sequences of a workspace, as its experiments need them."""
    if folder is None and not (Path.cwd() / "config.yaml").is_file():
        text = "the current folder is not a workspace; --workspace FOLDER checks another"
        yield Finding("INFO", "workspace", text)
        return
    if TOOLKIT.missing():
        # One that is named is to be checked; a config.yaml in the current folder may be anything.
        text = "not checked: that needs vot-toolkit, which isn't installed"
        yield Finding("FAIL" if folder else "INFO", "workspace", text, INSTALL_EXTRA)
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
        what = f"{finding.where}: {finding.what}"
        yield Finding(finding.level, "workspace", what, finding.remedy)
    if not findings:
        yield Finding("OK", "workspace", f"{place}: its sequences are fit for its experiments")


def self_test(_: Path | None = None) -> Iterator[Finding]:
    """Start the tracker process as the toolkit does, and have it answer one frame; where that
    can't be, have the library answer it."""
    if TRAX.missing():
        from samurai.cli.self_test import first_frame
    else:
        from vot_wrapper.trax.self_test import first_frame

    answered, text = first_frame()
    yield Finding("OK" if answered else "FAIL", "self-test", text)


def _executable(path: str) -> bool:
    path = os.path.expandvars(path)
    return os.path.isabs(path) and os.access(path, os.X_OK)


CHECKS: tuple[Check, ...] = (clone, packages, toolkit, settings, trackers_ini, workspace)
SELF_TESTS: tuple[Check, ...] = (self_test,)
