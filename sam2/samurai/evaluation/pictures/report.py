"""Path of the page of pictures in a workspace, and links in the toolkit's HTML report."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from samurai.evaluation.templates import render

PAGE = "index.html"
LIST = '<ul id="metadata">'  # the list at the top of the toolkit's report
PICTURES = "Pictures"


def pictures_folder(workspace: Path) -> Path:
    """The default output folder of `samurai visualize`."""
    return workspace / "reports" / "pictures"


def pictures_page(workspace: Path) -> Path:
    """The page of those pictures."""
    return pictures_folder(workspace) / PAGE


def reports_of(workspace: Path) -> list[Path]:
    """The toolkit's HTML reports in a workspace."""
    return sorted((workspace / "reports").glob("*/report.html"))


def add_item(report: Path, label: str, text: str, link: str = "") -> None:
    """Puts `label: text`, linked if there is a link, at the top of a report's list."""
    page = report.read_text(encoding="utf-8")
    head, listed, rest = page.partition(LIST)
    values = {"label": label, "text": text, "link": link}
    item = render("samurai.evaluation.pictures", "item.html.j2", {}, **values).strip()
    report.write_text(f"{head}{listed}\n        {item}{rest}", encoding="utf-8")


def link_pictures(report: Path, page: Path) -> None:
    """Adds a link to the page of pictures to a report that has none."""
    if f"<span>{PICTURES}</span>" not in report.read_text(encoding="utf-8"):
        target = address(page, report.parent)
        add_item(report, PICTURES, "sheets and videos of the results", target)


def address(target: Path, folder: Path) -> str:
    """A file as a link from a page in `folder`."""
    return quote(Path(os.path.relpath(target, folder)).as_posix())
