"""What is looked for, how often, and what counts as a new object."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Literal

from samurai.core.proposals import ProposalSettings
from samurai.errors import ConfigurationError
from samurai.spelling import did_you_mean

Keep = Literal["wholes", "parts"]

SAM_TRACK_NAMES = {
    "sam_gap": "gap",
    "max_obj_num": "max_objects",
    "min_new_obj_iou": "min_new",
}
"""What SAM-Track calls settings that are called otherwise here."""

POINTS_ON_CPU, POINTS_ELSEWHERE = 16, 32


@dataclass(frozen=True)
class DiscoverySettings:
    """How new objects are found.

    Attributes:
        gap: a pass begins in the first frame, and in each whose number is a multiple of it
            (SAM-Track: `sam_gap`), or in the next one that there is.
        points_per_side: of the grid of clicks; None is 16 on a CPU, 32 elsewhere.
        min_area: pixels of a candidate that no object covers yet, at least.
        min_new: these pixels as a share of the candidate, at least (`min_new_obj_iou`).
        max_objects: that are tracked at a time, prompted ones included (`max_obj_num`, which counts
            all that ever were).
        largest: share of the frame that a candidate covers at most; what is larger is background.
        keep: of a whole and its parts, which is found: candidates are taken from the largest to the
            smallest (wholes) or the other way (parts), each by the two tests above, with what was
            taken before counting as covered. Of equal areas the surer one comes first, then the
            higher, then the one further left.
        match: mask IoU from which a candidate is taken for an object that is tracked.
        min_predicted_iou, min_stability, nms_overlap: of proposals, see `ProposalSettings`.
        persist: further frames in which a candidate must be found again before it is an object.
        retire_after: frames after which a found object that is absent isn't tracked any more;
            None keeps all. Prompted objects stay.
        budget: seconds of looking per second of tracking; a pass goes on over several frames then.
            None looks at a whole frame at once, however long that takes.

    Raises:
        ConfigurationError: a value isn't allowed.
    """

    gap: int = 100
    points_per_side: int | None = None
    min_area: int = 200
    min_new: float = 0.8
    max_objects: int = 255
    largest: float = 0.5
    keep: Keep = "wholes"
    match: float = 0.5
    min_predicted_iou: float = 0.8
    min_stability: float = 0.9
    nms_overlap: float = 0.7
    persist: int = 0
    retire_after: int | None = None
    budget: float | None = None

    def __post_init__(self) -> None:
        for name, least in (
            ("gap", 1),
            ("points_per_side", 1),
            ("min_area", 1),
            ("max_objects", 1),
            ("persist", 0),
            ("retire_after", 1),
        ):
            value = getattr(self, name)
            if value is None and name in ("points_per_side", "retire_after"):
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ConfigurationError(f"{name}={value!r}: give a whole number from {least}")
        for name in ("min_new", "largest", "match"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 < value <= 1:
                raise ConfigurationError(f"{name}={value!r}: give a number above 0, at most 1")
        if self.keep not in ("wholes", "parts"):
            raise ConfigurationError(f"keep={self.keep!r}: give wholes or parts")
        budget = self.budget
        if budget is not None and not (isinstance(budget, int | float) and 0 < budget < math.inf):
            raise ConfigurationError(f"budget={budget!r}: give a number above 0, such as 0.1")
        self.proposals("cpu")

    @classmethod
    def of(cls, **values: Any) -> DiscoverySettings:
        """Settings by our names or SAM-Track's.

        Raises:
            ConfigurationError: an unknown name, one setting twice, or a value that isn't allowed.
        """
        known, given = [each.name for each in fields(cls)], dict[str, Any]()
        for name, value in values.items():
            own = SAM_TRACK_NAMES.get(name, name)
            if own not in known:
                raise ConfigurationError(
                    f"discovery has no setting {name}{did_you_mean(name, known)}: it has "
                    f"{', '.join(known)}"
                )
            if own in given:
                raise ConfigurationError(f"{own} is given twice: as {own} and by SAM-Track's name")
            given[own] = value
        return cls(**given)

    def proposals(self, device: str) -> ProposalSettings:
        """The grid and the thresholds on a type of device."""
        default = POINTS_ON_CPU if device == "cpu" else POINTS_ELSEWHERE
        return ProposalSettings(
            self.points_per_side or default,
            self.min_predicted_iou,
            self.min_stability,
            nms_overlap=self.nms_overlap,
        )
