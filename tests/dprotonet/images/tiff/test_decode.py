"""Strips, tiles, planes and compressions of a TIFF give the values that were stored."""

import numpy as np
import pytest
from PIL import Image

from dprotonet.images.reader import read_image
from tests.dprotonet.images.tiff.files import GREY, RGB, tiff, whole_range


@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_colour_in_strips_tiles_and_separate_planes_is_the_same(
    dtype: str, planes: str, tile: tuple[int, int] | None
) -> None:
    values = RGB.astype(dtype) * (257 if dtype == "u2" else 1)
    stored = np.moveaxis(values, 2, 0) if planes == "separate" else values
    for compression in (None, "zlib"):
        data = tiff(
            stored, photometric="rgb", planarconfig=planes, tile=tile, compression=compression
        )
        image = read_image(data)
        assert np.array_equal(image.pixels, RGB) and image.facts.colour
    assert bool(image.notes) == (dtype == "u2")


PREDICTED = [(name, True) for name in ("lzw", "zlib", "zstd", "lzma")]

PLAIN = [(name, False) for name in ("lzw", "zlib", "zstd", "lzma", "packbits")]


@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize(("compression", "predictor"), PREDICTED + PLAIN)
@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "f4"])
def test_lossless_compressions_and_predictors_keep_the_values(
    dtype: str, compression: str, predictor: bool, tile: tuple[int, int] | None
) -> None:
    values = whole_range(dtype)
    data = tiff(
        values,
        photometric="minisblack",
        compression=compression,
        predictor=predictor,
        tile=tile,
        rowsperstrip=None if tile else 7,
    )
    assert np.array_equal(read_image(data).pixels, values)


@pytest.mark.parametrize("compression", ["jpeg2000", "webp", "lerc"])
def test_compressions_of_pictures_are_read(compression: str) -> None:
    lossless = {"jpeg2000": {"level": 0}, "webp": {"lossless": True}, "lerc": {}}[compression]
    values = RGB if compression == "webp" else GREY
    data = tiff(values, compression=compression, compressionargs=lossless)
    assert np.array_equal(read_image(data).pixels, values)


@pytest.mark.parametrize("tile", [None, (16, 32)])
def test_jpeg_inside_is_close_to_what_was_stored(tile: tuple[int, int] | None) -> None:
    ramp = np.add.outer(np.arange(64), np.arange(96)).astype(np.uint8)
    grey = read_image(tiff(ramp, compression="jpeg", tile=tile))
    assert np.abs(grey.pixels.astype(int) - ramp).max() < 8
    colour = np.dstack([ramp, ramp[::-1], ramp[:, ::-1]])
    turned = read_image(tiff(colour, photometric="rgb", compression="jpeg", tile=tile))
    assert np.abs(turned.pixels.astype(int) - colour).mean() < 4


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_fax_compressions_are_read_black_on_white(photo, compression: str) -> None:
    page = np.zeros((20, 30), bool)
    page[5:9, 3:20] = True  # white
    data = photo(Image.fromarray(page), "TIFF", compression=compression)
    assert np.array_equal(read_image(data).unit(), page)
