"""The words that are looked for: how they are read, and what is refused."""

from __future__ import annotations

import math

import pytest

from samurai.discovery.detectors.words import LONGEST, MOST, Words
from samurai.errors import PromptError


@pytest.mark.parametrize(
    ("text", "names", "thresholds"),
    [
        ("dog", ("dog",), {}),
        ("dog, red car:0.4", ("dog", "red car"), {"red car": 0.4}),
        (" red \t  car : .5 ,Straße:1", ("red car", "Straße"), {"red car": 0.5, "Straße": 1.0}),
        ("t-shirt's collar, 2CV:0", ("t-shirt's collar", "2CV"), {"2CV": 0.0}),
        ("犬:0.25,кот", ("犬", "кот"), {"犬": 0.25}),
    ],
)
def test_words_are_separated_by_commas_and_may_have_thresholds(
    text: str, names: tuple[str, ...], thresholds: dict[str, float]
) -> None:
    words = Words.of(text)
    assert words.names == names and words.thresholds == thresholds
    assert Words.of(str(words)) == words


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", ",", "dog,", "dog,,cat", ":0.4", "dog, Dog", "red car,red  CAR", "..."),
        *("dog:", "dog:x", "dog:nan", "dog:-0.1", "dog:1.1", "dog:0.1:0.2", "dog:inf"),
        *("dog. cat.", "dog;cat", "dog\x00", "a" * (LONGEST + 1)),
        ",".join(f"word{number}" for number in range(MOST + 1)),
    ],
)
def test_what_is_no_list_of_words_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(PromptError) as caught:
        Words.of(text)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("names", "thresholds"),
    [
        ((), {}),
        (("dog", 3), {}),
        (("dog",), {"cat": 0.5}),
        (("dog",), {"dog": math.nan}),
        (("dog",), {"dog": None}),
        (("dog",), {"dog": True}),
        (("dog",), {"dog": "much"}),
        (("red, green",), {}),
    ],
)
def test_words_that_a_program_gives_are_held_to_the_same(names: object, thresholds: object) -> None:
    with pytest.raises(PromptError):
        Words(names, thresholds)  # type: ignore[arg-type]


def test_thresholds_are_found_however_the_word_is_spelled() -> None:
    assert Words(("Red  car",), {"red car": 0.4}).thresholds == {"Red car": 0.4}


def test_as_many_and_as_long_words_as_allowed() -> None:
    longest = [f"{number:0{LONGEST}}" for number in range(MOST)]
    assert len(Words.of(",".join(longest)).names) == MOST
