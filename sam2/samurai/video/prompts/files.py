"""Files of prompts, read whatever they are, and written in our own form."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from samurai.errors import PromptError
from samurai.runtime.whole_files import write_whole
from samurai.video.prompts.base import FrameIndexOf, ObjectPrompt
from samurai.video.prompts.checks import PromptFault, check_prompts
from samurai.video.prompts.coco import read_coco
from samurai.video.prompts.own_json import own_text, read_own
from samurai.video.prompts.pictures import read_folder, read_labels
from samurai.video.prompts.texts import read_rows

_PNG = b"\x89PNG\r\n\x1a\n"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_BEGINNING = 1024
_FORMS = (
    "give our JSON, COCO's JSON, a text of boxes (x,y,width,height), VOT's groundtruth.txt, MOT's "
    "text, a PNG of labels or a folder of them"
)


def read_prompts(
    path: Path, *, frame_size: tuple[int, int], frame_index_of: FrameIndexOf | None = None
) -> list[ObjectPrompt]:
    """The prompts of a file or folder, in the order of their frames.

    The form is recognized by the content: our JSON, COCO's JSON, SAMURAI's text, VOT's
    groundtruth.txt, MOT's text, DAVIS's PNG or a folder of them. Of forms that annotate every
    frame, the first region of each object is its prompt.

    Args:
        path: to read.
        frame_size: height and width of the video's frames.
        frame_index_of: the frame of an image's name, if frames have names.

    Raises:
        PromptError: it can't be read or breaks a rule; the message names the place.
    """
    try:
        if path.is_dir():
            prompts = read_folder(path, frame_size, frame_index_of)
        else:
            prompts = _read_file(path, frame_size, frame_index_of)
    except OSError as error:
        cause = f"it can't be read ({error.strerror or error})"
        raise PromptFault(str(path), cause, "correct the name, or allow reading it") from error
    try:
        check_prompts(prompts, frame_size=frame_size)
    except PromptError as error:
        raise PromptFault(str(path), str(error)) from error
    return sorted(prompts, key=lambda each: each.frame_index)


def write_prompts(path: Path, prompts: Iterable[ObjectPrompt]) -> None:
    """Write prompts as our JSON, which `read_prompts` reads without a loss.

    Raises:
        StorageError: it can't be written.
    """
    write_whole(path, own_text(prompts))


def _read_file(
    path: Path, frame_size: tuple[int, int], frame_index_of: FrameIndexOf | None
) -> list[ObjectPrompt]:
    with path.open("rb") as stream:
        beginning = stream.read(_BEGINNING)
        if beginning.startswith(_PNG):
            return read_labels(path, frame_size, frame_index_of)
        if b"\0" in beginning and not beginning.startswith(_WIDE):
            raise PromptFault(str(path), "it is neither a text nor a PNG", _FORMS)
        text = _decoded(beginning + stream.read(), str(path))
    if not text.strip():
        raise PromptFault(str(path), "the file is empty", _FORMS)
    if text.lstrip()[0] not in "{[":
        return read_rows(text, frame_size, str(path))
    document = _loaded(text, str(path))
    if isinstance(document, dict) and "prompts" in document:
        return read_own(document, frame_size, str(path))
    if isinstance(document, dict) and "annotations" in document:
        return read_coco(document, frame_size, frame_index_of, str(path))
    raise PromptFault(str(path), "the JSON has neither prompts nor annotations", _FORMS)


def _decoded(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-16" if data.startswith(_WIDE) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise PromptFault(path, "it isn't a text in UTF-8", _FORMS) from error


def _loaded(text: str, path: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{path}, line {error.lineno}, column {error.colno}"
        raise PromptFault(place, f"it isn't JSON ({error.msg})", "correct it there") from error
    except (RecursionError, ValueError) as error:  # nested too deep, digits without end
        raise PromptFault(path, f"it isn't JSON that can be read ({error})", _FORMS) from error
