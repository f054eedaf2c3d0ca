"""Every way in which a TIFF stores samples comes out as the values that were stored."""

import logging

import numpy as np
import pytest

from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.images.reader import read_image
from tests.dprotonet.images.tiff.files import DTYPES, GREY, RANDOM, by_hand, tiff, whole_range


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_values_of_every_sample_format_are_exact(dtype: str, order: str) -> None:
    values = whole_range(dtype)
    image = read_image(tiff(values, photometric="minisblack", file={"byteorder": order}))
    assert image.pixels.dtype.kind == np.dtype(dtype).kind and image.pixels.dtype.isnative
    assert np.array_equal(image.pixels, values) and image.facts.bits == values.itemsize * 8
    displayed = image.unit()
    assert displayed.min() == 0 and displayed.max() == 1 and not image.inverted


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


def test_the_child_sends_every_kind_of_value() -> None:
    with IsolatedReader() as reader:
        for dtype in ("i1", "u4", "i8", "u8", "f2", "f8"):
            values = whole_range(dtype)
            result = reader.read(tiff(values, photometric="minisblack", compression="zlib"))
            assert np.array_equal(result.pixels, values)


def test_nothing_of_the_file_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        read_image(tiff(GREY, extratags=[(42113, 2, 0, "PATIENT", True)]))
    assert "PATIENT" not in caplog.text
