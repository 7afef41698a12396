"""A folder with some of the distributions that are installed here, and nothing else.

It stands for the site-packages of an environment that lacks the others, and needs no network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SUBSTITUTES: Mapping[str, str | None] = {
    "opencv-python": "opencv-python-headless",
    "torchvision": None,
}
"""What the lock leaves out (its head says why), and what stands in."""


def with_requirements(lines: Iterable[str]) -> set[str]:
    """The names of all distributions that pip would install for some requirements.

    Args:
        lines: as in Requires-Dist; those of extras are left out.
    """
    found: set[str] = set()
    asked: set[tuple[str, str]] = set()
    waiting = [(Requirement(line), "") for line in lines]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = SUBSTITUTES.get(wanted := canonicalize_name(requirement.name), wanted)
        if name is None:
            continue
        found.add(name)
        for each in {("", name), *((extra, name) for extra in requirement.extras)} - asked:
            asked.add(each)
            waiting += [(Requirement(line), each[0]) for line in metadata.requires(name) or []]
    return found


def lend(names: Iterable[str], folder: Path) -> Path:
    """Link the distributions into a folder; of an editable one, what pip knows of it.

    Args:
        names: of distributions that are installed here.
        folder: is made.
    """
    folder.mkdir()
    for name in names:
        distribution = metadata.distribution(name)
        tops = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
        for top in tops:
            target = Path(str(distribution.locate_file(top)))
            if target.suffix != ".pth" and not (folder / top).exists():
                (folder / top).symlink_to(target)
    return folder
