from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from wrapper.peer import FAKE_SERVER, Connect, Peer


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """connect(*behavior, env=...) starts the fake tracker's process and says hello."""
    peers: list[Peer] = []

    def start(*behavior: str, env: Mapping[str, str] | None = None, real: bool = False) -> Peer:
        program = ["-m", "vot_wrapper"] if real else [str(FAKE_SERVER), *behavior]
        peers.append(Peer(program, tmp_path, env))
        return peers[-1]

    yield start
    for peer in peers:
        peer.end()


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """One fake tracker process that all well-behaved tests of a module share."""
    shared = Peer([str(FAKE_SERVER)], tmp_path_factory.mktemp("cwd"))
    yield shared
    shared.end()


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """Five frames of 60x40 pixels; every pixel of frame i is 40 * i + 10."""
    paths = []
    for index in range(5):
        path = tmp_path / f"{index + 1:08d}.png"
        Image.fromarray(np.full((40, 60, 3), 40 * index + 10, np.uint8)).save(path)
        paths.append(path)
    return paths
