"""The pictures of training clips: their sources, and the archive that they are packed into.

Fetched as Debian packages by the system's own package client, never committed. `pack` shrinks them
into a single archive (about 30 MB), the only input of training, so that a machine without a network
needs one file.
"""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai_training.errors import TrainingError

Picture: TypeAlias = NDArray[Any]
"""uint8 (H, W, 3) BGR or (H, W, 4) BGRA; OpenCV's own annotations are too wide for more."""

SPRITE_SIDE, PHOTO_SIDE, TEXTURE_SIDE = 144, 640, 224
"""Longer side of a sprite, shorter sides of a photo and of a texture, in pixels, once packed."""


@dataclass(frozen=True)
class Source:
    """A Debian package and the use of its pictures.

    license: as its copyright file states it; some name one per picture.
    limit: at most so many pictures are taken, chosen by a fixed shuffle.
    """

    package: str
    kind: str
    license: str
    limit: int = 10_000


SOURCES = (
    Source("tuxpaint-stamps-default", "sprite", "GPL-2"),
    Source("openclipart-png", "sprite", "public domain", limit=2200),
    Source("plasma-workspace-wallpapers", "photo", "CC-BY-SA-4.0, LGPL-3, per picture"),
    Source("ukui-wallpapers", "photo", "CC-BY-SA, per picture"),
    Source("mate-backgrounds", "photo", "CC-BY-SA-4.0, GPL-2, per picture"),
    Source("ufoai-textures", "texture", "GPL-2+, CC-BY-3.0, CC-BY-SA-3.0, per picture", limit=700),
)

NOT_COLOR = ("_nm.", "_sm.", "_gm.", "_rm.", "tex_lights", "tex_common")
"""Parts of names in ufoai-textures that mark normal, specular and glow maps, not pictures."""


def fetch(folder: Path, say: Callable[[str], None] = print) -> Path:
    """Download the packages, unpack them, and pack their pictures.

    Args:
        folder: working folder; existing files aren't fetched again.

    Returns:
        The archive, `folder`/assets.zip.

    Raises:
        TrainingError: the package client isn't there, or a package can't be fetched.
    """
    folder = folder.absolute()  # the package tools run elsewhere
    packages = folder / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise TrainingError(
                f"the pictures come as Debian packages, and there is no {tool} here: run this on "
                "Debian or Ubuntu (a container will do) and copy assets.zip"
            )
    for source in SOURCES:
        if not any(packages.glob(f"{source.package}_*.deb")):
            say(f"fetching {source.package}")
            _run(["apt-get", "download", source.package], packages)
        if not (folder / source.package).is_dir():
            archive = next(packages.glob(f"{source.package}_*.deb"))
            _run(["dpkg-deb", "-x", str(archive), str(folder / source.package)], packages)
    return pack(folder, folder / "assets.zip", say)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TrainingError(
            f"`{' '.join(command)}` failed: {done.stderr.strip()}; try `apt-get update` first"
        )


def pack(folder: Path, archive: Path, say: Callable[[str], None] = print) -> Path:
    """Shrink the pictures of the unpacked packages in `folder` into one archive."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        for source in SOURCES:
            count = 0
            for name, picture in _pictures(folder / source.package, source):
                file.writestr(f"{source.kind}/{source.package}/{name}.webp", _webp(picture))
                count += 1
            say(f"{source.package}: {count} {source.kind}s, {source.license}")
    return archive


def _webp(picture: Picture) -> bytes:
    done, encoded = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 88])
    if not done:
        raise TrainingError("this OpenCV can't write WebP: install another build of it")
    return encoded.tobytes()


def _pictures(folder: Path, source: Source) -> Iterator[tuple[str, Picture]]:
    """Names and shrunken pictures of one package, in a fixed order, at most `source.limit`."""
    files = list(_files(folder))
    files.sort(key=lambda item: item[0])
    np.random.default_rng(0).shuffle(files)
    count = 0
    for name, read in files:
        picture = cv2.imdecode(np.frombuffer(read(), np.uint8), cv2.IMREAD_UNCHANGED)
        shrunk = None if picture is None else _usable(picture, source.kind)
        if shrunk is None:
            continue
        yield f"{count:04d}-{Path(name).stem}", shrunk
        count += 1
        if count == source.limit:
            return


def _files(folder: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Every picture file under a folder, also within .pk3 archives."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp") and path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes
        if path.suffix == ".pk3":
            archive = zipfile.ZipFile(path)  # stays open: its index is read once
            for name in sorted(archive.namelist()):
                if name.endswith((".png", ".jpg")) and not any(n in name for n in NOT_COLOR):
                    yield name, partial(archive.read, name)


def _usable(picture: Picture, kind: str) -> Picture | None:
    """The picture at its packed size; None if it can't be used."""
    if picture.dtype != np.uint8:
        return None
    if kind == "sprite":
        return _sprite(picture)
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    picture = np.ascontiguousarray(picture[..., :3])
    side = PHOTO_SIDE if kind == "photo" else TEXTURE_SIDE
    if min(picture.shape[:2]) < (400 if kind == "photo" else 128) or picture.std() < 12:
        return None
    if kind == "texture":
        height, width = picture.shape[:2]
        short = min(height, width)
        picture = picture[:short, :short]
    return _shrunk(picture, side / min(picture.shape[:2]))


def _sprite(picture: Picture) -> Picture | None:
    """A cut-out with alpha, cropped to its opaque part; letters and line drawings are left out."""
    if picture.ndim != 3 or picture.shape[2] != 4:
        return None
    opaque = picture[..., 3] > 127
    rows, columns = np.flatnonzero(opaque.any(1)), np.flatnonzero(opaque.any(0))
    if rows.size < 30 or columns.size < 30:
        return None
    picture = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    opaque = opaque[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = opaque.shape
    if max(height, width) > 4 * min(height, width) or opaque.mean() < 0.25 or opaque.all():
        return None
    if picture[..., :3][opaque].std(axis=0).max() < 10:  # a single flat color: a letter
        return None
    return _shrunk(picture, SPRITE_SIDE / max(height, width))


def _shrunk(picture: Picture, factor: float) -> Picture:
    if factor >= 1:
        return picture
    size = (max(8, round(picture.shape[1] * factor)), max(8, round(picture.shape[0] * factor)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


@dataclass(frozen=True)
class Assets:
    """The unpacked archive: pictures in BGR(A), uint8.

    photographic: how many of the sprites, the first ones, come from photographs.
    """

    sprites: list[Picture]
    photos: list[Picture]
    textures: list[Picture]
    photographic: int

    @classmethod
    def load(cls, archive: Path, held_out: bool = False) -> Assets:
        """Read the archive; every tenth picture is held out for validation.

        Args:
            held_out: the held-out pictures instead of the others.

        Raises:
            TrainingError: there is no such archive.
        """
        if not archive.is_file():
            raise TrainingError(f"there is no {archive}: `python -m samurai_training assets`")
        found: dict[str, list[Picture]] = {"sprite": [], "photo": [], "texture": []}
        photographic = 0
        with zipfile.ZipFile(archive) as file:
            for number, name in enumerate(file.namelist()):
                if (number % 10 == 9) != held_out:
                    continue
                found[name.split("/")[0]].append(_decoded(file.read(name)))
                photographic += name.startswith("sprite/tuxpaint")
        return cls(found["sprite"], found["photo"], found["texture"], photographic)

    @classmethod
    def procedural(cls, seed: int = 0) -> Assets:
        """A few drawn pictures, for tests and for trials without a download."""
        random = np.random.default_rng(seed)
        noise = [_noise(random, 256) for _ in range(6)]
        sprites = []
        for _ in range(8):
            texture = _noise(random, 96)
            mask = np.zeros((96, 96), np.uint8)
            points = [
                (48 + 44 * r * np.cos(a), 48 + 44 * r * np.sin(a))
                for a, r in zip(np.linspace(0, 6.28, 9), random.uniform(0.5, 1, 9), strict=True)
            ]
            cv2.fillPoly(mask, [np.array(points, np.int32)], 255)
            sprites.append(np.dstack([texture, mask]))
        return cls(sprites, noise[:4], noise[4:], 4)


def _decoded(data: bytes) -> Picture:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise TrainingError("the archive of pictures is damaged: make it again")
    return picture


def _noise(random: np.random.Generator, side: int) -> Picture:
    total = np.zeros((side, side, 3), np.float32)
    for cells in (3, 7, 17, 41):
        coarse = random.normal(0, 1, (cells, cells, 3)).astype(np.float32)
        layer: Picture = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
        total += layer / cells**0.4
    color = random.uniform(60, 190, 3)
    return np.clip(total * 45 + color, 0, 255).astype(np.uint8)
