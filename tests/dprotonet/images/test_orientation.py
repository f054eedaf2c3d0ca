"""Photographs are turned upright, wherever their EXIF stands."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from dprotonet.errors import UnreadableImage
from dprotonet.images.reader import inspect, read_image

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


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied_and_told_by_the_header(photo, kind: str, orientation: int):
    options = {"lossless": True} if kind == "WEBP" else {}
    plain = read_image(photo(RGB, kind, **options)).pixels
    data = photo(RGB, kind, exif=oriented(orientation), **options)
    image = read_image(data)
    assert np.array_equal(image.pixels, TURNS[orientation](plain))
    facts = inspect(data)
    assert (facts.rows, facts.columns) == image.shape


def test_exif_behind_the_pixels_of_a_png_counts_too(photo):
    data = photo(GREY)
    late = png_chunk(b"eXIf", oriented(6).tobytes().removeprefix(b"Exif\0\0"))
    moved = data[:-12] + late + data[-12:]
    facts = inspect(moved)
    assert (facts.rows, facts.columns) == (40, 30)
    assert np.array_equal(read_image(moved).pixels, np.rot90(GREY, -1))


def test_the_header_of_a_png_is_read_without_its_pixels(photo):
    data = photo(GREY)
    start = data.index(b"IDAT") + 4
    damaged = data[:start] + b"\xff" * 40 + data[start + 40 :]
    assert inspect(damaged).rows == 30
    with pytest.raises(UnreadableImage):
        read_image(damaged)
