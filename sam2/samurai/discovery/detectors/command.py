"""A detector in any process: a program that reads requests and prints answers, as lines of JSON.

docs/detectors.md describes both, with a program.
"""

from __future__ import annotations

import base64
import json
import math
import shlex
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from samurai.discovery.detectors.base import Detection, Frame
from samurai.discovery.detectors.checking import MOST
from samurai.discovery.detectors.program import Program
from samurai.errors import ConfigurationError, DetectorError, RegionError
from samurai.masks import from_coco_rle
from samurai.regions import Box, Mask

SECONDS = 120.0
"""In which an answer must come. The first one, with the program's start, may take the triple."""

FAILURES = 4
"""In a row, of starts without an answer; then it isn't started again."""

_TIMEOUT = "timeout="
_REMEDY = (
    'Remedy: let it print {"detections": [{"label": ..., "score": ..., "box": [x, y, width, '
    'height]}]}, or "mask" instead of "box"'
)


class CommandDetector:
    """Asks a program. One that fails is ended, and started again for the next frame.

    Args:
        arguments: the program and its arguments.
        seconds: see `SECONDS`.

    Raises:
        ConfigurationError: the program can't be started.
    """

    def __init__(self, arguments: Sequence[str], seconds: float = SECONDS) -> None:
        self._arguments, self._seconds = list(arguments), seconds
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._number = self._failures = 0
        self._fresh = True
        self._program: Program | None = Program(self._arguments)

    def detect(self, frame: Frame, words: Sequence[str]) -> list[Detection]:
        """See `Detector.detect`."""
        with self._lock:
            self._number += 1
            answer = self._exchange(_request(self._number, frame, words))
        return _detections(answer, (frame.shape[0], frame.shape[1]))

    def close(self) -> None:
        """End the program, also while it is asked."""
        self._closed.set()
        with self._lock:
            if self._program is not None:
                self._program.stop()
                self._program = None

    def _exchange(self, request: bytes) -> Mapping[str, Any]:
        program = self._running()
        seconds = self._seconds * (3 if self._fresh else 1)
        try:
            answer = _parsed(program.ask(request, seconds, self._closed.is_set))
            if answer.get("id", self._number) != self._number:
                raise DetectorError(
                    f"a detector's program answered request {answer['id']!r:.40} when asked "
                    f"{self._number}. Remedy: let it copy the request's id into its answer"
                )
        except BaseException:  # Ctrl-C too: its answer would be taken for the next one's
            self._failures += 1
            self._program = None
            program.stop(at_once=True)
            raise
        self._fresh, self._failures = False, 0
        return answer

    def _running(self) -> Program:
        if self._closed.is_set():
            raise DetectorError("the detector is closed. Remedy: create another one")
        if self._program is None:
            if self._failures >= FAILURES:
                raise DetectorError(
                    f"the detector's program has failed {self._failures} times in a row and isn't "
                    f"started again. Remedy: correct {shlex.join(self._arguments)!r:.200}"
                )
            self._program, self._fresh = Program(self._arguments), True
        return self._program


def create(option: str, device: str) -> CommandDetector:
    """From a command line, as a shell splits it; `timeout=SECONDS` may come first.

    Args:
        option: the command line.
        device: isn't passed on.

    Raises:
        ConfigurationError: no program, quotes without an end, a time that isn't one, or a program
            that can't be started.
    """
    try:
        arguments = shlex.split(option)
    except ValueError as error:
        raise ConfigurationError(
            f"the command {option!r:.200} can't be split ({error}). Remedy: close its quotes"
        ) from error
    seconds = SECONDS
    if arguments and arguments[0].startswith(_TIMEOUT):
        seconds = _seconds(arguments.pop(0)[len(_TIMEOUT) :])
    if not arguments:
        raise ConfigurationError(
            "detector 'command' has no program. Remedy: name one: command:./my_detector.py"
        )
    return CommandDetector(arguments, seconds)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ConfigurationError(
            f"the timeout of a detector is {text!r:.40}. Remedy: give seconds, such as timeout=10"
        )
    return seconds


def _request(number: int, frame: Frame, words: Sequence[str]) -> bytes:
    height, width = frame.shape[:2]
    data = base64.b64encode(frame.tobytes()).decode("ascii")
    picture = {"width": width, "height": height, "format": "rgb24", "data": data}
    return json.dumps({"id": number, "words": list(words), "frame": picture}).encode() + b"\n"


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError) as error:
        shown = line[:60].decode("utf-8", "replace")
        raise DetectorError(
            f"a detector's program answered {shown!r}, which isn't a line of JSON. {_REMEDY}"
        ) from error
    assert isinstance(answer, dict)  # it begins with a brace
    return answer


def _detections(answer: Mapping[str, Any], frame_size: tuple[int, int]) -> list[Detection]:
    if "error" in answer:
        text = " ".join(str(answer["error"]).split())
        raise DetectorError(
            f"the detector's program reports: {text:.300}. Remedy: see to that, or choose another "
            "detector"
        )
    entries = answer.get("detections")
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise DetectorError(f"a detector's program answered no list of detections. {_REMEDY}")
    masks = [each for each in entries if "mask" in each]
    if len(masks) > MOST:  # before they take memory
        worst = sorted(masks, key=_order)[: len(masks) - MOST]
        left_out = {id(each) for each in worst}
        entries = [each for each in entries if id(each) not in left_out]
    return [_detection(each, frame_size) for each in entries]


def _order(entry: Mapping[str, Any]) -> float:
    score = entry.get("score")
    usable = isinstance(score, int | float) and 0 <= score <= 1
    return float(score) if usable and score is not None else -1.0


def _detection(entry: Mapping[str, Any], frame_size: tuple[int, int]) -> Detection:
    try:
        label, score = entry["label"], float(entry["score"])
        region = _mask(entry["mask"], frame_size) if "mask" in entry else _box(entry["box"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise DetectorError(
            f"a detector's program answered a detection that isn't one ({what:.200}). {_REMEDY}"
        ) from error
    return Detection(label, score, region)


def _box(values: Any) -> Box:
    if not isinstance(values, list) or len(values) != 4:
        raise RegionError(f"the box is {values!r:.60}")
    return Box(*(float(value) for value in values))


def _mask(rle: Any, frame_size: tuple[int, int]) -> Mask:
    size = rle.get("size") if isinstance(rle, dict) else None
    if size != list(frame_size):  # before it takes memory
        raise RegionError(f"the size of the mask is {size!r:.60}, not {list(frame_size)}")
    return Mask(from_coco_rle(rle))
