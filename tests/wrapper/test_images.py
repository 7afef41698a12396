from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from samurai.errors import FrameError
from samurai.video.images import read_frame


def picture(width: int, height: int) -> Image.Image:
    """Smooth colors with noise on top, so that every coefficient of a JPEG block is in use."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (height // 8 + 2, width // 8 + 2, 3), np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    noise = rng.integers(-20, 20, smooth.shape)
    return Image.fromarray(np.clip(smooth + noise, 0, 255).astype(np.uint8))


def by_pillow(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("size", [(64, 48), (33, 47), (1, 1)])
def test_jpegs_are_decoded_bit_for_bit_as_by_pillow(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "image.jpg"
    kinds = itertools.product(["4:4:4", "4:2:2", "4:2:0"], [30, 95], [False, True])
    for subsampling, quality, progressive in kinds:
        options: dict[str, Any] = {
            "subsampling": subsampling,
            "quality": quality,
            "progressive": progressive,
        }
        picture(*size).save(path, **options)
        assert np.array_equal(read_frame(str(path)), by_pillow(path)), options


def test_bytes_after_the_end_of_a_jpeg_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "image.jpg"
    picture(40, 30).save(path)
    expected = by_pillow(path)
    path.write_bytes(path.read_bytes() + bytes(100))
    assert np.array_equal(read_frame(str(path)), expected)


@pytest.mark.parametrize("name", ["image.jpg", "progressive.jpg", "image.png", "image.webp"])
def test_truncated_images_are_refused_wherever_they_end(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    picture(160, 120).save(path, progressive=name.startswith("progressive"))
    data = path.read_bytes()
    ends = [0, *(int(len(data) * part) for part in (0.02, 0.3, 0.6, 0.9, 0.999))]
    for end in [*ends, len(data) - 1] if name == "image.jpg" else ends:
        path.write_bytes(data[:end])
        with pytest.raises(FrameError, match=str(path)):
            read_frame(str(path))


def test_files_that_are_no_images(tmp_path: Path) -> None:
    path = tmp_path / "image.jpg"
    for content, complaint in ((b"", "empty"), (b"GIF", "format"), (b"\xff\xd8\xff\xd9", "format")):
        path.write_bytes(content)
        with pytest.raises(FrameError, match=complaint):
            read_frame(str(path))


@pytest.mark.filterwarnings("ignore")  # Pillow's, about the damage
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["jpg", "png", "tiff", "gif"]), st.integers(0, 10**9))
def test_damaged_files_give_a_frame_or_a_frame_error(
    tmp_path: Path, extension: str, seed: int
) -> None:
    path = tmp_path / f"image.{extension}"
    picture(40, 30).save(path)
    rng = np.random.default_rng(seed)
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    data[rng.integers(0, len(data), 20)] = rng.integers(0, 256, 20)
    path.write_bytes(data.tobytes())
    try:
        frame = read_frame(str(path))
    except FrameError as error:
        assert str(path) in str(error)
    else:
        assert frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3
