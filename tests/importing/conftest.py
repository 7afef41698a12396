"""Sources in every layout, of 10 small frames each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from samurai.cli.main import main

WIDTH, HEIGHT = 48, 36

Images = Callable[..., Path]
Command = Callable[..., tuple[int, str]]


def picture(number: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """A frame with a bright square that moves right; uint8 (height, width, 3)."""
    frame = np.full((size[1], size[0], 3), 40, np.uint8)
    frame[10:20, 4 + number : 14 + number] = 220
    return frame


@pytest.fixture
def images() -> Images:
    """Writes images into a folder: `pattern` is filled with their numbers."""

    def write(folder: Path, pattern: str, numbers: range = range(1, 11)) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for number in numbers:
            assert cv2.imwrite(str(folder / (pattern % number)), picture(number))
        return folder

    return write


@pytest.fixture
def workspace(capsys: pytest.CaptureFixture[str]) -> Command:
    """`samurai workspace` when called with arguments: exit code, and all that it printed."""

    def call(*arguments: object) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["workspace", *(str(argument) for argument in arguments)])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return call


def boxes(count: int = 10, offset: int = 0) -> list[str]:
    """Rows of the square's true box."""
    return [f"{5 + n + offset},{10 + offset},10,10" for n in range(count)]


def lines(*rows: object) -> str:
    return "".join(f"{row}\n" for row in rows)


def read(file: Path) -> list[str]:
    return file.read_text().splitlines()
