"""list.txt, the names of sequences, and the folders that it should name."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path

from samurai.cli.finding import Finding
from samurai.spelling import counted
from vot_wrapper.preflight.sequence import METADATA
from vot_wrapper.preflight.text import read_text

LIST = "list.txt"
PATTERN_CHARACTERS = "[*?%"  # globbed by the toolkit; % is filled with the frame's number


def make_list(data: Path) -> str:
    """The command that writes list.txt."""
    folder = shlex.quote(str(data))
    return f"(cd {folder} && ls -d */ | tr -d / > {LIST})"


def read_list(data: Path, downloads: bool) -> tuple[list[str], list[Finding]]:
    """The sequences to check, without repetitions, and what is wrong with the list of them.

    They are those of list.txt, even of a malformed one, else all folders. The list may be missing
    where the toolkit downloads the sequences and then writes it, and in the layouts of other data
    sets, which the toolkit reads too: then there are none to check.
    """
    file = data / LIST
    folders = sequence_folders(data)
    if not file.is_file():
        return _without_list(data, folders, downloads)
    lines, finding = read_text(file, str(file))
    if finding is not None and not lines:
        return folders, [replace(finding, kind=f"list {finding.kind}")]
    names, findings = _names(data, lines)
    if finding is not None:
        findings.insert(0, replace(finding, kind=f"list {finding.kind}"))
    if not names:
        if not findings:
            remedy = f"run {make_list(data)}"
            findings.append(Finding("FAIL", str(file), "it is empty", remedy, kind="list empty"))
        return folders, findings
    left_out = sorted(set(folders) - {_last_part(name) for name in names})
    if left_out:
        what = f"{len(left_out)} folders of sequences aren't in it: {', '.join(left_out[:3])}"
        what += ", ..." if len(left_out) > 3 else ""
        remedy = "add their names if they belong to the data set"
        findings.append(Finding("WARN", str(file), what, remedy, kind="list lacks"))
    return names, findings


def _without_list(
    data: Path, folders: list[str], downloads: bool
) -> tuple[list[str], list[Finding]]:
    """Folders are the user's own, unless the toolkit downloads them or has begun to."""
    own = [name for name in folders if not downloads or _is_own(data / name)]
    if not own and (downloads or _holds(data)):
        return [], []
    count = f"{counted(len(folders), 'folder')} of sequences found"
    what = f"{LIST} is missing; {count}" if folders else "there are no sequences"
    remedy = f"run {make_list(data)}" if folders else f"put sequences there, and their {LIST}"
    return folders, [Finding("FAIL", str(data / LIST), what, remedy, kind="no list")]


def _names(data: Path, lines: list[str]) -> tuple[list[str], list[Finding]]:
    """The folders that the lines of the list name, each once, and the lines that name none."""
    file = data / LIST
    names: dict[str, str] = {}  # by the last part, which is what the toolkit calls a sequence
    findings: list[Finding] = []
    for number, line in enumerate(lines, start=1):
        where, name = f"{file}:{number}", line.strip()
        base = _last_part(name)
        if not name:
            findings.append(
                Finding("FAIL", where, "the line is empty", "delete the line", kind="list blank")
            )
        elif not (data / name).is_dir():
            what = f"there is no folder {name}"
            remedy = "restore the folder, or delete the line"
            findings.append(Finding("FAIL", where, what, remedy, kind="list folder"))
        elif base in names:
            what = f"{base} is listed twice"
            findings.append(
                Finding("FAIL", where, what, "delete one of the two lines", kind="list twice")
            )
        else:
            names[base] = name.rstrip("/")
            if name.endswith("/"):
                what = f"{name} ends with a slash, after which the toolkit looks for the name"
                findings.append(Finding("FAIL", where, what, "delete the slash", kind="list slash"))
    return list(names.values()), findings


def _last_part(name: str) -> str:
    return os.path.basename(name.rstrip("/"))


def sequence_folders(data: Path) -> list[str]:
    """Folders that hold a sequence in a layout that needs a list."""
    if not data.is_dir():
        return []
    return sorted(entry.name for entry in data.iterdir() if _is_sequence(entry))


def _is_sequence(folder: Path) -> bool:
    if (folder / METADATA).is_file() or (folder / "color").is_dir():
        return True
    return folder.is_dir() and any(folder.glob("groundtruth*.txt"))


def _holds(data: Path) -> bool:
    return data.is_dir() and any(data.iterdir())


def _is_own(folder: Path) -> bool:
    """Whether the user made a folder: the last step of a download writes an identifier."""
    try:
        return b"uid=" not in (folder / METADATA).read_bytes()
    except OSError:  # an interrupted download
        return False


def check_path(folder: Path, name: str) -> list[Finding]:
    """Findings about characters of a sequence's path that the toolkit can't handle."""
    findings = []
    path = str(folder)
    found = [character for character in PATTERN_CHARACTERS if character in path]
    if found:
        what = f"the path of {name} has {' '.join(found)}, which the toolkit takes for a pattern"
        remedy = f"rename the folder, and its line in {LIST}"
        findings.append(Finding("FAIL", path, what, remedy, kind="pattern"))
    return findings
