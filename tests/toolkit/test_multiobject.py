"""Several objects through the toolkit: when they are introduced, and what Q and its companions say.

The toolkit's own experiment runs trackers whose answers are made up from the truth of the bundled
sequences; `samurai evaluate` then scores them.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from vot.dataset import Frame, Sequence
from vot.region import Mask, Region, Special
from vot.region.io import read_trajectory
from vot.tracker import ObjectStatus, OnlineTrackerRuntime, Tracker
from vot.workspace import Workspace

from samurai.cli.main import main

Evaluate = Callable[..., tuple[int, str]]
Answer = Callable[[Sequence, str, int], Region]

BUNDLED = Path(__file__).parents[2] / "vot_workspace" / "multiobject"
LATE = ("visitors", "lemon")
EMPTY = Mask(np.zeros((1, 1), dtype=np.uint8))


def first(sequence: Sequence, name: str) -> int:
    """The frame in which the truth of an object begins."""
    truth = sequence.object(name)
    return next(k for k in range(len(sequence)) if not isinstance(truth[k], Special))


def truth(sequence: Sequence, name: str, frame: int) -> Region:
    return sequence.object(name, frame)


def nothing(sequence: Sequence, name: str, frame: int) -> Region:
    return EMPTY


def frozen(sequence: Sequence, name: str, frame: int) -> Region:
    """Stays where the object was introduced."""
    return sequence.object(name, first(sequence, name))


def mistaken(sequence: Sequence, name: str, frame: int) -> Region:
    """Takes the first two of the three same drakes for each other after half of the sequence."""
    other = {"drake1": "drake2", "drake2": "drake1"}.get(name, name)
    return sequence.object(other if frame > len(sequence) // 2 else name, frame)


TRACKERS: dict[str, Answer] = {
    "truth": truth,
    "nothing": nothing,
    "frozen": frozen,
    "mistaken": mistaken,
}


class Scripted(OnlineTrackerRuntime):  # type: ignore[misc]  # vot has no types
    """A tracker of several objects in this process, which keeps the order of introduction."""

    multiobject = True

    def __init__(self, tracker: Tracker, answer: Answer) -> None:
        super().__init__(tracker)
        self.answer = answer
        self.names: list[str] = []
        self.introduced: dict[str, int] = {}

    def initialize(self, frame: Frame, new: list[ObjectStatus]) -> tuple[list[ObjectStatus], float]:
        self.names = []
        return self.update(frame, new)

    def update(self, frame: Frame, new: list[ObjectStatus]) -> tuple[list[ObjectStatus], float]:
        sequence = frame.sequence
        for status in new:
            (name,) = (o for o in sequence.objects() if frame.object(o) is status.region)
            self.names.append(name)
            self.introduced[f"{sequence.name}/{name}"] = frame.index
        answers = [self.answer(sequence, name, frame.index) for name in self.names]
        return [ObjectStatus(region, {}) for region in answers], 0.01

    def restart(self) -> None:
        pass

    def stop(self) -> None:
        pass


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Workspace, dict[str, int]]:
    """A workspace with the results of all scripted trackers, and when objects were introduced."""
    folder = tmp_path_factory.mktemp("multiobject")
    (folder / "sequences").symlink_to(BUNDLED / "sequences")
    (folder / "config.yaml").write_text(
        f"registry: [./trackers.ini]\nstack: {BUNDLED / 'stack.yaml'}\n"
    )
    (folder / "trackers.ini").write_text(
        "".join(f"[{name}]\nprotocol = trax\ncommand = none\n" for name in TRACKERS)
    )
    workspace = Workspace.load(str(folder))
    introduced: dict[str, int] = {}
    for experiment in workspace.stack:
        for name, answer in TRACKERS.items():
            tracker = workspace.registry[name]
            runtime = Scripted(tracker, answer)
            tracker.runtime = lambda log=False, runtime=runtime: runtime
            for sequence in experiment.transform(list(workspace.dataset)):
                experiment.execute(tracker, sequence)
            introduced = runtime.introduced
    return folder, workspace, introduced


def dense(sequence: Sequence, region: Region) -> NDArray[np.bool_]:
    width, height = sequence.size
    return np.asarray(region.rasterize((0, 0, width - 1, height - 1)) > 0)


def quality(workspace: Workspace, answer: Answer) -> float:
    """Q as VOTS publishes it, said once more: the mean over sequences of that over objects.

    An object counts from the frame after the first, in which all the toolkit keeps is that it was
    initialized; one that is introduced later counts from its introduction.
    """
    of_sequences = []
    for sequence in workspace.dataset:
        of_objects = []
        for name in sequence.objects():
            overlaps = []
            for frame in range(max(1, first(sequence, name)), len(sequence)):
                true = dense(sequence, sequence.object(name, frame))
                said = dense(sequence, answer(sequence, name, frame))
                union = (true | said).sum()
                overlaps.append((true & said).sum() / union if union else 1.0)
            of_objects.append(np.mean(overlaps))
        of_sequences.append(np.mean(of_objects))
    return float(np.mean(of_sequences))


def rows(printed: str) -> tuple[list[str], dict[str, list[str]]]:
    """The names of the table's columns, and each tracker's cells without a mark."""
    lines = printed.splitlines()
    (head,) = (n for n, line in enumerate(lines) if line.startswith("tracker  "))
    cells = [line.split() for line in lines[head : head + 1 + len(TRACKERS)]]
    values = {name: [cell.rstrip("?") for cell in own] for name, *own in cells[1:]}
    return cells[0][1:], values


@pytest.fixture(scope="module")
def printed(ran: tuple[Path, Workspace, dict[str, int]]) -> str:
    """What `samurai evaluate` says of all of them; it finds their results and runs nothing."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main(["evaluate", *TRACKERS, "--workspace", str(ran[0])])
    assert code == 0, out.getvalue()
    return out.getvalue()


def test_every_object_is_introduced_when_its_truth_begins(
    ran: tuple[Path, Workspace, dict[str, int]],
) -> None:
    _, workspace, introduced = ran
    expected = {
        f"{sequence.name}/{name}": first(sequence, name)
        for sequence in workspace.dataset
        for name in sequence.objects()
    }
    assert introduced == expected
    late = {name for name, frame in expected.items() if frame > 0}
    assert late == {"/".join(LATE)}


def test_a_late_object_has_no_results_before_it_came(
    ran: tuple[Path, Workspace, dict[str, int]],
) -> None:
    folder, workspace, _ = ran
    name, late = LATE
    start = first(workspace.dataset[name], late)
    results = folder / "results" / "truth" / "multiobject" / name
    regions = read_trajectory(str(results / f"{name}_{late}_001.bin"))
    assert [isinstance(region, Special) for region in regions[1 : start + 2]] == [
        *[True] * (start - 1),
        False,
        False,
    ]


def test_the_truth_has_a_quality_of_one(printed: str) -> None:
    columns, values = rows(printed)
    assert columns == ["Q", "A", "R", "NRE", "DRE", "ADQ", "fps"]
    q, accuracy, robustness, unreported, drift, absence, _ = map(float, values["truth"])
    assert q == absence == 1.0
    assert drift == 0.0
    # Here the toolkit counts the frame of initialization, as one in which nothing was said.
    assert accuracy == pytest.approx(0.98, abs=0.01)
    assert robustness == pytest.approx(0.98, abs=0.01)
    assert robustness + unreported == pytest.approx(1.0, abs=0.002)


def test_quality_is_what_vots_publishes(
    ran: tuple[Path, Workspace, dict[str, int]], printed: str
) -> None:
    _, values = rows(printed)
    for name, answer in TRACKERS.items():
        assert float(values[name][0]) == pytest.approx(quality(ran[1], answer), abs=0.0006), name
    assert {cells[-1] for cells in values.values()} == {"100.0"}, "a frame counts once"


def test_a_measure_without_a_value_is_a_dash(
    ran: tuple[Path, Workspace, dict[str, int]], evaluate: Evaluate
) -> None:
    """Nothing is absent for more than ten frames in the other two sequences: no ADQ."""
    code, text = evaluate(*TRACKERS, "--workspace", ran[0], "--sequences", "crossing,twins")
    assert code == 0, text
    _, values = rows(text)
    assert all(cells[5] == "-" for cells in values.values())
