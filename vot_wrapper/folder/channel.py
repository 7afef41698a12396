"""The conversation's channel to a folder: requests from its queries, replies into its files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import trax
from trax.server import Request

from vot_wrapper.folder.job import Job, Query, query_file
from vot_wrapper.folder.text import NOTHING, POINT, format_region
from vot_wrapper.trax.wire import encoded_path

PROPERTY = "confidence"


class FolderChannel:
    """Asks for a folder's frames one by one, and writes what is answered.

    A request is the same as over TraX: the first frame with an object begins a video, later ones
    bring further objects. `output_ID.txt` has a region per frame, `0` before the object starts, and
    `output_ID_confidence.txt` a number. They appear when the video is finished, all or none; those
    of an earlier run are deleted at the start.

    Args:
        job: the folder's content.
        one_by_one: whether each object is a video of its own, from its first frame on.

    Raises:
        OSError: outputs of an earlier run can't be deleted.
    """

    def __init__(self, job: Job, *, one_by_one: bool = False) -> None:
        self._job = job
        groups = [[query] for query in job.queries] if one_by_one else [job.queries]
        self._requests = (request for group in groups for request in self._of(group))
        self._present: list[Query] = []  # in the order in which they were introduced
        self._first = 0  # frame of the folder that the present video starts in
        self._outputs = {query.identifier: _Output(job.folder, query) for query in job.queries}
        for output in self._outputs.values():
            output.delete_older()

    def wait(self) -> Any:
        """The next request, a `trax.server.Request`; after the last frame, one to quit."""
        request = next(self._requests, None)
        if request is not None:
            return request
        for output in self._outputs.values():
            output.finish()
        return Request(trax.TraxStatus.QUIT, {}, [], {})

    def status(self, objects: list[tuple[trax.Region, dict[str, str]]]) -> None:
        """The answers to the last request, an object each.

        Raises:
            OSError: they can't be written.
        """
        for query, (region, properties) in zip(self._present, objects, strict=True):
            output = self._outputs[query.identifier]
            output.write(
                format_region(region, as_point=query.state.is_point), properties.get(PROPERTY, "")
            )

    def quit(self, reason: str) -> None:
        """The video can't be finished: leave no output behind."""
        for output in self._outputs.values():
            output.discard()

    def frame_name(self, number: int) -> str:
        """A frame as queries count it, over the whole folder."""
        return f"frame {self._first + number}"

    def object_name(self, number: int) -> str:
        """The query of an object."""
        return query_file(self._present[number].identifier)

    def _of(self, queries: list[Query]) -> Iterator[Request]:
        """The requests of a video."""
        self._present = []
        self._first = min(query.offset for query in queries)
        for index in range(self._first, len(self._job.frames)):
            new = [query for query in queries if query.offset == index]
            begins = not self._present
            self._present += new
            path = encoded_path(str(self._job.frames[index]))
            yield Request(
                trax.TraxStatus.INITIALIZE if begins else trax.TraxStatus.FRAME,
                {trax.ImageChannel.COLOR: trax.FileImage.create(path)},
                [(each.state.region, _properties(each)) for each in new],
                {},
            )


def _properties(query: Query) -> dict[str, str]:
    return {**query.properties, **(POINT if query.state.is_point else {})}


class _Output:
    """The files of an object, under other names until they are complete."""

    def __init__(self, folder: Path, query: Query) -> None:
        names = (f"output_{query.identifier}.txt", f"output_{query.identifier}_{PROPERTY}.txt")
        self._files = [folder / name for name in names]
        self._parts = [folder / f".{name}.part" for name in names]
        self._offset = query.offset
        self._streams: list[TextIO] = []

    def delete_older(self) -> None:
        """Delete the files of an earlier run, so that a failure can't leave them as the answer."""
        for file in self._files:
            file.unlink(missing_ok=True)

    def write(self, region: str, confidence: str) -> None:
        if not self._streams:
            self._streams = [part.open("w", encoding="utf-8") for part in self._parts]
            for _ in range(self._offset):
                self._line(NOTHING, "")
        self._line(region, confidence)

    def finish(self) -> None:
        self._close()
        for part, file in zip(self._parts, self._files, strict=True):
            os.replace(part, file)

    def discard(self) -> None:
        self._close()
        for part in self._parts:
            part.unlink(missing_ok=True)

    def _line(self, *texts: str) -> None:
        for stream, text in zip(self._streams, texts, strict=True):
            stream.write(f"{text}\n")

    def _close(self) -> None:
        for stream in self._streams:
            stream.close()
        self._streams = []
