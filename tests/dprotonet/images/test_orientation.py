"""Photographs are turned upright, wherever their EXIF stands."""

import numpy as np
import pytest

from dprotonet.errors import UnreadableImage
from dprotonet.images.reader import inspect, read_image
from tests.dprotonet.images.photographs import GREY, RGB, TURNS, oriented, png_chunk


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
