"""Data sets of benchmarks beyond VOT: what lies in which file, and which of it counts.

A data set is one file here that defines a `Dataset`, and its name in `DATASETS`. Other packages add
theirs under the entry-point group `samurai.datasets` (name = module:DATASET). Nothing in this
package tracks or scores, and nothing needs torch.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from samurai.datasets.base import Dataset
from samurai.errors import DatasetError
from samurai.spelling import did_you_mean

DATASETS: dict[str, Dataset] = {}
"""Our own, by the name on the command line."""

ENTRY_POINTS = "samurai.datasets"


def dataset_names() -> list[str]:
    """Names of all data sets, our own first; others aren't imported for that."""
    return list(
        dict.fromkeys([*DATASETS, *(each.name for each in entry_points(group=ENTRY_POINTS))])
    )


def dataset(name: str) -> Dataset:
    """The data set called `name`.

    Raises:
        DatasetError: there is none, or a package's entry point isn't one; the message lists all.
    """
    if name in DATASETS:
        return DATASETS[name]
    for entry in entry_points(group=ENTRY_POINTS, name=name):
        loaded = entry.load()
        if not isinstance(loaded, Dataset):
            raise DatasetError(
                f"data set {name!r} ({entry.value}) isn't a samurai Dataset. Remedy: correct the "
                "entry point of its package"
            )
        return loaded
    raise DatasetError(
        f"unknown data set {name!r}{did_you_mean(name, dataset_names())}. Remedy: choose one of "
        f"{', '.join(dataset_names())}"
    )


__all__ = ["DATASETS", "Dataset", "dataset", "dataset_names"]
