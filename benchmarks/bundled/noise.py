"""Seeded noise: hashed lattices, gradient noise, fractal sums, cells and grain.

Everything here is a pure function of integers and float64 coordinates. The hash works on
32-bit integers, so it gives the same numbers on every machine and with every numpy version.
Points are arrays of shape (D, N), D = 2 or 3, one column per point, in cells of the lattice.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Cells = NDArray[np.int64]
Words = NDArray[np.uint32]

# Odd multipliers (the 32-bit golden ratio and two xxHash primes) spread the axes apart.
_AXIS_PRIMES = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
_WORD = np.uint32


def mix(word: Words, axis: Cells, prime: int) -> Words:
    """`word` stirred with one integer coordinate."""
    word = word ^ (axis.astype(_WORD) * _WORD(prime))
    word ^= word >> _WORD(15)
    word *= _WORD(0x2C1B3C6D)
    word ^= word >> _WORD(12)
    word *= _WORD(0x297A2D39)
    return word


def hash_cells(cells: Cells, seed: int) -> Words:
    """One well-mixed 32-bit word for every integer cell, `cells` being (D, N)."""
    word: Words = np.asarray(start_word(seed))
    for axis, prime in zip(cells, _AXIS_PRIMES, strict=False):
        word = mix(word, axis, prime)
    return np.asarray(word ^ (word >> _WORD(15)))


def start_word(seed: int) -> np.uint32:
    """The word that hashing begins with."""
    return _WORD((seed * 0x27D4EB2F + 0x165667B1) & 0xFFFFFFFF)


def uniform(cells: Cells, seed: int) -> Array:
    """A number in [0, 1) for every cell of `cells`, (D, N) -> (N,)."""
    return hash_cells(cells, seed) / 4294967296.0


def gradient_noise(points: Array, seed: int, period: int = 0) -> Array:
    """Gradient noise, about -0.7 to 0.7 with mean 0; `period` > 0 makes it tile in cells."""
    cells = np.floor(points).astype(np.int64)
    offsets = points - cells
    weights = offsets**3 * (offsets * (offsets * 6.0 - 15.0) + 10.0)
    slopes = np.empty(points.shape[1])
    total = np.zeros(points.shape[1])
    # The corners share the hashes of their leading coordinates: a tree instead of a list.
    corners: list[tuple[Words, Array | float, tuple[int, ...]]] = [
        (np.asarray(start_word(seed)), 1.0, ())
    ]
    for axis, prime in zip(range(len(points)), _AXIS_PRIMES, strict=False):
        sides = []
        for bit in (0, 1):
            lattice = cells[axis] + bit
            share = weights[axis] if bit else 1.0 - weights[axis]
            sides.append((lattice % period if period else lattice, share))
        corners = [
            (mix(word, lattice, prime), weight * share, (*path, bit))
            for word, weight, path in corners
            for bit, (lattice, share) in enumerate(sides)
        ]
    for word, weight, path in corners:
        value = np.zeros(points.shape[1])
        for axis, bit in enumerate(path):
            # Eight high bits a coordinate: a slope from -1 to 1.
            np.multiply((word >> _WORD(24 - 8 * axis)) & _WORD(255), 1 / 127.5, out=slopes)
            value += (slopes - 1.0) * (offsets[axis] - bit)
        total += weight * value
    return total


def fractal(
    points: Array, seed: int, octaves: int = 4, gain: float = 0.5, period: int = 0
) -> Array:
    """Sum of gradient noises, each of twice the frequency and `gain` times the height."""
    total = np.zeros(points.shape[1])
    height = 1.0
    for octave in range(octaves):
        total += height * gradient_noise(points * 2**octave, seed + octave, period * 2**octave)
        height *= gain
    return total


def cells_around(points: Array, seed: int, period: int = 0) -> tuple[Array, Array, Array]:
    """Cellular noise: distance to the nearest and second nearest seed, and the nearest's number.

    Every lattice cell holds one seed at a hashed place. The number is uniform in [0, 1).
    """
    home = np.floor(points).astype(np.int64)
    nearest = np.full(points.shape[1], np.inf)
    second = np.full(points.shape[1], np.inf)
    number = np.zeros(points.shape[1])
    for shift in product((-1, 0, 1), repeat=points.shape[0]):
        cell = home + np.array(shift)[:, None]
        lattice = cell % period if period else cell
        places = [uniform(lattice, seed + 101 * (axis + 1)) for axis in range(points.shape[0])]
        distance = np.sqrt(((cell + np.stack(places) - points) ** 2).sum(axis=0))
        closer = distance < nearest
        second = np.where(closer, nearest, np.minimum(second, distance))
        number = np.where(closer, uniform(lattice, seed), number)
        nearest = np.where(closer, distance, nearest)
    return nearest, second, number


def grain(shape: tuple[int, ...], seed: int) -> Array:
    """White noise of mean 0 and variance 1, nearly normal: a sum of four uniform numbers.

    Not numpy's own generator, whose normal numbers may change with a release.
    """
    index = np.arange(int(np.prod(shape)), dtype=np.int64)[None]
    total = sum(uniform(index, 4 * seed + part) for part in range(4)) - 2.0
    return np.asarray(total * np.sqrt(3.0)).reshape(shape)
