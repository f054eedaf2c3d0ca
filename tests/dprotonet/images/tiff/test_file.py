"""Every way in which a TIFF stores samples comes out as the values that were stored."""

import logging
import struct

import numpy as np
import pytest
from PIL import Image

from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.images.reader import read_image
from tests.dprotonet.images.tiff.files import DTYPES, GREY, RANDOM, RGB, by_hand, tiff, whole_range


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_values_of_every_sample_format_are_exact(dtype: str, order: str) -> None:
    values = whole_range(dtype)
    image = read_image(tiff(values, photometric="minisblack", file={"byteorder": order}))
    assert image.pixels.dtype.kind == np.dtype(dtype).kind and image.pixels.dtype.isnative
    assert np.array_equal(image.pixels, values) and image.facts.bits == values.itemsize * 8
    shown = image.unit()
    assert shown.min() == 0 and shown.max() == 1 and not image.inverted


@pytest.mark.parametrize("dtype", DTYPES)
def test_white_is_zero_turns_every_sample_format(dtype: str) -> None:
    values = np.sort(whole_range(dtype), axis=None).reshape(33, 47)
    image = read_image(tiff(values, photometric="miniswhite"))
    assert np.array_equal(image.pixels, values)
    assert image.unit()[0, 0] == 1 and image.unit()[-1, -1] == 0


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("bits", [1, 2, 4, 6, 10, 12, 14])
def test_packed_bits_are_shown_from_their_lowest_to_their_highest(
    bits: int, photometric: str
) -> None:
    top = 2**bits - 1
    values = RANDOM.integers(0, top + 1, (9, 13)).astype(np.uint8 if bits <= 8 else np.uint16)
    values[0, :2] = 0, top
    # Packed by hand, each row from a whole byte: tifffile writes few of these depths.
    rows = [np.unpackbits(row.astype(">u2").view(np.uint8)).reshape(-1, 16) for row in values]
    packed = b"".join(np.packbits(row[:, 16 - bits :].reshape(-1)).tobytes() for row in rows)
    tags = {256: 13, 257: 9, 258: bits, 259: 1, 262: int(photometric == "minisblack")}
    image = read_image(by_hand(tags, packed))
    assert np.array_equal(image.pixels, values) and image.facts.bits == bits
    full = image.unit(image.windows[-1])
    expected = values / top if photometric == "minisblack" else 1 - values / top
    np.testing.assert_allclose(full, expected, atol=1e-6)


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


def test_the_child_sends_every_kind_of_value() -> None:
    with IsolatedReader() as reader:
        for dtype in ("i1", "u4", "i8", "u8", "f2", "f8"):
            values = whole_range(dtype)
            found = reader.read(tiff(values, photometric="minisblack", compression="zlib"))
            assert np.array_equal(found.pixels, values)


def test_nothing_of_the_file_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        read_image(tiff(GREY, extratags=[(42113, 2, 0, "PATIENT", True)]))
    assert "PATIENT" not in caplog.text
