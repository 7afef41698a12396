"""The words that a user looks for, with a threshold each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from samurai.errors import PromptError

LONGEST = 100
"""Characters of a word."""

MOST = 80
"""Words at once."""

_REMEDY = 'Remedy: give words separated by commas, such as "dog, red car:0.4"'


@dataclass(frozen=True)
class Words:
    """What to look for.

    Attributes:
        names: at least one, all different but for case and spaces. Spaces at the ends are removed,
            and others become single ones.
        thresholds: by name: the score from which a detection of it counts. Names without one have
            the detector's own.

    Raises:
        PromptError: no word, an empty one, one that is too long or given twice, too many; a
            threshold that isn't from 0 to 1, or is of no word.
    """

    names: tuple[str, ...]
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = tuple(_checked(name) for name in self.names)
        if not names:
            raise PromptError(f"there is no word to look for. {_REMEDY}")
        if len(names) > MOST:
            raise PromptError(
                f"{len(names)} words at once are too many. Remedy: give at most {MOST}"
            )
        by_key: dict[str, str] = {}
        for name in names:
            if word_key(name) in by_key:
                raise PromptError(
                    f"the word {name!r} is given twice. Remedy: leave one of them out"
                )
            by_key[word_key(name)] = name
        thresholds = {}
        for name, value in self.thresholds.items():
            if word_key(name) not in by_key:
                raise PromptError(
                    f"a threshold is given for {name!r:.80}, which isn't looked for. Remedy: add "
                    "the word, or leave the threshold out"
                )
            thresholds[by_key[word_key(name)]] = _threshold(value, name)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "thresholds", thresholds)

    @classmethod
    def of(cls, text: str) -> Words:
        """From `dog, red car:0.4`: words separated by commas, each with its threshold if it has
        one.

        Raises:
            PromptError: see the class.
        """
        if not text.strip():
            raise PromptError(f"there is no word to look for. {_REMEDY}")
        thresholds: dict[str, float] = {}
        names = []
        for part in text.split(","):
            name, colon, value = part.partition(":")
            names.append(name)
            if colon:
                thresholds[name] = _threshold(value, name)
        return cls(tuple(names), thresholds)

    def __str__(self) -> str:
        parts = (
            f"{name}:{self.thresholds[name]:g}" if name in self.thresholds else name
            for name in self.names
        )
        return ", ".join(parts)


def word_key(word: str) -> str:
    """What two spellings of a word share: the case of letters and the number of spaces differ."""
    return " ".join(word.split()).casefold()


def _checked(name: object) -> str:
    if not isinstance(name, str):
        raise PromptError(f"a word is a text, not {type(name).__name__} {name!r:.40}. {_REMEDY}")
    word = " ".join(name.split())
    if not word:
        raise PromptError(f"a word is empty. {_REMEDY}")
    if len(word) > LONGEST:
        raise PromptError(
            f"the word {word[:20]!r}... has {len(word)} characters. Remedy: describe the object in "
            f"at most {LONGEST}"
        )
    if not word.isprintable() or not any(letter.isalnum() for letter in word):
        raise PromptError(f"{word!r} isn't a word. {_REMEDY}")
    if set(word) & set(",:;") or ". " in word or word.endswith("."):
        raise PromptError(f"{word!r} isn't a single word. {_REMEDY}")
    return word


def _threshold(value: object, name: str) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not 0 <= number <= 1:
        raise PromptError(
            f"the threshold of {' '.join(name.split())!r:.80} is {value!r:.40}. Remedy: give a "
            "number from 0 to 1, such as 0.4"
        )
    return number
