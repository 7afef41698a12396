"""`run.json`, beside a tracker's results: with what each sequence's answers were made.

A sequence is done where its files are complete and its note has the present fingerprint. Notes are
written before the sequences run, so that a run may be ended at any moment.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samurai.benchmark.results import RECORD
from samurai.benchmark.run_files import box_file, has_results, is_complete
from samurai.benchmark.storage import OF_A_RUN
from samurai.datasets.base import AnySequence, BoxSequence, Dataset
from samurai.errors import DatasetError
from samurai.fingerprints.fingerprint import Fingerprint, changes, digest
from samurai.runtime.whole_files import storing, write_whole
from samurai.spelling import listed

FORMAT = 1
INPUT = "input"
UNKNOWN = "it isn't known with what they were made"
OTHER_INPUT = "made of other images or another first box"
_SHOWN = 3


@dataclass(frozen=True)
class SequenceNote:
    """With what a sequence's answers were made.

    Attributes:
        made_with: key of the fingerprint.
        input: digest of what the tracker was shown: names of images, first boxes or masks.
        frames: that are tracked.
        notes: departures that a reader of the scores should know.
    """

    made_with: str
    input: str
    frames: int
    notes: tuple[str, ...] = ()


@dataclass
class RunRecord:
    """The content of `run.json`.

    Attributes:
        about: of the newest run, for readers: data set, convention of boxes, settings and so on.
        fingerprints: by their keys.
        sequences: by name.
    """

    about: dict[str, Any]
    fingerprints: dict[str, Fingerprint] = field(default_factory=dict)
    sequences: dict[str, SequenceNote] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> RunRecord | None:
        """The record of a tracker's folder; None where there is none.

        Raises:
            DatasetError: it is damaged, or of another version.
        """
        file = folder / RECORD
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            about = {n: v for n, v in content.items() if n not in ("made_with", "sequences")}
            if about["format"] != FORMAT:
                raise ValueError(f"its format is {about['format']}, not {FORMAT}")
            notes = {
                name: SequenceNote(**{**note, "notes": tuple(note.get("notes", ()))})
                for name, note in content["sequences"].items()
            }
            return cls(about, dict(content["made_with"]), notes)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DatasetError(
                f"{file} can't be read ({error}). Remedy: run into another folder with --name, or "
                "anew with --force after deleting this file"
            ) from error

    def write(self, folder: Path) -> None:
        """Write `run.json`.

        Raises:
            StorageError: it can't be written.
        """
        used = {note.made_with for note in self.sequences.values()}
        content = {
            **self.about,
            "made_with": {key: made for key, made in self.fingerprints.items() if key in used},
            "sequences": {
                name: {
                    "made_with": note.made_with,
                    INPUT: note.input,
                    "frames": note.frames,
                    **({"notes": list(note.notes)} if note.notes else {}),
                }
                for name, note in self.sequences.items()
            },
        }
        write_whole(folder / RECORD, json.dumps(content, indent=1) + "\n", OF_A_RUN)


@dataclass(frozen=True)
class Survey:
    """What of a run is done.

    Attributes:
        done: complete, and made with the present fingerprint.
        left: still to be run.
        other: reasons why results that are there count as another run's, with their sequences.
        beside: the same for sequences that aren't to be run now.
    """

    done: tuple[AnySequence, ...]
    left: tuple[AnySequence, ...]
    other: Mapping[str, tuple[str, ...]]
    beside: Mapping[str, tuple[str, ...]]

    def refuse_mixing(self, folder: Path, force: bool) -> None:
        """Raise DatasetError where results of another run would be mixed with those of this one.

        Args:
            force: whether all sequences to be run are made anew.
        """
        if self.beside:
            remedy = "--force without --sequences makes all of them anew"
        elif self.other and not force:
            remedy = "--force makes them anew"
        else:
            return
        named = {**self.other, **self.beside}
        parts = [f"{listed(names, _SHOWN)} ({why})" for why, names in named.items()]
        raise DatasetError(
            f"{folder} holds results of another run: {'; '.join(parts)}. Remedy: {remedy}, --name "
            "NAME runs into another folder"
        )


def survey(
    folder: Path,
    record: RunRecord | None,
    sequences: Sequence[AnySequence],
    fingerprint: Fingerprint,
    per_object: bool,
    first: int | None,
) -> Survey:
    """Compare what lies in a tracker's folder with what is to be run now."""
    record = record or RunRecord({})
    done: list[AnySequence] = []
    left: list[AnySequence] = []
    other: dict[str, list[str]] = defaultdict(list)
    beside: dict[str, list[str]] = defaultdict(list)
    differences = {key: _since(made, fingerprint) for key, made in record.fingerprints.items()} | {
        digest(fingerprint): ""
    }
    for each in sequences:
        note = record.sequences.get(each.name)
        if not has_results(folder, each):
            left.append(each)
            continue
        why = UNKNOWN if note is None else differences.get(note.made_with, UNKNOWN)
        if note is not None and not why and note.input != input_digest(each, first):
            why = OTHER_INPUT
        if why:
            other[why].append(each.name)
        complete = not why and is_complete(folder, each, per_object, frames_of(each, first))
        (done if complete else left).append(each)
    for name in record.sequences.keys() - {each.name for each in sequences}:
        why = differences.get(record.sequences[name].made_with, UNKNOWN)
        if why:
            beside[why].append(name)
    named = ({why: tuple(sorted(names)) for why, names in d.items()} for d in (other, beside))
    return Survey(tuple(done), tuple(left), *named)


def _since(then: Fingerprint, now: Fingerprint) -> str:
    """What has changed, for a message; "" where nothing has."""
    found = changes(then, now)
    return f"since then {'; '.join(found)}" if found else ""


def frames_of(sequence: AnySequence, first: int | None) -> int:
    """How many frames of a sequence are tracked.

    Args:
        first: at most so many; None for all.
    """
    return sequence.frames if first is None else min(first, sequence.frames)


def input_digest(sequence: AnySequence, first: int | None) -> str:
    """Stands for what a tracker is shown of a sequence: which images, and the prompts."""
    images = [path.name for path in sequence.images[: frames_of(sequence, first)]]
    if isinstance(sequence, BoxSequence):
        prompt = [repr(value) for value in sequence.truth[0].tolist()]
        return digest([images, prompt, sequence.first_pixel])
    objects = [
        [each.number, each.start, each.masks[each.start].name, each.value]
        for each in sequence.objects
    ]
    return digest([images, objects])


def forget_results(folder: Path, sequence: AnySequence) -> None:
    """Delete a sequence's answers that are to be made anew with something else.

    Raises:
        StorageError: they can't be deleted.
    """
    with storing(folder, OF_A_RUN):
        if isinstance(sequence, BoxSequence):
            box_file(folder, sequence.name).unlink(missing_ok=True)
        elif (folder / sequence.name).is_dir():
            shutil.rmtree(folder / sequence.name)


def first_pixels(dataset: Dataset, sequences: Sequence[AnySequence]) -> int | None:
    """The coordinate of the top-left pixel; None for masks."""
    found = {each.first_pixel for each in sequences if isinstance(each, BoxSequence)}
    return max(found) if dataset.kind == "box" and found else None
