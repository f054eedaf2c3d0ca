"""What a PNG says beside its pixels: gamma, a transparent value, 16 bits a channel."""

import struct
import zlib

import numpy as np
import pytest

from dprotonet.errors import UnreadableImage
from dprotonet.images.reader import read_image
from tests.dprotonet.images.photographs import TURNS, png_chunk

RANDOM = np.random.default_rng(7)
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def png(samples: np.ndarray, colour_type: int, depth: int, *chunks: bytes) -> bytes:
    """A PNG of ``(H, W)`` or ``(H, W, C)`` samples as they are stored."""
    rows, columns = samples.shape[:2]
    header = struct.pack(">2I5B", columns, rows, depth, colour_type, 0, 0, 0)
    flat = samples.reshape(rows, -1)
    if depth < 8:
        bits = np.unpackbits(flat.astype(np.uint8)[..., None], axis=2)[..., 8 - depth :]
        lines = np.packbits(bits.reshape(rows, -1), axis=1)
    else:
        lines = flat.astype(f">u{depth // 8}")
    data = b"".join(b"\0" + line.tobytes() for line in lines)
    parts = png_chunk(b"IHDR", header) + b"".join(chunks)
    parts += png_chunk(b"IDAT", zlib.compress(data)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def gamma(value: float) -> bytes:
    return png_chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def samples_of(colour_type: int, depth: int) -> np.ndarray:
    shape = (12, 17, CHANNELS[colour_type])
    values = RANDOM.integers(0, 2**depth, shape, dtype=np.uint16)
    return values[..., 0] if CHANNELS[colour_type] == 1 else values


@pytest.mark.parametrize("stated", [1.0, 0.25, 2.0])
@pytest.mark.parametrize(("colour_type", "depth"), [(0, 8), (0, 16), (2, 8), (2, 16), (6, 8)])
def test_gamma_is_corrected_for_the_screen_and_said(
    colour_type: int, depth: int, stated: float
) -> None:
    values = samples_of(colour_type, depth)
    if colour_type == 6:
        values[..., 3] = 255  # opaque
    image = read_image(png(values, colour_type, depth, gamma(stated)))
    displayed = values[..., :3] if colour_type else values
    expected = (displayed / (2**depth - 1)) ** (1 / (stated * 2.2))
    result = image.pixels / np.iinfo(image.pixels.dtype).max
    assert np.abs(result - expected).max() < 0.0041
    assert any("gamma" in note for note in image.notes)


def test_gamma_corrects_the_colours_of_a_palette_and_not_its_indices() -> None:
    palette = png_chunk(b"PLTE", bytes([0, 60, 120, 255, 30, 0]))
    indices = np.array([[0, 1], [1, 0]], np.uint16)
    image = read_image(png(indices, 3, 8, gamma(1), palette))
    expected = np.array([[0, 60, 120], [255, 30, 0]]) / 255
    np.testing.assert_allclose(image.unit(), expected[indices] ** (1 / 2.2), atol=0.003)


@pytest.mark.parametrize("before", [b"sRGB", b"iCCP", b"cICP"])
def test_a_profile_goes_before_gamma(before: bytes) -> None:
    profile = {
        b"sRGB": b"\0",
        b"iCCP": b"profile\0\0" + zlib.compress(bytes(132)),
        b"cICP": bytes([1, 13, 0, 1]),
    }[before]
    values = samples_of(0, 16)
    image = read_image(png(values, 0, 16, png_chunk(before, profile), gamma(1)))
    assert np.array_equal(image.pixels, values)


@pytest.mark.parametrize("stated", [0.45455, 0.45, 0.0, 0.001, 900.0])
def test_the_usual_gamma_and_one_that_cannot_be_change_nothing(stated: float) -> None:
    values = samples_of(0, 16)
    image = read_image(png(values, 0, 16, gamma(stated)))
    assert np.array_equal(image.pixels, values)
    assert not any("gamma" in note for note in image.notes)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_the_transparent_value_of_grey_is_compared_at_its_own_depth(depth: int) -> None:
    values = samples_of(0, depth)
    key = 0x1234 if depth == 16 else 2**depth - 1
    values[3, :5] = key
    if depth == 16:
        values[4, 0] = key + 1  # equal in its upper 8 bits, and opaque
    image = read_image(png(values, 0, depth, png_chunk(b"tRNS", struct.pack(">H", key))))
    hidden = values == key
    displayed = image.unit(image.windows[-1])
    assert not displayed[hidden].any()
    np.testing.assert_allclose(displayed[~hidden], values[~hidden] / (2**depth - 1), atol=1e-6)
    if depth == 16:
        assert np.array_equal(image.pixels[~hidden], values[~hidden])
        assert np.array_equal(image.padding, hidden)
    assert any("transparent" in note for note in image.notes)


@pytest.mark.parametrize("depth", [8, 16])
def test_the_transparent_colour_is_compared_at_its_own_depth(depth: int) -> None:
    values = samples_of(2, depth)
    key = (7, 200, 9) if depth == 8 else (0x1234, 0xABCD, 0x0102)
    values[2, 2] = key
    values[2, 3] = key[0] + (depth == 16), key[1], key[2] + (depth == 8)
    image = read_image(png(values, 2, depth, png_chunk(b"tRNS", struct.pack(">3H", *key))))
    expected = (values >> (depth - 8)).astype(np.uint8)
    expected[2, 2] = 0
    assert np.array_equal(image.pixels, expected) and expected[2, 3].any()


def test_a_palette_may_be_transparent_in_part() -> None:
    palette = png_chunk(b"PLTE", bytes([200, 100, 50, 10, 20, 30, 40, 50, 60]))
    indices = np.array([[0, 1, 2]], np.uint16)
    image = read_image(png(indices, 3, 8, palette, png_chunk(b"tRNS", bytes([0, 128]))))
    assert image.pixels.tolist() == [[[0, 0, 0], [5, 10, 15], [40, 50, 60]]]


def test_grey_of_16_bits_with_alpha_keeps_its_16_bits() -> None:
    values = samples_of(4, 16)
    values[..., 1] = 65535
    values[0, :4, 1] = 0
    image = read_image(png(values, 4, 16))
    assert image.facts.colour is False and image.facts.bits == 16
    assert np.array_equal(image.pixels[1:], values[1:, :, 0])
    assert not image.unit()[0, :4].any() and image.padding.sum() == 4


def test_colour_of_16_bits_is_blended_with_its_alpha() -> None:
    values = samples_of(6, 16)
    image = read_image(png(values, 6, 16))
    expected = values[..., :3] / 65535 * (values[..., 3:] / 65535)
    assert np.abs(image.unit() - expected).max() < 0.005


@pytest.mark.parametrize("orientation", TURNS)
def test_16_bits_and_their_transparent_value_are_turned_together(orientation: int) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = orientation
    values = samples_of(0, 16)
    key = int(values[1, 2])
    chunks = (
        png_chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")),
        png_chunk(b"tRNS", struct.pack(">H", key)),
    )
    image = read_image(png(values, 0, 16, *chunks))
    assert np.array_equal(image.padding, TURNS[orientation](values == key))
    displayed = np.where(values == key, 0, values)
    assert np.array_equal(image.pixels, TURNS[orientation](displayed))


@pytest.mark.parametrize("colour_type", [2, 4, 6])
def test_16_bits_that_are_cut_off_are_refused_without_quoting_a_library(colour_type: int) -> None:
    data = png(samples_of(colour_type, 16), colour_type, 16)
    with pytest.raises(UnreadableImage) as caught:
        read_image(data[: len(data) - 40])
    assert "png_" not in str(caught.value) and "stream" not in str(caught.value)
