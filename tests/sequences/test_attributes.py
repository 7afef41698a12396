"""What the tables beside the workspaces say of the frozen sequences, held against their masks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vot.dataset import load_dataset

from benchmarks.hard.scenes import RECIPES as HARD
from vot_wrapper.toolkit.attributes import attributes_of, read_table

WORKSPACE = Path(__file__).parents[2] / "vot_workspace"


@pytest.mark.parametrize("folder", [WORKSPACE, WORKSPACE / "multiobject"])
def test_tables_name_sequences_and_frames_that_there_are(folder: Path) -> None:
    table = read_table(folder)
    sequences = {s.name: s for s in load_dataset(str(folder / "sequences"))}
    assert table.keys() <= sequences.keys()
    for name in table:
        assert table[name].keys() <= attributes_of(sequences[name], table).keys()


def test_every_bundled_sequence_stands_for_something(committed: dict[str, Any]) -> None:
    table = read_table(WORKSPACE)
    found = {s.name: attributes_of(s, table) for s in load_dataset(str(WORKSPACE / "sequences"))}
    assert all(found.values())
    for name in ("deformation", "distractor", "scale"):
        assert found[name][name].all()
    np.testing.assert_array_equal(found["occlusion"]["occlusion"], committed["occlusion"].occluded)
    ((gone, _),) = committed["reentry"].absences()
    assert np.flatnonzero(found["reentry"]["out-of-view"]).tolist() == [*range(gone, 80)]


def test_sources_states_every_hard_sequence() -> None:
    rows = [
        [cell.strip(" `") for cell in line.split("|")[1:5]]
        for line in (WORKSPACE / "hard" / "SOURCES.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    assert rows == [
        [name, str(recipe.seed), str(recipe.frames), recipe.attribute.replace("-", " ")]
        for name, recipe in sorted(HARD.items())
    ]
