"""Results that were made while other processes shared the machine: their speed isn't comparable."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from vot.experiment import Experiment
from vot.tracker import Tracker

NOTE = "shared_times.json"


def record_shared(
    folder: Path,
    tracker: Tracker,
    sequences: Iterable[str],
    experiment: Experiment | str,
    *,
    shared: bool,
) -> None:
    """Remembers whether the machine was shared while sequences of an experiment were run."""
    name = experiment if isinstance(experiment, str) else experiment.identifier
    before = _read(folder)
    keys = {f"{tracker.reference}/{name}/{sequence}" for sequence in sequences}
    after = before | keys if shared else before - keys
    if after == before:
        return
    file = folder / "cache" / NOTE
    with contextlib.suppress(OSError):  # a full disk, a read-only workspace
        file.parent.mkdir(exist_ok=True)
        new = file.with_name(f"{NOTE}.{os.getpid()}")
        new.write_text(json.dumps(sorted(after)), encoding="utf-8")
        os.replace(new, file)


def was_shared(folder: Path, tracker: Tracker) -> bool:
    """Whether any of a tracker's times were measured on a shared machine."""
    return any(key.startswith(f"{tracker.reference}/") for key in _read(folder))


def _read(folder: Path) -> set[str]:
    try:
        return set(json.loads((folder / "cache" / NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return set()
