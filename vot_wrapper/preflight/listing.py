"""list.txt, the names of sequences, and the folders that it should name."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from vot_wrapper.preflight.findings import Finding
from vot_wrapper.preflight.truth import read_text

LIST = "list.txt"
PATTERN_CHARACTERS = "[*?%"  # globbed by the toolkit; % is filled with the frame's number


def make_list(data: Path) -> str:
    """The command that writes list.txt."""
    folder = shlex.quote(str(data))
    return f"(cd {folder} && ls -d */ | tr -d / > {LIST})"


def read_list(data: Path, downloads: bool) -> tuple[list[str], list[Finding]]:
    """The sequences that list.txt names, without repetitions, and what is wrong with it.

    No list is fine where the toolkit downloads the sequences and then writes it, and in the
    layouts of other data sets, which the toolkit reads too.
    """
    file = data / LIST
    folders = sequence_folders(data)
    if not file.is_file():
        own = [name for name in folders if not _downloaded(data / name)]
        if not own and (downloads or folders or _holds(data)):
            return [], []  # to be downloaded, or a layout of another of the toolkit's loaders
        count = f"{len(folders)} folder{'s' * (len(folders) != 1)} of sequences found"
        what = f"{LIST} is missing; {count}" if folders else "there are no sequences"
        remedy = f"run {make_list(data)}" if folders else f"put sequences there, and their {LIST}"
        return [], [Finding("no list", str(file), what, remedy)]
    lines, finding = read_text(file, str(file))
    if finding is not None:
        return [], [finding]
    names: list[str] = []
    findings: list[Finding] = []
    for number, line in enumerate(lines, start=1):
        where, name = f"{file}:{number}", line.strip()
        if not name:
            findings.append(Finding("list blank", where, "the line is empty", "delete the line"))
        elif name in names:
            what = f"{name} stands there twice"
            findings.append(Finding("list twice", where, what, "delete one of the two lines"))
        elif not (data / name).is_dir():
            what = f"there is no folder {name}"
            remedy = "restore the folder, or delete the line"
            findings.append(Finding("list folder", where, what, remedy))
        else:
            names.append(name)
    if not names and not findings:
        findings.append(Finding("list empty", str(file), "it is empty", f"run {make_list(data)}"))
    left_out = sorted(set(folders) - {os.path.basename(name) for name in names})
    if names and left_out:
        what = f"{len(left_out)} folders of sequences aren't in it: {', '.join(left_out[:3])}"
        what += ", ..." if len(left_out) > 3 else ""
        remedy = "add their names if they belong to the data set"
        findings.append(Finding("list lacks", str(file), what, remedy, warning=True))
    return names, findings


def sequence_folders(data: Path) -> list[str]:
    """Folders that hold a sequence in the toolkit's own layout."""
    if not data.is_dir():
        return []
    return sorted(entry.name for entry in data.iterdir() if (entry / "sequence").is_file())


def _holds(data: Path) -> bool:
    return data.is_dir() and any(data.iterdir())


def _downloaded(folder: Path) -> bool:
    """Whether the toolkit's download made a folder: it notes an identifier."""
    return b"uid=" in (folder / "sequence").read_bytes()


def check_path(folder: Path, name: str) -> list[Finding]:
    """Characters of a sequence's path that the toolkit can't carry."""
    findings = []
    path = str(folder)
    found = [character for character in PATTERN_CHARACTERS if character in path]
    if found:
        what = f"the path of {name} has {' '.join(found)}, which the toolkit takes for a pattern"
        remedy = f"rename the folder, and its line in {LIST}"
        findings.append(Finding("pattern", path, what, remedy))
    return findings
