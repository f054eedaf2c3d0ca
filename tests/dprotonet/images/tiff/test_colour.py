"""Palettes, CMYK, YCbCr and deep colour of a TIFF become 8-bit RGB."""

import struct

import numpy as np
import pytest
from PIL import Image

from dprotonet.images.reader import read_image
from tests.dprotonet.images.tiff.files import GREY, RANDOM, RGB, by_hand, tiff


def test_a_palette_of_16_bits_and_one_that_was_filled_with_8_become_their_colours() -> None:
    colours = RANDOM.integers(0, 256, (3, 256), dtype=np.uint16)
    expected = colours.T[GREY].astype(np.uint8)
    for colour_map in (colours * 257, colours):
        image = read_image(tiff(GREY, photometric="palette", colormap=colour_map))
        assert np.array_equal(image.pixels, expected) and image.facts.colour


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_palette_of_few_colours_is_read(bits: int) -> None:
    colours = RANDOM.integers(0, 256, (2**bits, 3), dtype=np.uint8)
    indices = RANDOM.integers(0, 2**bits, (10, 16), dtype=np.uint8)
    packed = np.packbits(np.unpackbits(indices[..., None], axis=2)[..., 8 - bits :])
    tags = {256: 16, 257: 10, 258: bits, 259: 1, 262: 3}
    data = by_hand(
        tags, packed.tobytes() + (colours.T.astype("<u2") * 257).tobytes(), longs={320: 0}
    )
    start = data.index(packed.tobytes())
    at = data.index(struct.pack("<HHI", 320, 4, 1))
    entry = struct.pack("<HHII", 320, 3, 3 * 2**bits, start + packed.size)
    image = read_image(data[:at] + entry + data[at + 12 :])
    assert np.array_equal(image.pixels, colours[indices])


def test_a_palette_with_a_dark_channel_keeps_it_dark() -> None:
    colours = np.stack([np.arange(256) * 257, np.arange(256) * 257, np.arange(256) % 2 * 100])
    data = tiff(GREY, photometric="palette", colormap=colours.astype(np.uint16))
    assert read_image(data).pixels[..., 2].max() == 0


def test_ycbcr_without_jpeg_and_cmyk_become_rgb(photo) -> None:
    red = Image.new("RGB", (16, 16), (250, 10, 10))
    for image in (red.convert("YCbCr"), Image.new("CMYK", (16, 16), (0, 255, 255, 0))):
        values = read_image(photo(image, "TIFF")).pixels[8, 8].astype(int)
        assert values[0] > 240 and values[1:].max() < 20


def test_old_style_jpeg_is_read(photo) -> None:
    ramp = np.add.outer(np.arange(16), np.arange(32)).astype(np.uint8) * 4
    data = photo(np.dstack([ramp] * 3), "JPEG", quality=95)
    tags = {256: 32, 257: 16, 258: 8, 259: 6, 262: 6, 277: 3}
    start = 8 + 2 + 12 * (len(tags) + 5) + 4
    image = read_image(by_hand(tags, data, longs={513: start, 514: len(data)}))
    assert np.abs(image.pixels[..., 1].astype(int) - ramp).max() < 12


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_colour_of_any_depth_is_scaled_to_8_bits(bits: int) -> None:
    values = RGB.astype(f"u{bits // 8}") << (bits - 8)
    assert np.array_equal(read_image(tiff(values, photometric="rgb")).pixels, RGB)


def test_float_colour_runs_from_0_to_1_or_over_its_own_range() -> None:
    image = read_image(tiff((RGB / 255).astype(np.float32), photometric="rgb"))
    assert np.array_equal(image.pixels, RGB) and image.notes == ()
    wide = read_image(tiff((RGB * 10.0).astype(np.float32), photometric="rgb"))
    assert wide.pixels.min() == 0 and wide.pixels.max() == 255 and wide.notes
