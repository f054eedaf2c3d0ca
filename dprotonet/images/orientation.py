"""Which way up a photograph is stored (EXIF), and turning it upright."""

from __future__ import annotations

import struct
from typing import BinaryIO

from PIL import Image

from dprotonet.images.types import ImageFormat

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation_of(image: Image.Image, kind: ImageFormat, stream: BinaryIO) -> int:
    """1 where Pillow gives the image upright, else 2 to 8 as in EXIF.

    Args:
        image: opened and not decoded.
        kind: the format.
        stream: the file; its position is kept.
    """
    if kind == "tiff":  # Pillow turns each page while decoding it, and tells its size so
        return 1
    if kind == "png":  # Pillow would decode the pixels to look for EXIF behind them
        exif = Image.Exif()
        exif.load(_png_exif(stream))
        found = exif.get(_ORIENTATION, 1)
    else:
        found = image.getexif().get(_ORIENTATION, 1)
    return found if found in _UPRIGHT else 1


def turned_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Columns and rows once upright."""
    return size if orientation < 5 else (size[1], size[0])


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """The image the right way up."""
    method = _UPRIGHT.get(orientation)
    return image if method is None else image.transpose(method)


def _png_exif(stream: BinaryIO) -> bytes:
    """The eXIf chunk of a PNG, before or after the pixels; b"" where there is none."""
    before = stream.tell()
    stream.seek(8)
    found = b""
    while len(start := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", start)
        if kind == b"eXIf" and length <= 1 << 16:
            found = b"Exif\0\0" + stream.read(length)
            break
        if kind == b"IEND":
            break
        stream.seek(length + 4, 1)
    stream.seek(before)
    return found
