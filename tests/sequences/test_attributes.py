"""What happens in which frame: tags and attributes.yaml, checked against the masks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from vot.dataset import load_dataset

from vot_wrapper.toolkit.attributes import attributes_of, read_table

HARD = {  # the first part of a hard sequence's name: its attribute
    "absence": "out-of-view",
    "doubles": "distractor",
    "fast": "fast-motion",
    "jerk": "camera-jerk",
}


@pytest.fixture(scope="module")
def found(collections: Any) -> dict[str, dict[str, NDArray[np.bool_]]]:
    """Per sequence the frames (N,) of each of its attributes, as `samurai ablate` reads them."""
    return {
        sequence.name: attributes_of(sequence, read_table(collection.folder.parent))
        for collection in collections.values()
        for sequence in load_dataset(str(collection.folder))
    }


def test_tables_name_sequences_that_exist(collection: Any) -> None:
    assert read_table(collection.folder.parent).keys() <= collection.sequences.keys()


def test_every_sequence_of_one_object_stands_for_something(
    collections: Any, found: dict[str, Any]
) -> None:
    for name in (*collections["bundled"].sequences, *collections["hard"].sequences):
        assert found[name], name


def test_attributes_of_the_bundled_sequences(collections: Any, found: dict[str, Any]) -> None:
    bundled = collections["bundled"].sequences
    for name in ("deformation", "distractor", "scale"):
        assert found[name][name].all()
    np.testing.assert_array_equal(
        found["occlusion"]["occlusion"], bundled["occlusion"].tag("occlusion")
    )
    np.testing.assert_array_equal(
        found["reentry"]["out-of-view"], since_the_first(absent(bundled["reentry"].target))
    )


def test_hard_sequences_are_tagged_with_what_they_are_named_for(
    collections: Any, found: dict[str, Any]
) -> None:
    hard = collections["hard"]
    rows = [line.split("|") for line in hard.sources.read_text().splitlines() if "| `" in line]
    stated = {row[1].strip(" `"): row[4].strip().replace(" ", "-") for row in rows}
    assert stated == {name: HARD[name.partition("-")[0]] for name in hard.sequences}
    for name, attribute in stated.items():
        assert set(found[name]) - {"occlusion"} == {attribute}


def absent(masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The frames (N,) in which a mask of (N, H, W) is empty."""
    return np.asarray(~masks.any(axis=(1, 2)))


def since_the_first(happens: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """All frames (N,) from the first one on in which it happens."""
    return np.maximum.accumulate(happens)
