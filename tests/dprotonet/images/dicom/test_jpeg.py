"""JPEG of 8 and 12 bits, and lossless JPEG, are given back as they went in."""

import numpy as np
import pytest
from imagecodecs import jpeg8_encode, jpegsof3_decode, ljpeg_decode
from pydicom.pixels import convert_color_space, get_decoder
from pydicom.uid import (
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
)

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom import jpeg
from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.images.reader import inspect, read_image

ROWS, COLUMNS = 45, 61
Y, X = np.mgrid[0:ROWS, 0:COLUMNS]
SMOOTH = 0.5 + 0.4 * np.sin(X / 9) * np.cos(Y / 7)  # in [0.1, 0.9]


def grey(bits: int) -> np.ndarray:
    noise = np.random.default_rng(bits).normal(0, 0.01, SMOOTH.shape)
    top = (1 << bits) - 1
    return np.rint((SMOOTH + noise).clip(0, 1) * top).astype("u1" if bits <= 8 else "u2")


def lossless_jpeg(values: np.ndarray, depth: int, predictor: int = 1) -> bytes:
    return jpeg8_encode(values, lossless=True, predictor=predictor, bitspersample=depth)


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_lossless_jpeg_gives_back_every_value(encapsulated, predictor: int, bits: int):
    stored = grey(bits)
    stream = lossless_jpeg(stored, bits, predictor)
    data = encapsulated(stream, stored, JPEGLossless, BitsStored=bits, HighBit=bits - 1)
    assert np.array_equal(read_image(data).pixels, stored)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_lossless_jpeg_agrees_with_two_other_decoders(encapsulated, bits: int):
    stored = (
        np.random.default_rng(0)
        .integers(0, 1 << bits, (ROWS, COLUMNS))
        .astype("u1" if bits == 8 else "u2")
    )
    stream = lossless_jpeg(stored, bits)
    data = encapsulated(stream, stored, JPEGLosslessSV1, BitsStored=bits, HighBit=bits - 1)
    read = read_image(data).pixels
    assert np.array_equal(read, jpegsof3_decode(stream))
    assert np.array_equal(read, ljpeg_decode(stream))


@pytest.mark.parametrize(
    ("bits", "syntax"), [(8, JPEGBaseline8Bit), (8, JPEGExtended12Bit), (12, JPEGExtended12Bit)]
)
def test_lossy_jpeg_is_near_what_went_in(encapsulated, bits: int, syntax: str):
    stored = np.rint(SMOOTH * ((1 << bits) - 1)).astype("u1" if bits == 8 else "u2")
    stream = jpeg8_encode(stored, 95, bitspersample=bits)
    read = read_image(encapsulated(stream, stored, syntax, BitsStored=bits, HighBit=bits - 1))
    assert np.abs(read.pixels.astype(int) - stored).max() <= 0.01 * (1 << bits)


@pytest.mark.parametrize("restarts", [{"restart_marker_rows": 1}, {"restart_marker_blocks": 3}])
def test_restart_markers_change_nothing(encapsulated, photo, restarts: dict):
    stored = grey(8)
    with_markers = photo(stored, "JPEG", quality=90, **restarts)
    assert with_markers.count(b"\xff\xd0") > 0
    read = [
        read_image(encapsulated(stream, stored, JPEGBaseline8Bit)).pixels
        for stream in (with_markers, photo(stored, "JPEG", quality=90))
    ]
    assert np.array_equal(*read)


@pytest.mark.parametrize("allocated", [16, 32])
def test_eight_bits_may_lie_in_wider_containers(encapsulated, allocated: int):
    stored = grey(8)
    stream = lossless_jpeg(stored, 8)
    data = encapsulated(stream, stored, JPEGLossless, BitsAllocated=allocated, BitsStored=12)
    assert np.array_equal(read_image(data).pixels, stored)


def test_data_deeper_than_the_header_states_keep_their_depth(encapsulated):
    stored = grey(16)
    stream = lossless_jpeg(stored, 16)
    data = encapsulated(stream, grey(8), JPEGLossless)
    assert np.array_equal(read_image(data).pixels, stored)


def coloured() -> np.ndarray:
    levels = np.rint(SMOOTH * 255).astype(np.uint8)
    return np.stack([levels, levels[::-1], levels[:, ::-1]], -1)


@pytest.mark.parametrize("label", ["RGB", "YBR_FULL"])
@pytest.mark.parametrize("lossless", [True, False])
def test_colours_are_converted_once_and_as_the_header_says(
    encapsulated, label: str, lossless: bool
):
    stored = coloured()
    space = {"colorspace": "RGB", "outcolorspace": "RGB"}
    stream = jpeg8_encode(stored, 98, lossless=lossless, predictor=1, **space, subsampling="444")
    stream = renamed_components(stream)
    syntax = JPEGLossless if lossless else JPEGBaseline8Bit
    image = read_image(encapsulated(stream, stored, syntax, PhotometricInterpretation=label))
    expected = stored if label == "RGB" else convert_color_space(stored, "YBR_FULL", "RGB")
    assert np.abs(image.pixels.astype(int) - expected).max() <= (0 if lossless else 20)
    assert np.abs(image.pixels.astype(int) - expected).mean() <= (0 if lossless else 3)


def renamed_components(stream: bytes) -> bytes:
    """Components 1, 2, 3 instead of R, G, B, which would say for themselves what they are."""
    named = bytearray(stream.replace(b"Adobe", b"Nobody"[:5]))
    for marker in (b"\xff\xc0", b"\xff\xc3", b"\xff\xda"):
        at = named.find(marker)
        if at >= 0:
            first, step = (at + 10, 3) if marker != b"\xff\xda" else (at + 5, 2)
            for number in range(3):
                named[first + step * number] = number + 1
    return bytes(named)


@pytest.mark.parametrize(("depth", "stated"), [(8, 8), (8, 12), (8, 16), (12, 8), (16, 12)])
def test_colours_of_another_depth_than_stated_are_as_bright(encapsulated, depth, stated):
    stored = (coloured().astype(np.uint16) << (depth - 8)).astype("u1" if depth == 8 else "u2")
    space = {"colorspace": "RGB", "outcolorspace": "RGB"}
    stream = jpeg8_encode(stored, lossless=True, predictor=1, bitspersample=depth, **space)
    like = coloured().astype("u1" if stated == 8 else "u2")
    data = encapsulated(stream, like, JPEGLossless, BitsStored=stated, HighBit=stated - 1)
    assert np.array_equal(read_image(data).pixels, coloured())


def test_colours_in_the_lower_bits_of_deeper_data_are_as_bright(encapsulated):
    stored = coloured().astype(np.uint16) << 4
    space = {"colorspace": "RGB", "outcolorspace": "RGB"}
    stream = jpeg8_encode(stored, lossless=True, predictor=1, bitspersample=16, **space)
    data = encapsulated(stream, stored, JPEGLossless, BitsStored=12, HighBit=11)
    assert np.array_equal(read_image(data).pixels, coloured())


@pytest.mark.parametrize("subsampling", ["444", "422", "420"])
def test_subsampled_jpeg_is_shown_in_its_colours(encapsulated, subsampling: str):
    stored = coloured()
    stream = jpeg8_encode(
        stored, 95, colorspace="RGB", outcolorspace="YCBCR", subsampling=subsampling
    )
    data = encapsulated(stream, stored, JPEGBaseline8Bit, PhotometricInterpretation="YBR_FULL_422")
    assert np.abs(read_image(data).pixels.astype(int) - stored).mean() < 4


def test_jpeg_is_decoded_under_the_limits_of_the_child(encapsulated):
    stored = grey(12)
    stream = lossless_jpeg(stored, 12)
    data = encapsulated(stream, stored, JPEGLossless, BitsStored=12, HighBit=11)
    with IsolatedReader() as reader:
        assert np.array_equal(reader.read(data).pixels, stored)


def test_without_its_decoder_the_syntax_is_refused_by_name(encapsulated, monkeypatch):
    data = encapsulated(lossless_jpeg(grey(8), 8), grey(8), JPEGLossless)
    decoder = get_decoder(JPEGLossless)
    inspect(data)
    decoder.remove_plugin(jpeg.LABEL)
    monkeypatch.setattr(jpeg, "find_spec", lambda name: None)
    try:
        with pytest.raises(UnreadableImage, match=r"JPEG Lossless.*4\.57"):
            inspect(data)
    finally:
        decoder.remove_plugin(jpeg.LABEL)
