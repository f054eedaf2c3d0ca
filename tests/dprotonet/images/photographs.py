"""Small photographs for the tests, and which way up EXIF says that they are."""

import struct
import zlib

import numpy as np
from PIL import Image

GREY = np.random.default_rng(0).integers(0, 256, (30, 40), dtype=np.uint8)

RGB = np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)

TURNS = {  # EXIF orientation: from the stored array to the upright one
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}


def oriented(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
