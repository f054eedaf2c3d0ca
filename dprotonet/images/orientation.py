"""Which way up a photograph is stored (EXIF), and turning it upright."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image

from dprotonet.images.png import png_chunks
from dprotonet.images.types import ImageFormat

_ORIENTATION = 0x0112
_TURNS = range(2, 9)


def orientation_of(image: Image.Image, kind: ImageFormat, stream: BinaryIO) -> int:
    """1 where the image is stored upright, else 2 to 8 as in EXIF.

    Args:
        image: opened and not decoded.
        kind: the format.
        stream: the file; its position is kept.
    """
    if kind == "png":  # Pillow would decode the pixels to look for EXIF behind them
        exif = Image.Exif()
        exif.load(_png_exif(stream))
        orientation = exif.get(_ORIENTATION, 1)
    else:
        orientation = image.getexif().get(_ORIENTATION, 1)
    return orientation if orientation in _TURNS else 1


def turned_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Columns and rows once upright."""
    return size if orientation < 5 else (size[1], size[0])


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """The image the right way up.

    Args:
        pixels: ``(H, W)`` or ``(H, W, 3)``.
        orientation: 1 to 8 as in EXIF 4.6.4; 5 to 8 swap rows and columns.
    """
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _png_exif(stream: BinaryIO) -> bytes:
    """The eXIf chunk of a PNG, before or after the pixels; b"" where there is none."""
    before = stream.tell()
    exif = b""
    for kind, length in png_chunks(stream):
        if kind == b"eXIf" and length <= 1 << 16:
            exif = b"Exif\0\0" + stream.read(length)
            break
    stream.seek(before)
    return exif
