"""LaSOText, LaSOT's extension: 15 further classes of ten sequences, all for tests."""

from __future__ import annotations

from functools import partial

from samurai.datasets.base import Dataset
from samurai.datasets.lasot import read
from samurai.datasets.published import published

LASOT_EXT = Dataset(
    name="lasot-ext",
    title="LaSOText",
    kind="box",
    read=partial(read, official="lasot-ext", title="LaSOText"),
    protocols=("samurai", "lasot", "pytracking"),
    home="http://vision.cs.stonybrook.edu/~lasot/",
    license="images for research",
    size="about 60 GB",
    published=published("lasot-ext"),
)
