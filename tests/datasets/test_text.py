"""Rows of numbers, in every form that tools write, and the line of what is none."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samurai.datasets.images import images_in
from samurai.datasets.text import parse_boxes, read_boxes, read_columns, read_flags
from samurai.errors import DatasetError

EXPECTED = np.array([[1, 2, 3, 4], [math.nan] * 4, [-5.5, 0, 1e2, 8]])


@pytest.mark.parametrize(
    "text",
    [
        b"1,2,3,4\nNaN,NaN,NaN,NaN\n-5.5,0,1e2,8\n",
        b"1\t2\t3\t4\nnan\tnan\tnan\tnan\n-5.5\t0\t100\t8",
        b"1 2 3 4 \n nan nan nan nan\n-5.50  0.0 100 8\n\n \n",
        b"1, 2,\t3 ; 4\nnan , nan,nan,nan\n-5.5\t0 100,8,\n",
        b"\xef\xbb\xbf1,2,3,4\r\nNaN,NaN,NaN,NaN\r\n-5.5,0,100,8\r\n\r\n",
        b"1,2,3,4\rNaN,NaN,NaN,NaN\r-5.5,0,100,8\r",
        "1,2,3,4\nNaN,NaN,NaN,NaN\n-5.5,0,100,8\n".encode("utf-16"),
    ],
)
def test_every_form_of_the_same_rows(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "boxes.txt"
    file.write_bytes(text)
    np.testing.assert_array_equal(read_boxes(file), EXPECTED)


NUMBERS = st.floats(allow_infinity=False, width=32)
SEPARATORS = st.text(" ,\t;", min_size=1, max_size=3)


@given(st.lists(st.tuples(*[NUMBERS] * 4), min_size=1, max_size=6), st.data())
def test_any_separators(rows: list[tuple[float, ...]], data: st.DataObject) -> None:
    lines = []
    for row in rows:
        apart = [data.draw(SEPARATORS) for _ in row]
        lines.append("".join(f"{value!r}{mark}" for value, mark in zip(row, apart, strict=True)))
    found = parse_boxes(data.draw(st.sampled_from(["\n", "\r\n"])).join(lines), "text")
    np.testing.assert_array_equal(found, np.array(rows, float))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,2,3,4\n1,2,3\n1,2,3,4,5\n", ["line 2: 3 numbers instead of four"]),
        ("1,2,3,4\n1,2,3,4,5,6,7,8\n", ["line 2: 8 numbers"]),
        ("1,2,3,4,5\n1,2,3\n", ["line 1: 5 numbers"]),  # eight numbers in two rows
        ("1,2,3,4\n\n1,2,3,4\n", ["line 2: the line is empty"]),
        ("1,2,3,4\nx,y,w,h\n", ["line 2: 'x' is not a number"]),
        ("1,2,3,inf\n", ["line 1: 'inf' is not finite"]),
        ("", ["is empty"]),
        ("\n\n", ["is empty"]),
    ],
)
def test_what_is_no_row_is_named(tmp_path: Path, text: str, words: list[str]) -> None:
    file = tmp_path / "boxes.txt"
    file.write_text(text)
    with pytest.raises(DatasetError) as raised:
        read_boxes(file)
    assert all(word in str(raised.value) for word in [*words, str(file), "Remedy: "])


OTHER = st.sampled_from(["", "1e3", "0.1234567890123456"])
DECIMAL = st.from_regex(r"-?([0-9]{1,9}(\.[0-9]{0,7})?|\.[0-9]{1,9})", fullmatch=True)


@given(
    st.lists(DECIMAL, min_size=4, max_size=4), st.sampled_from(["", "1e3", "0.1234567890123456"])
)
def test_decimals_have_the_bits_of_float(row: list[str], other: str) -> None:
    """Also where a token of the file isn't a short decimal."""
    row[-1] = other or row[-1]
    found = parse_boxes(",".join(row), "text")
    assert found.tobytes() == np.array([[float(token) for token in row]]).tobytes()


@pytest.mark.parametrize("token", ["-", ".", "-.", "1-2", "--1", "1.2.3", "1:2", "1/2", "one"])
def test_what_only_looks_like_a_decimal(token: str) -> None:
    with pytest.raises(DatasetError, match=r"line 1: .* is not a number"):
        parse_boxes(f"1,2,{token},4", "text")


def test_columns(tmp_path: Path) -> None:
    file = tmp_path / "times"
    file.write_text("0.25\t1\r\n0.5\t2\r\n")
    assert read_columns(file).tolist() == [[0.25, 1], [0.5, 2]]
    for text in ("", "1,2\n3\n", "1,2\nx,4\n"):
        file.write_text(text)
        with pytest.raises(DatasetError, match="something else than rows of numbers"):
            read_columns(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"can't be read \(No such file"):
        read_boxes(tmp_path / "none.txt")


def test_flags(tmp_path: Path) -> None:
    file = tmp_path / "flags"
    for text in ("0,1,8", "0\n1\n8\n", "0.0\r\n1.0\r\n8.0\r\n", "0, 1,\n8,"):
        file.write_text(text)
        assert read_flags(file).tolist() == [0, 1, 8]
    file.write_text("0,x,1")
    with pytest.raises(DatasetError, match=r"'x' is not a number. Remedy"):
        read_flags(file)


def test_images_are_sorted_by_number(tmp_path: Path) -> None:
    names = ["10.jpg", "9.jpg", "0.JPG", "._9.jpg", ".DS_Store", "Thumbs.db", "notes.txt"]
    for name in names:
        (tmp_path / name).touch()
    assert [file.name for file in images_in(tmp_path)] == ["0.JPG", "9.jpg", "10.jpg"]
    assert [file.name for file in images_in(tmp_path, 9, 9)] == ["9.jpg"]
    (tmp_path / "11.jpeg").touch()
    (tmp_path / "2.jpeg").touch()
    assert [file.stem for file in images_in(tmp_path)] == ["0", "2", "9", "10", "11"]
    (tmp_path / "shot2_b.png").touch()
    assert [file.name for file in images_in(tmp_path)][-1] == "shot2_b.png"
    assert not images_in(tmp_path / "none") and not images_in(tmp_path / "9.jpg")
    few = images_in(tmp_path)[2:4]
    assert [path.name for path in few] == ["9.jpg", "10.jpg"] and few[-1] == tmp_path / "10.jpg"
