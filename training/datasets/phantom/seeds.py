"""Named streams of chance, so that one thing on an image can change and the rest stay."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """A generator that depends on the seed and the names alone.

    Every part of an image draws from its own stream: with another finding, or with a device added,
    the bones, the noise and all else are the same to the last bit.
    """
    words = [seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF]
    words += [zlib.crc32(str(name).encode()) for name in names]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))


def derive(seed: int, *names: str | int) -> int:
    """A new seed (63 bits) out of a seed and names."""
    return int(stream(seed, "derive", *names).integers(0, 2**63 - 1))
