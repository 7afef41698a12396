"""CVAT's XML for videos: tracks of boxes."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from samurai.regions import Box, ObjectId
from samurai.video.exports.base import ExportOptions
from samurai.video.exports.kinds import FileExport, decimal, visible
from samurai.video.exports.tracks import TrackFiles
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame


class CvatExport(FileExport):
    """What CVAT's two kinds of tracks share: the head of the file.

    Attributes:
        tracks: elements of each object's track.
    """

    suffixes = (".xml",)

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self.tracks = TrackFiles(target)
        self.length = 0

    def head(self) -> str:
        """All before the tracks."""
        count = max(self.length, self.video.frame_count or 0)
        labels = dict.fromkeys(self.options.label(each) for each, _ in self.tracks.items())
        names = "".join(
            f"<label><name>{escape(xml_text(label))}</name><attributes></attributes></label>"
            for label in labels
        )
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n'
            f"<meta><task><name>{escape(xml_text(self.video.name))}</name><size>{count}</size>"
            f"<mode>interpolation</mode><overlap>0</overlap><start_frame>0</start_frame>"
            f"<stop_frame>{max(count - 1, 0)}</stop_frame><frame_filter></frame_filter>"
            f"<labels>{names}</labels><original_size><width>{self.video.width}</width>"
            f"<height>{self.video.height}</height></original_size></task></meta>\n"
        )

    def opened(self, number: int, object_id: ObjectId, more: str = "") -> str:
        """The opening of a track."""
        label = quoteattr(xml_text(self.options.label(object_id)))
        return f'<track id="{number}" label={label} source="auto"{more}>\n'

    def clean(self) -> None:
        """Delete the files of tracks."""
        self.tracks.delete()


class Cvat(CvatExport):
    """A box in every frame of an object; `outside="1"` where it is absent, and behind the last
    frame, since CVAT shows a box until then. Track n is the n-th object that came."""

    name = "cvat"
    help = "CVAT for video 1.1, tracks of boxes"

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self._last: dict[ObjectId, Box] = {}  # where objects that are shown were seen last

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        self.length = frame.index + 1
        shown = {}
        for answer in frame.answers:
            box = visible(answer)
            if box is not None:
                shown[answer.object_id] = box
                self.tracks.append(answer.object_id, _box(frame.index, box, outside=False))
        for object_id, box in self._last.items():
            if object_id not in shown:
                self.tracks.append(object_id, _box(frame.index, box, outside=True))
        self._last = shown

    def complete(self) -> None:
        """Write tracks one after the other."""
        if self.video.frame_count is not None and self.length < self.video.frame_count:
            for object_id, box in self._last.items():
                self.tracks.append(object_id, _box(self.length, box, outside=True))
        self.part.append(self.head())
        for number, (object_id, file) in enumerate(self.tracks.items()):
            self.part.append(self.opened(number, object_id))
            self.part.append_file(file)
            self.part.append("</track>\n")
        self.part.append("</annotations>\n")


def _box(index: int, box: Box, *, outside: bool) -> str:
    corners = (box.x, box.y, box.x + box.width, box.y + box.height)
    left, top, right, bottom = (decimal(value) for value in corners)
    return (
        f'<box frame="{index}" keyframe="1" outside="{int(outside)}" occluded="0" xtl="{left}" '
        f'ytl="{top}" xbr="{right}" ybr="{bottom}" z_order="0"></box>\n'
    )


def xml_text(text: str) -> str:
    """A text with what XML can't hold replaced: control characters and halves of characters."""
    return "".join(letter if _allowed(ord(letter)) else "\ufffd" for letter in text)


def _allowed(code: int) -> bool:
    plain = code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD
    return plain or code >= 0x10000
