"""A client's session: prompts, tracking and results of one video."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from samurai.video.tracked import TrackedFrame
from samurai.web.engine.propagation import Propagation
from samurai.web.engine.views import ObjectState, SessionState, Track
from samurai.web.schemas import Direction

Point = Sequence[float]


class WebSession:
    """One video with a client's objects. Made by `Engine.create`; every call is safe in any thread.

    Objects have the client's numbers. Frames that come back are `TrackedFrame`s with these numbers
    as `object_id`; objects come in the order in which the client introduced them.
    Every call raises NotFound once the session is closed, and Unprocessable for a frame that the
    video doesn't have. Prompts that come while it tracks count between two frames.

    Attributes:
        session_id, video_id, created_at: as in `SessionState`.
    """

    session_id: str
    video_id: str
    created_at: str

    @property
    def num_frames(self) -> int:
        """Of the video."""
        raise NotImplementedError

    @property
    def running(self) -> bool:
        """Whether frames are being tracked."""
        raise NotImplementedError

    # --- prompts: each returns the frame as `frame` does

    def set_points(
        self,
        frame: int,
        number: int,
        points: Sequence[Point],
        labels: Sequence[int],
        *,
        replace: bool = True,
        normalized: bool = False,
    ) -> TrackedFrame:
        """Clicks on an object (label 1) or beside it (0).

        Args:
            replace: in place of all that the frame has of the object; else they add up.
            normalized: points are parts of width and height, not pixels.

        Raises:
            RegionError: other labels or another number of them, points outside the frame or not
                finite, no click on an object that is new.
            Unprocessable: too many clicks on one frame.
            Conflict: too many objects.
            SessionError: the policy can't be corrected.
        """
        raise NotImplementedError

    def set_box(self, frame: int, number: int, box: Sequence[float]) -> TrackedFrame:
        """A box, in place of all that the frame has of the object.

        Args:
            box: x and y of the upper left and of the lower right corner, in pixels; the part that
                lies in the frame counts.

        Raises:
            RegionError: corners in the wrong order, no area, not finite, wholly outside.
            Conflict, SessionError: as `set_points`.
        """
        raise NotImplementedError

    def set_mask(self, frame: int, number: int, rle: Mapping[str, Any]) -> TrackedFrame:
        """A mask, in place of all that the frame has of the object.

        Args:
            rle: COCO's run-length code, of the frame's size.

        Raises:
            RegionError: not a code, another size, empty.
            Conflict, SessionError: as `set_points`.
        """
        raise NotImplementedError

    def add_stroke(
        self,
        frame: int,
        number: int,
        points: Sequence[Point],
        label: int = 1,
        *,
        replace: bool = False,
    ) -> TrackedFrame:
        """A scribble along an object (label 1) or beside it (0): clicks at equal distances.

        Raises:
            RegionError, Unprocessable, Conflict, SessionError: as `set_points`.
        """
        raise NotImplementedError

    def clear_frame(self, frame: int, number: int) -> TrackedFrame:
        """Take the prompts of an object in a frame back; none there is fine. An object without any
        prompt keeps its name and color, and isn't tracked.

        Raises:
            NotFound: no such object.
            RegionError: what is left of its prompts doesn't say where it is.
        """
        raise NotImplementedError

    def clear_all(self) -> None:
        """Forget all objects with their prompts and answers."""
        raise NotImplementedError

    def remove(self, number: int) -> list[int]:
        """Forget an object; the frames whose answers changed, ascending.

        Raises:
            NotFound: no such object.
        """
        raise NotImplementedError

    def rename(self, number: int, name: str | None = None, color: str | None = None) -> ObjectState:
        """Another name or color.

        Raises:
            NotFound: no such object.
        """
        raise NotImplementedError

    def preview(
        self,
        frame: int,
        number: int | None = None,
        points: Sequence[Point] = (),
        labels: Sequence[int] = (),
        box: Sequence[float] | None = None,
    ) -> TrackedFrame:
        """The mask that a prompt would give, as the only answer of a frame; nothing changes.

        Args:
            number: of the object, which need not be there; 0 if None.

        Raises:
            RegionError: the prompt can't be used.
        """
        raise NotImplementedError

    # --- tracking

    def propagate(
        self,
        start: int | None = None,
        direction: Direction = "both",
        max_frames: int | None = None,
    ) -> Propagation:
        """Track what is stale, and read the answers of the frames asked for.

        Args:
            start: the frame at which reading begins; None is the earliest one with a prompt.
            direction: forward reads to the end, backward to frame 0, both does one after the other.
            max_frames: frames per direction, the start frame included.

        Raises:
            Conflict: no prompts, it is running already, or the way isn't possible.
            Unprocessable: no such start, or fewer than one frame.
        """
        raise NotImplementedError

    def cancel(self) -> bool:
        """Stop tracking after the frame at work, and wait for that; whether it was running."""
        raise NotImplementedError

    # --- results

    def frame(self, frame: int) -> TrackedFrame:
        """Objects that are done in a frame, and those that are prompted there with a preview of
        their masks."""
        raise NotImplementedError

    def results(self, start: int = 0, stop: int | None = None) -> Iterator[TrackedFrame]:
        """Frames of a range in which any object is done, by number; read one by one."""
        raise NotImplementedError

    def timeline(self, start: int = 0, stop: int | None = None) -> list[Track]:
        """Confidence and absences of all objects in a range of frames."""
        raise NotImplementedError

    def view(self) -> SessionState:
        """Objects, prompts, what is done and stale."""
        raise NotImplementedError

    def export(self, name: str, folder: Path) -> Path:
        """Write what is done in a format of `samurai track`'s exports; or, with the name of a
        video's suffix (mp4, webm), the video with the answers drawn on it.

        Args:
            folder: empty; the export is a file or folder in it.

        Returns:
            The file or folder.

        Raises:
            NotFound: no such format.
            ExportError: the format can't hold these answers.
            Conflict: nothing is done yet.
            StorageError: it can't be written.
        """
        raise NotImplementedError
