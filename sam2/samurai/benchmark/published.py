"""Which published scores belong to a tracker.

The rule: names are split into words at everything but letters and digits, and all words must be
equal, in order. Sizes of models may be written as words or letters (`large`, `l`; `base-plus`,
`base+`, `b+`, `b`; `small`, `s`; `tiny`, `t`); SAM 2.1 is also `sam2`, and DAM4SAM is also `dam`.
So `samurai-l` and `samurai-large` are SAMURAI-L, while `samurai`, whose size isn't said,
`samurai-nano` and `samurai-dam-l` have no published scores. What `--prompt samurai` adds to a name
doesn't count.
"""

from __future__ import annotations

import re

from samurai.benchmark.scores import TrackerScore
from samurai.datasets.base import Dataset, Published

SIZES = {
    "large": "l",
    "base plus": "b",
    "base+": "b",
    "baseplus": "b",
    "b plus": "b",
    "b+": "b",
    "bplus": "b",
    "base": "b",
    "small": "s",
    "tiny": "t",
}
SAMURAI_PROMPT = "-samurai-prompt"
"""After the name of a tracker that is given the boxes as SAMURAI's scripts give them."""

NAMES = {"sam2.1": "sam2", "sam 2.1": "sam2", "sam 2": "sam2", "dam4sam": "dam"}


def published_of(dataset: Dataset, score: TrackerScore) -> tuple[Published, ...]:
    """Published scores of the same tracker on the data set.

    None where the protocol isn't the one of published numbers, which is the data set's first.
    """
    if score.protocol != dataset.protocols[0]:
        return ()
    own = words_of(score.tracker.removesuffix(SAMURAI_PROMPT))
    return tuple(each for each in dataset.published if words_of(each.tracker) == own)


def words_of(tracker: str) -> tuple[str, ...]:
    """The words of a tracker's name, in one spelling."""
    text = re.sub(r"[^a-z0-9.+]+", " ", tracker.lower()).strip()
    for written, short in (*NAMES.items(), *SIZES.items()):
        text = re.sub(rf"(?<![a-z0-9]){re.escape(written)}(?![a-z0-9+.])", short, text)
    return tuple(re.findall(r"[a-z0-9]+", text))
