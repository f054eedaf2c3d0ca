"""Randomness of the phantom: named streams, and cloudy noise at several scales.

With named streams one thing on an image can change while the rest stays the same.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.floating]


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """A generator that depends on the seed and the names alone.

    Every part of an image draws from its own stream: with another finding, or with a device added,
    the bones, the noise and everything else are the same to the last bit.
    """
    entropy = [seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF]
    entropy += [zlib.crc32(str(name).encode()) for name in names]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def derive(seed: int, *names: str | int) -> int:
    """A new seed (63 bits) from a seed and names."""
    return int(stream(seed, "derive", *names).integers(0, 2**63 - 1))


def clouds(
    rng: np.random.Generator, shape: tuple[int, int], *, cells: float, octaves: int
) -> Array:
    """Noise with mean about 0 and sd about 1.

    Args:
        rng: the stream.
        shape: ``(H, W)``.
        cells: lumps along the longer side at the coarsest scale.
        octaves: scales, each half as large and half as strong as the one before.

    Returns:
        ``(H, W)`` float32.
    """
    total = np.zeros(shape, np.float32)
    power = 0.0
    longest = max(shape)
    for octave in range(octaves):
        n = cells * 2**octave
        grid = tuple(max(2, round(n * side / longest) + 3) for side in shape)
        # Drawn at once for the whole grid: the same lumps at every image size.
        coarse = rng.standard_normal(grid).astype(np.float32)
        fine = Image.fromarray(coarse).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
        weight = 0.5**octave
        total += np.asarray(fine, np.float32) * np.float32(weight)
        power += weight**2
    return total / np.float32(0.75 * np.sqrt(power))
