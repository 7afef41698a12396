"""Data sets of benchmarks beyond VOT: what lies in which file, and which of it counts.

A data set is one file here that defines a `Dataset`; `DATASETS` has them by name. Nothing in this
package tracks or scores, and nothing needs torch.
"""

from samurai.datasets.base import Dataset

DATASETS: dict[str, Dataset] = {}
"""By the name on the command line."""
