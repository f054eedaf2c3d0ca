"""Signs and unused bits, whichever codec the values went through."""

import jpeg_ls
import numpy as np
import pytest
from imagecodecs import jpeg8_encode
from openjpeg.utils import encode_array
from pydicom.uid import (
    JPEG2000,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
)

from dprotonet.images.dicom.codestream import read_codestream
from dprotonet.images.reader import read_image

ROWS, COLUMNS = 45, 61
Y, X = np.mgrid[0:ROWS, 0:COLUMNS]
SMOOTH = 0.5 + 0.4 * np.sin(X / 9) * np.cos(Y / 7)  # in [0.1, 0.9]
SIGNED = np.rint((SMOOTH - 0.5) * 4000).astype(np.int16)  # 12 bits with a sign
UNSIGNED = np.rint(SMOOTH * 4095).astype(np.uint16)


def streams(values: np.ndarray, depth: int) -> dict[str, tuple[str, bytes]]:
    """The values, unsigned in ``depth`` bits, in every lossless codec."""
    return {
        "JPEG": (JPEGLossless, lossless_jpeg(values, depth)),
        "JPEG-LS": (JPEGLSLossless, ls(values, depth)),
        "JPEG 2000": (JPEG2000Lossless, j2k(values, depth)),
    }


def lossless_jpeg(values: np.ndarray, depth: int, predictor: int = 1) -> bytes:
    return jpeg8_encode(values, lossless=True, predictor=predictor, bitspersample=depth)


def j2k(values: np.ndarray, depth: int, **options: object) -> bytes:
    return bytes(encode_array(values, bits_stored=depth, photometric_interpretation=2, **options))


def ls(values: np.ndarray, depth: int, error: int = 0) -> bytes:
    return bytes(
        jpeg_ls.encode_pixel_data(
            values.astype("<u2").tobytes(),
            error,
            rows=values.shape[0],
            columns=values.shape[1],
            samples_per_pixel=1,
            bits_stored=depth,
        )
    )


CODECS = ["JPEG", "JPEG-LS", "JPEG 2000"]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(
    ("depth", "upper"),
    [
        pytest.param(12, 0, id="as deep as the values"),
        pytest.param(16, 0, id="deeper, upper bits clear"),
        pytest.param(16, 0x5000, id="deeper, an overlay above"),
        pytest.param(16, 0xF000, id="deeper, all upper bits set"),
    ],
)
def test_signed_values_have_their_sign_from_the_last_stored_bit(encapsulated, codec, depth, upper):
    raw = SIGNED.view(np.uint16) & 0x0FFF | upper
    syntax, stream = streams(raw.astype(np.uint16), depth)[codec]
    data = encapsulated(stream, SIGNED, syntax, BitsStored=12, HighBit=11)
    assert np.array_equal(read_image(data).pixels, SIGNED)


@pytest.mark.parametrize("codec", CODECS)
def test_signed_values_may_carry_their_sign(encapsulated, codec):
    syntax, stream = streams(SIGNED.view(np.uint16), 16)[codec]
    data = encapsulated(stream, SIGNED, syntax, BitsStored=12, HighBit=11)
    assert np.array_equal(read_image(data).pixels, SIGNED)


@pytest.mark.parametrize("codec", CODECS)
def test_an_overlay_above_unsigned_values_is_not_shown(encapsulated, codec):
    raw = UNSIGNED | (np.uint16(0x9000) * (X % 2 == 0)).astype(np.uint16)
    syntax, stream = streams(raw, 16)[codec]
    data = encapsulated(stream, UNSIGNED, syntax, BitsStored=12, HighBit=11)
    assert np.array_equal(read_image(data).pixels, UNSIGNED)


@pytest.mark.parametrize("depth", [12, 16])
def test_the_streams_of_these_tests_are_as_deep_as_they_are_called(depth):
    for _, stream in streams(UNSIGNED, depth).values():
        result = read_codestream(stream)
        assert (result.precision, result.lossless, result.signed) == (depth, True, False)


def test_signed_jpeg_2000_keeps_its_sign(encapsulated):
    stream = j2k(SIGNED, 12)
    assert read_codestream(stream).signed
    data = encapsulated(stream, SIGNED, JPEG2000Lossless, BitsStored=12, HighBit=11)
    assert np.array_equal(read_image(data).pixels, SIGNED)


def near_lossless(values: np.ndarray) -> tuple[str, bytes]:
    return JPEGLSNearLossless, ls(values, 16, error=3)


def irreversible(values: np.ndarray) -> tuple[str, bytes]:
    return JPEG2000, j2k(values, 16, compression_ratios=[6])


@pytest.mark.parametrize("encode", [near_lossless, irreversible])
def test_lossy_white_that_goes_beyond_its_bits_stays_white(encapsulated, encode):
    values = np.where((X // 3 + Y // 5) % 2, 4095, 4000).astype(np.uint16)
    syntax, stream = encode(values)
    read = read_image(encapsulated(stream, values, syntax, BitsStored=12, HighBit=11)).pixels
    assert read.max() > 4095  # the case that is meant
    assert read.min() > 3900


def test_lossy_signed_values_that_carry_their_sign_keep_it(encapsulated):
    values = np.where(X < 30, -2048, 2047).astype(np.int16)
    stream = j2k(values, 16, compression_ratios=[3])
    read = read_image(encapsulated(stream, values, JPEG2000, BitsStored=12, HighBit=11)).pixels
    assert np.abs(read.astype(int) - values).max() < 200
