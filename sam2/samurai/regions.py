"""What goes into a session and what comes out: prompts and answers, in frame pixels.

Coordinates: x to the right, y down, the origin at the top-left corner of the top-left pixel.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from numbers import Number
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samurai.errors import DependencyError, RegionError
from samurai.geometry import filled_box, mask_corners


@dataclass(frozen=True)
class Box:
    """An axis-aligned box: top-left corner and size in (sub-)pixels, stored as Python floats.

    Numbers of any kind are taken, scalars of numpy and torch included.

    Raises:
        RegionError: a value isn't a number.
    """

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        for field in fields(self):
            number = _number(getattr(self, field.name), f"the {field.name} of a box")
            object.__setattr__(self, field.name, number)

    @classmethod
    def of_mask(cls, mask: NDArray[np.bool_]) -> Box | None:
        """The box that covers a mask's pixels (max - min + 1); None for an empty mask."""
        corners = mask_corners(mask)
        if corners is None:
            return None
        left, top, right, bottom = corners
        return cls(float(left), float(top), float(right - left + 1), float(bottom - top + 1))

    @classmethod
    def of_profiles(cls, rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> Box | None:
        """The same, told from which rows (H,) and columns (W,) of the mask hold a pixel."""
        if not rows.any():
            return None
        (top, bottom), (left, right) = (np.flatnonzero(side)[[0, -1]] for side in (rows, columns))
        return cls(float(left), float(top), float(right - left + 1), float(bottom - top + 1))

    def check(self, frame_size: tuple[int, int]) -> None:
        """Raise RegionError unless the box is finite, has an area and touches the frame."""
        values = (self.x, self.y, self.width, self.height)
        if not all(math.isfinite(value) for value in values):
            raise RegionError(f"{self} is not finite: give the initial box as four finite numbers")
        if self.width <= 0 or self.height <= 0:
            raise RegionError(f"{self} has no area: width and height must be above zero")
        rows, columns = frame_size
        right, bottom = self.x + self.width, self.y + self.height
        if self.x >= columns or self.y >= rows or right <= 0 or bottom <= 0:
            raise RegionError(
                f"the box at {self.x:g}, {self.y:g} of {self.width:g}x{self.height:g} pixels lies "
                f"outside the {columns}x{rows} frame. Remedy: give x, y, width and height in "
                "pixels of this frame"
            )

    def check_places(self, frame_size: tuple[int, int]) -> None:
        """As `check`."""
        self.check(frame_size)

    def filled(self, frame_size: tuple[int, int]) -> Mask:
        """The box as a mask of a (height, width) frame: pixels whose centers lie inside."""
        return Mask(filled_box(self.x, self.y, self.width, self.height, frame_size))


class Mask:
    """The pixels of an object: a (H, W) array of the frame's size.

    Args:
        array: booleans; or integers of which all that aren't zero are equal (0 and 1, 0 and 255);
            or floats 0 and 1. An array of numpy in any memory layout, a tensor of torch on any
            device, or nested lists. It is copied.

    Attributes:
        array: boolean (H, W), contiguous.

    Raises:
        RegionError: another shape, another kind of values, probabilities, logits, or several
            labels.
    """

    def __init__(self, array: ArrayLike) -> None:
        values = _host_array(array, "a mask")
        if values.ndim != 2:
            hint = f": give array.reshape{_without_ones(values.shape)}" if values.ndim > 2 else ""
            raise RegionError(
                f"a mask has two dimensions (height, width), not the shape {values.shape}{hint}"
            )
        self.array: NDArray[np.bool_] = np.array(_object_pixels(values), dtype=np.bool_, order="C")

    def __repr__(self) -> str:
        rows, columns = self.array.shape
        return f"Mask({columns}x{rows}, {int(self.array.sum())} pixels)"

    def check(self, frame_size: tuple[int, int]) -> None:
        """Raise RegionError unless the mask has the frame's size and at least one pixel."""
        if self.array.shape != tuple(frame_size):
            raise RegionError(
                f"the mask is {self.array.shape[1]}x{self.array.shape[0]} but the frame is "
                f"{frame_size[1]}x{frame_size[0]}: give a mask of the frame's size"
            )
        if not self.array.any():
            raise RegionError("the mask is empty: it must hold at least one pixel of the object")

    def check_places(self, frame_size: tuple[int, int]) -> None:
        """As `check`."""
        self.check(frame_size)


class Points:
    """Clicks: (N, 2) coordinates x, y in frame pixels and N labels, 1 object and 0 background.

    Both are copied; arrays, tensors and lists are taken.

    Args:
        box: of the object, if it is known; the clicks then say more about what it holds.

    Raises:
        RegionError: another shape, values that aren't numbers, labels that aren't whole.
    """

    def __init__(self, coordinates: ArrayLike, labels: ArrayLike, box: Box | None = None) -> None:
        places, signs = _host_array(coordinates, "points"), _host_array(labels, "labels of points")
        for values, what in ((places, "points"), (signs, "labels of points")):
            if values.dtype.kind not in "buif":
                raise RegionError(f"{what} are numbers, not {values.dtype}")
        if places.ndim != 2 or places.shape[1] != 2:
            raise RegionError(f"points are an (N, 2) array, not {places.shape}")
        if signs.shape != places.shape[:1]:
            raise RegionError(f"{len(places)} points need as many labels, not {signs.shape}")
        if not np.isin(signs, (0, 1)).all():
            raise RegionError(
                f"labels of points are 1 (on the object) or 0 (beside it), not {signs.tolist()}"
            )
        self.coordinates: NDArray[np.float32] = np.array(places, dtype=np.float32, order="C")
        self.labels: NDArray[np.int32] = np.array(signs, dtype=np.int32, order="C")
        self.box = box

    @classmethod
    def along(cls, path: ArrayLike, count: int = 8, label: int = 1) -> Points:
        """Clicks of one label along a scribble, at equal distances from its first point to its
        last one.

        Args:
            path: (N, 2) x and y of the scribble's corners, in its order.
            count: of clicks; a scribble without length becomes a single one.

        Raises:
            RegionError: no path, or no count.
        """
        corners = cls(path, np.full(len(_host_array(path, "a scribble")), label)).coordinates
        if not len(corners) or count < 1:
            raise RegionError("a scribble has at least one point and becomes at least one click")
        lengths = np.hypot(*np.diff(corners, axis=0).T) if len(corners) > 1 else np.zeros(0)
        reached = np.concatenate([[0.0], np.cumsum(lengths)])
        places = np.linspace(0, reached[-1], count if reached[-1] > 0 else 1)
        sampled = np.stack([np.interp(places, reached, axis) for axis in corners.T], axis=1)
        return cls(sampled, np.full(len(sampled), label))

    def __repr__(self) -> str:
        box = "" if self.box is None else f", {self.box}"
        return f"Points({self.coordinates.tolist()}, {self.labels.tolist()}{box})"

    def check(self, frame_size: tuple[int, int]) -> None:
        """Raise RegionError unless a box or a click says where the object is, and all clicks are
        finite and in the frame."""
        self.check_places(frame_size)
        if not says_where(self):
            raise RegionError(f"{self} needs at least one label 1 (a point on the object)")

    def check_places(self, frame_size: tuple[int, int]) -> None:
        """Raise RegionError unless all clicks are finite and in the frame, whatever they say."""
        if not np.isfinite(self.coordinates).all():
            raise RegionError(f"{self} is not finite: give points as finite numbers")
        if self.box is not None:
            self.box.check(frame_size)
        rows, columns = frame_size
        inside = (self.coordinates >= 0) & (self.coordinates <= (columns, rows))
        if not inside.all():
            raise RegionError(f"{self} has a point outside the {columns}x{rows} frame")


Region: TypeAlias = Box | Mask | Points

ObjectId: TypeAlias = int | str
"""How an object is called in its session: an integer from 0, or a name."""


def says_where(region: Region) -> bool:
    """Whether a prompt tells by itself where the object is: not clicks beside it alone."""
    return (
        not isinstance(region, Points) or region.box is not None or bool((region.labels == 1).any())
    )


def same_region(one: Region, other: Region) -> bool:
    """Whether two prompts say the same."""
    if isinstance(one, Mask) and isinstance(other, Mask):
        return np.array_equal(one.array, other.array)
    if isinstance(one, Points) and isinstance(other, Points):
        return (
            np.array_equal(one.coordinates, other.coordinates)
            and np.array_equal(one.labels, other.labels)
            and one.box == other.box
        )
    return one == other


def as_region(value: Any) -> Region:
    """A region as it is; four numbers (tuple, list, array, tensor) as a box x, y, width, height.

    Raises:
        RegionError: anything else.
    """
    if isinstance(value, Box | Mask | Points):
        return value
    if _four_numbers(value):
        return Box(*_host_array(value, "a box").tolist())
    raise RegionError(
        "an object is given as Box(x, y, width, height), the same four numbers, Mask(array) or "
        f"Points(coordinates, labels), not as {_described(value)}"
    )


def as_regions(values: Any) -> list[Region]:
    """The regions of a sequence, each by `as_region`; a single region is a list of one.

    Raises:
        RegionError: something in it isn't a region.
    """
    if values is None:
        return []
    if isinstance(values, Box | Mask | Points) or _four_numbers(values):
        return [as_region(values)]
    if isinstance(values, str | bytes | dict) or not hasattr(values, "__iter__"):
        return [as_region(values)]  # which refuses it
    return [as_region(value) for value in values]


@dataclass(frozen=True, eq=False)
class Answer:
    """Where one object is in one frame.

    Attributes:
        object_id: the caller's, or a running number in the order in which objects were introduced.
        mask: boolean (H, W) array of the frame's size; overlaps between objects are kept.
        box: the mask's box (max - min + 1), None when the mask is empty.
        confidence: 0 to 1: predicted IoU of the mask times the probability that the object is
            visible, calibrated to an expected overlap where the model's card has knots for that;
            0 when it is absent.
        absent: the network sees no object, or the mask is empty.
        prompted: a prompt or a correction made the mask, not the tracker alone.
    """

    object_id: ObjectId
    mask: NDArray[np.bool_]
    box: Box | None
    confidence: float
    absent: bool
    prompted: bool = False

    def to_supervision(self) -> Any:
        """As `supervision.Detections`, of one object, or of none where it is absent;
        `samurai.video.exports.supervision.to_detections` says what is in it.

        Raises:
            DependencyError: supervision isn't installed.
        """
        return detections([self])

    def __repr__(self) -> str:
        height, width = self.mask.shape
        return (
            f"Answer(object_id={self.object_id!r}, mask={width}x{height}, box={self.box}, "
            f"confidence={self.confidence:.3f}, absent={self.absent})"
        )


def detections(answers: Iterable[Answer]) -> Any:
    """What `samurai.video.exports.supervision.to_detections` returns."""
    try:
        supervision = import_module("supervision")
    except ImportError as error:
        raise DependencyError(
            f"supervision can't be imported ({error}). Remedy: pip install supervision"
        ) from error
    found = [(each, each.box) for each in answers if not each.absent and each.box is not None]
    if not found:
        return supervision.Detections.empty()
    corners = [(box.x, box.y, box.x + box.width, box.y + box.height) for _, box in found]
    ids = [answer.object_id for answer, _ in found]
    names = np.empty(len(ids), dtype=object)
    names[:] = ids
    return supervision.Detections(
        xyxy=np.array(corners, np.float32),
        mask=np.stack([answer.mask for answer, _ in found]),
        confidence=np.array([answer.confidence for answer, _ in found], np.float32),
        tracker_id=np.array([_tracker_id(each) for each in ids], np.int64),
        data={"object_id": names},
    )


def _tracker_id(object_id: ObjectId) -> int:
    """A whole number, the same in every frame and run."""
    if isinstance(object_id, int):
        return object_id
    return 2**31 + zlib.crc32(object_id.encode("utf-8", "backslashreplace"))


def _number(value: Any, what: str) -> float:
    if isinstance(value, str | bytes):
        raise RegionError(f"{what} is a number, not the text {value!r}")
    try:
        return float(value.detach() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise RegionError(f"{what} is a number, not {_described(value)}") from error


def _host_array(values: Any, what: str) -> NDArray[Any]:
    """Array-likes, and tensors of torch on any device, as an array of numpy."""
    if hasattr(values, "detach"):  # a tensor, told without importing torch
        values = values.detach().cpu()
        # numpy has no bfloat16
        values = (values.double() if values.is_floating_point() else values).numpy()
    try:
        return np.asarray(values)
    except (TypeError, ValueError) as error:
        raise RegionError(
            f"{what} can't be made of {_described(values)} ({error}): give an array"
        ) from error


def _object_pixels(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which pixels are the object's; RegionError where values leave that open."""
    if values.dtype == np.bool_:
        return values
    if values.dtype.kind == "f":
        pixels: NDArray[np.bool_] = values == 1
        if not (pixels | (values == 0)).all():
            raise RegionError(
                "a mask of floats holds only 0 and 1: cut probabilities or logits first, for "
                "example Mask(probabilities > 0.5) or Mask(logits > 0)"
            )
        return pixels
    if values.dtype.kind not in "ui":
        raise RegionError(f"a mask holds booleans or 0 and 1, not {values.dtype}")
    pixels = values != 0
    labels = values[pixels]
    if labels.size and (labels != labels[0]).any():
        found = ", ".join(map(str, np.unique(labels)[:4]))
        raise RegionError(
            f"the mask holds several values ({found}, ...): choose one object of a label map "
            "with Mask(array == label), cut soft edges with Mask(array > 127)"
        )
    return pixels


def _without_ones(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(side for side in shape if side != 1)


def _four_numbers(value: Any) -> bool:
    """Whether that is a box without its name: four plain numbers in a row."""
    if hasattr(value, "shape"):
        kind = str(value.dtype)
        return tuple(value.shape) == (4,) and ("float" in kind or "int" in kind)
    if not isinstance(value, list | tuple) or len(value) != 4:
        return False
    return all(isinstance(v, Number) or getattr(v, "shape", None) == () for v in value)


def _described(value: Any) -> str:
    shape = getattr(value, "shape", None)
    kind = type(value).__name__
    return f"{kind} of shape {tuple(shape)}" if shape is not None else f"{kind} {value!r:.40}"
