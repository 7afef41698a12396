"""Formats of exports by name. A format is one file here plus one line in `EXPORTS`.

Other packages add theirs under the entry-point group `samurai.exports` (name = module:Class).
"""

from __future__ import annotations

from importlib.metadata import entry_points

from samurai.errors import ExportError
from samurai.video.exports.base import Export
from samurai.video.exports.coco import Coco
from samurai.video.exports.csv_table import CsvTable
from samurai.video.exports.cvat import Cvat
from samurai.video.exports.cvat_masks import CvatMasks
from samurai.video.exports.davis import Davis
from samurai.video.exports.jsonl import JsonLines
from samurai.video.exports.mask_pictures import MaskPictures
from samurai.video.exports.mot import Mot
from samurai.video.exports.mots import Mots
from samurai.video.exports.vot import Vot, VotFile
from samurai.video.exports.yolo import Yolo
from samurai.video.exports.yolo_seg import YoloSegmentation
from samurai.video.exports.ytvis import YouTubeVis

EXPORTS: dict[str, type[Export]] = {
    each.name: each
    for each in (
        JsonLines,
        CsvTable,
        Mot,
        Mots,
        Coco,
        YouTubeVis,
        Davis,
        Vot,
        VotFile,
        Yolo,
        YoloSegmentation,
        Cvat,
        CvatMasks,
        MaskPictures,
    )
}
"""Our own."""

ENTRY_POINTS = "samurai.exports"


def export_formats() -> dict[str, type[Export]]:
    """All formats by name, our own first.

    Raises:
        ExportError: a package's entry point isn't one, or has the name of another.
    """
    formats = dict(EXPORTS)
    for entry in entry_points(group=ENTRY_POINTS):
        loaded = entry.load()
        if not (isinstance(loaded, type) and issubclass(loaded, Export)):
            raise ExportError(
                f"export {entry.name!r} ({entry.value}) isn't a samurai Export. Remedy: correct "
                "the entry point of its package"
            )
        if entry.name in formats:
            raise ExportError(
                f"two exports are called {entry.name!r}, one of them {entry.value}. Remedy: "
                "rename or uninstall that one"
            )
        formats[entry.name] = loaded
    return formats
