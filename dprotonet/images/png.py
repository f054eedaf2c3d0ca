"""What Pillow does not tell of a PNG: its transparent value, its gamma, 16 bits a channel."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

GREY, RGB, PALETTE = 0, 2, 3  # colour types, PNG 11.2.1
_SCREEN = 2.2  # exponent of an sRGB screen, as PNG 13.13 reckons it
_LEAST_CHANGE = 0.05  # an exponent so near to 1 changes nothing that can be seen; libpng's figure
_BELIEVABLE = (0.1, 10.0)  # gAMA outside of it is a slip of the writer


@dataclass(frozen=True)
class PngHead:
    """The chunks before the pixels."""

    depth: int  # bits a sample, or of a palette's index
    colour_type: int
    key: tuple[int, ...] | None = None  # the one value that is transparent, in the file's depth
    gamma: float = 1 / _SCREEN  # exponent of the encoding; 1 is linear light

    @property
    def is_deep_colour(self) -> bool:
        """16 bits a sample in more than one channel, of which Pillow would keep 8."""
        return self.depth == 16 and self.colour_type != GREY

    @property
    def exponent(self) -> float | None:
        """What a sample in [0, 1] is raised to for the screen; None: it is ready for it."""
        exponent = 1 / (self.gamma * _SCREEN)
        return exponent if abs(exponent - 1) > _LEAST_CHANGE else None


def png_head(stream: BinaryIO) -> PngHead:
    """Read the chunks before the pixels; the stream's position is kept.

    Raises:
        struct.error: the header is cut off.
    """
    before = stream.tell()
    depth, colour_type, key, gamma, profiled = 8, GREY, None, None, False
    for kind, length in png_chunks(stream):
        if kind == b"IDAT":
            break
        if kind == b"IHDR":
            depth, colour_type = struct.unpack(">8x2B", stream.read(10))
        elif kind == b"tRNS" and colour_type in (GREY, RGB):
            count = 3 if colour_type == RGB else 1
            if length >= 2 * count:
                key = struct.unpack(f">{count}H", stream.read(2 * count))
        elif kind == b"gAMA" and length == 4:
            gamma = struct.unpack(">I", stream.read(4))[0] / 100_000
        elif kind in (b"sRGB", b"iCCP", b"cICP"):  # PNG 11.3.2: these go before gAMA
            profiled = True
    stream.seek(before)
    if profiled or gamma is None or not _BELIEVABLE[0] <= gamma <= _BELIEVABLE[1]:
        return PngHead(depth, colour_type, key)
    return PngHead(depth, colour_type, key, gamma)


def png_chunks(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Name and length of every chunk up to the last; the stream stands at its data."""
    at = 8
    while True:
        stream.seek(at)
        start = stream.read(8)
        if len(start) < 8:
            return
        length, kind = struct.unpack(">I4s", start)
        yield kind, length
        if kind == b"IEND":
            return
        at += 12 + length


def deep_png(stream: BinaryIO) -> tuple[np.ndarray, np.ndarray | None]:
    """Decode a PNG of 16 bits a sample whose size was checked.

    Returns:
        ``(H, W)`` or ``(H, W, 3)`` uint16, and its opacity ``(H, W)`` uint16 or None.
    """
    import imagecodecs

    stream.seek(0)
    samples = imagecodecs.png_decode(stream.read())
    if samples.ndim == 3 and samples.shape[2] in (2, 4):
        colour, opacity = samples[..., :-1], samples[..., -1]
        return (colour[..., 0] if colour.shape[2] == 1 else colour), opacity
    return samples, None


def transparent(pixels: np.ndarray, head: PngHead) -> np.ndarray | None:
    """Where the pixels have the one transparent value of the file.

    Args:
        pixels: ``(H, W)`` or ``(H, W, 3)`` as Pillow gives them: 2 and 4 bits scaled to 8.
        head: of the same file.

    Returns:
        ``(H, W)`` bool, or None where the file names no such value.
    """
    if head.key is None:
        return None
    scale = 255 // (2**head.depth - 1) if head.depth in (2, 4) else 1
    key = np.array(head.key, np.int64) * scale
    same: np.ndarray = pixels == (key if pixels.ndim == 3 else key[0])
    return np.all(same, axis=2) if pixels.ndim == 3 else same


def for_the_screen(pixels: np.ndarray, exponent: float) -> np.ndarray:
    """Samples of a file with gAMA as a screen wants them, PNG 13.13; shape and dtype stay."""
    top = np.iinfo(pixels.dtype).max
    levels = (np.arange(top + 1) / top) ** exponent
    table = np.rint(levels * top).astype(pixels.dtype)
    return np.take(table, pixels)
