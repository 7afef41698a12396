from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from samurai.errors import FrameError
from samurai.video.images import read_frame


def picture(width, height, mode="RGB", seed=0):
    """Smooth colors with noise on top, so that every coefficient of a JPEG block is in use."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 8 + 2, width // 8 + 2, 3), np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    noise = rng.integers(-20, 20, smooth.shape)
    return Image.fromarray(np.clip(smooth + noise, 0, 255).astype(np.uint8)).convert(mode)


def by_pillow(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


SIZES = [(64, 48), (33, 47), (1, 1)]
JPEGS = list(itertools.product(SIZES, ["4:4:4", "4:2:2", "4:2:0"], [30, 95], [False, True]))


@pytest.mark.parametrize(("size", "subsampling", "quality", "progressive"), JPEGS)
def test_jpegs_are_decoded_bit_for_bit_as_by_pillow(
    tmp_path, size, subsampling, quality, progressive
):
    path = tmp_path / "image.jpg"
    picture(*size).save(path, quality=quality, subsampling=subsampling, progressive=progressive)
    assert np.array_equal(read_frame(str(path)), by_pillow(path))


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("gray.jpg", "L", {}),
        ("cmyk.jpg", "CMYK", {}),
        ("rgb-coded.jpg", "RGB", {"keep_rgb": True}),
        ("restart-markers.jpg", "RGB", {"restart_marker_blocks": 3}),
        ("color.png", "RGB", {}),
        ("gray.png", "L", {}),
        ("alpha.png", "RGBA", {}),
        ("gray-alpha.png", "LA", {}),
        ("palette.png", "P", {}),
        ("one-bit.png", "1", {}),
        ("color.bmp", "RGB", {}),
        ("color.webp", "RGB", {"lossless": True}),
    ],
)
def test_other_kinds_of_images_are_converted_as_by_pillow(tmp_path, name, mode, options):
    path = tmp_path / name
    picture(40, 30, mode).save(path, **options)
    frame = read_frame(str(path))
    assert frame.shape == (30, 40, 3)
    assert frame.dtype == np.uint8
    assert frame.flags.c_contiguous and frame.flags.writeable
    assert np.array_equal(frame, by_pillow(path))


def test_bytes_after_the_end_of_a_jpeg_do_no_harm(tmp_path):
    path = tmp_path / "image.jpg"
    picture(40, 30).save(path)
    expected = by_pillow(path)
    path.write_bytes(path.read_bytes() + bytes(100))
    assert np.array_equal(read_frame(str(path)), expected)


def test_of_sixteen_bits_the_high_byte_is_kept(tmp_path):
    path = tmp_path / "deep.png"
    values = np.arange(30 * 40, dtype=np.uint16).reshape(30, 40) * 54
    Image.fromarray(values).save(path)
    frame = read_frame(str(path))
    assert np.array_equal(frame, np.stack([values >> 8] * 3, axis=2).astype(np.uint8))


@pytest.mark.parametrize("name", ["image.jpg", "progressive.jpg", "image.png", "image.webp"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_truncated_images_are_refused_wherever_they_end(tmp_path, name, part):
    path = tmp_path / name
    options = {"progressive": True} if name.startswith("progressive") else {}
    picture(160, 120).save(path, **options)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(FrameError, match=str(path)):
        read_frame(str(path))


def test_a_jpeg_that_lacks_its_last_byte_is_refused(tmp_path):
    path = tmp_path / "image.jpg"
    picture(160, 120).save(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FrameError, match="truncated"):
        read_frame(str(path))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"", "empty"), (b"GIF", "image format"), (b"\xff\xd8\xff\xd9", "image format")],
)
def test_files_that_are_no_images(tmp_path, content, complaint):
    path = tmp_path / "image.jpg"
    path.write_bytes(content)
    with pytest.raises(FrameError, match=complaint):
        read_frame(str(path))


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(FrameError, match="No such file"):
        read_frame(str(tmp_path / "missing.jpg"))
    with pytest.raises(FrameError, match="directory"):
        read_frame(str(tmp_path))


@pytest.mark.filterwarnings("ignore")  # Pillow's, about the damage
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["jpg", "png", "tiff", "gif"]), st.integers(0, 10**9))
def test_damaged_files_give_a_frame_or_a_frame_error(tmp_path, extension, seed):
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
