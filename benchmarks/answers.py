"""Digests of every answer on the bundled sequences: shows whether a change of the code changes a
bit.

    python -m benchmarks.answers record before.json
    (change the code)
    python -m benchmarks.answers compare before.json

Every policy runs on every sequence: with one object and with several, seen through search regions
and in the whole frame, with objects that come late, with answers that may not overlap, with memory
written at once and in the background. Digests are comparable only on one machine with one version
of torch; they must not change where code is only moved.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.environment import ROOT
from benchmarks.speed.errors import BenchmarkError
from samurai import Answer, Box, Mask, Tracker, TrackerConfig
from samurai.cli.ending import status_of
from samurai.cli.parser import Parser
from samurai.cli.values import whole_number
from samurai.masks import PackedMask
from samurai.models.checkpoints import load_model, model_card
from samurai.policies import policy_names
from samurai.regions import Points, Region
from samurai.video.images import read_frame

SINGLE = ROOT / "vot_workspace" / "sequences"
MULTIPLE = ROOT / "vot_workspace" / "multiobject" / "sequences"


@dataclass(frozen=True)
class Mode:
    """How a sequence is tracked.

    Attributes:
        folder: of the sequences.
        whole: the network sees the whole frame, not a search region.
        background: memory is written in the background.
        overlap: answers may share pixels.
        late: the second object is prompted so many frames late, the third twice as many, and so on.
        prompt: the prompt made from an object's first mask.
        offline: answers come after the last frame.
    """

    folder: Path
    whole: bool = False
    background: bool = False
    overlap: bool = True
    late: int = 0
    prompt: Callable[[NDArray[np.bool_]], Region] = Mask
    offline: bool = False


def _box(mask: NDArray[np.bool_]) -> Region:
    box = Box.of_mask(mask)
    assert box is not None
    return box


def _click(mask: NDArray[np.bool_]) -> Region:
    """The pixel furthest from the mask's edge."""
    distances = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    row, column = np.unravel_index(int(distances.argmax()), mask.shape)
    return Points([(column + 0.5, row + 0.5)], [1])


MODES = {
    "single": Mode(SINGLE),
    "single whole background": Mode(SINGLE, whole=True, background=True, prompt=_box),
    "several": Mode(MULTIPLE, background=True),
    "several separated box": Mode(MULTIPLE, overlap=False, prompt=_box),
    "several whole late": Mode(MULTIPLE, whole=True, late=7),
    "several late click": Mode(MULTIPLE, late=5, background=True, prompt=_click),
    "several offline": Mode(MULTIPLE, offline=True, late=5),
}


def digests(policies: list[str], frames: int | None = None) -> Iterator[tuple[str, str]]:
    """The name and the digest of each run, of so many frames of each sequence."""
    torch.set_num_threads(1)
    card = model_card("nano")
    model = load_model(card)
    for name, mode in MODES.items():
        for policy in policies:
            config = TrackerConfig(
                policy=policy,
                device="cpu",
                dtype="float32",
                window="whole" if mode.whole else None,
                overlap=mode.overlap,
                offline=mode.offline,
            )
            tracker = Tracker(model, config, card)
            tracker.warm_up()
            for folder in sorted(mode.folder.iterdir()):
                if folder.is_dir():
                    yield (
                        f"{name} / {policy} / {folder.name}",
                        _digest(tracker, mode, folder, frames),
                    )


def _digest(tracker: Tracker, mode: Mode, folder: Path, frames: int | None) -> str:
    first_masks = _first_masks(folder)
    code = hashlib.sha256()
    with tracker.session() as session:
        for index, picture in enumerate(sorted((folder / "color").glob("*.jpg"))[:frames]):
            frame = read_frame(str(picture))
            new = [
                mode.prompt(mask)
                for number, (first, mask) in enumerate(first_masks)
                if first + number * mode.late == index
            ]
            answers = session.start(frame, new) if index == 0 else session.step(frame, new)
            if mode.background:
                session.update_memory_async()
            _note(code, answers)
            if not mode.offline:
                code.update(session.logits.tobytes())
        if mode.offline:
            for answers in session.finish():  # type: ignore[attr-defined]
                _note(code, answers)
    return code.hexdigest()[:16]


def _note(code: hashlib._Hash, answers: list[Answer]) -> None:
    for answer in answers:
        box = answer.box and (answer.box.x, answer.box.y, answer.box.width, answer.box.height)
        code.update(np.packbits(answer.mask).tobytes())
        code.update(repr((answer.object_id, box, answer.confidence, answer.absent)).encode())


def _first_masks(folder: Path) -> list[tuple[int, NDArray[np.bool_]]]:
    """Each object's first frame, and its mask there, boolean (H, W)."""
    picture = read_frame(str(min((folder / "color").glob("*.jpg"))))
    found = []
    for file in sorted(folder.glob("groundtruth*.txt")):
        lines = enumerate(file.read_text(encoding="utf-8").splitlines())
        first, line = next((n, line) for n, line in lines if line.startswith("m"))
        found.append((first, _mask(line, picture.shape[:2])))
    return found


def _mask(line: str, size: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask as the VOT toolkit writes it: m, then x, y, width, height and run lengths."""
    left, top, width, height, *runs = (int(number) for number in line.lstrip("m").split(","))
    runs.append(width * height - sum(runs))
    mask = np.zeros(size, np.bool_)
    packed = PackedMask(np.array(runs, np.uint32), (height, width))
    mask[top : top + height, left : left + width] = packed.mask
    return mask


def _read(file: Path) -> dict[str, str]:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except ValueError as error:
        raise BenchmarkError(
            f"{file} isn't JSON ({error}). Remedy: name a file that `record` wrote"
        ) from error


def _compare(before: dict[str, str], after: dict[str, str]) -> int:
    different = [name for name in before if name in after and before[name] != after[name]]
    for name in different:
        print(f"different: {name}")
    for name in sorted(before.keys() ^ after.keys()):
        print(f"only {'before' if name in before else 'now'}: {name}")
    print(f"{len(before.keys() & after.keys()) - len(different)} runs equal")
    return 1 if different or before.keys() != after.keys() else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Records digests or compares them; returns 1 where any differs."""
    return status_of(lambda: _run(arguments), "benchmarks.answers")


def _run(arguments: Sequence[str] | None) -> int:
    parser = Parser(prog="python -m benchmarks.answers", description=__doc__)
    what = "record: write the digests of now; compare: name those that differ now"
    parser.add_argument("command", choices=("record", "compare"), help=what)
    parser.add_argument("file", metavar="FILE", type=Path, help="the digests, JSON")
    parser.add_argument("--frames", type=whole_number(1), help="of each sequence (default: all)")
    given = parser.parse_args(arguments)
    before = _read(given.file) if given.command == "compare" else {}  # refused before an hour
    now = dict(digests(policy_names(), given.frames))
    if given.command == "compare":
        return _compare(before, now)
    given.file.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    print(f"{len(now)} runs recorded in {given.file}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
