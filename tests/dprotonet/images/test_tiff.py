"""Every way in which a TIFF stores samples comes out as the values that were stored."""

import io
import logging
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from dprotonet import images
from dprotonet.errors import UnreadableImage
from dprotonet.images.isolated import IsolatedReader
from tests.dprotonet.images.test_natural import TURNS

RANDOM = np.random.default_rng(5)
GREY = RANDOM.integers(0, 256, (33, 47), dtype=np.uint8)
RGB = RANDOM.integers(0, 256, (33, 47, 3), dtype=np.uint8)
DTYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]


def tiff(*pages: np.ndarray, **options: Any) -> bytes:
    """A TIFF with one page an array."""
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream, **options.pop("file", {})) as writer:
        for page in pages:
            writer.write(page, metadata=None, **options)
    return stream.getvalue()


def whole_range(dtype: str) -> np.ndarray:
    """(33, 47) values that reach both ends of the type."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return (RANDOM.normal(0, 300, (33, 47))).astype(kind)
    info = np.iinfo(kind)
    values = RANDOM.integers(info.min, info.max, (33, 47), dtype=kind, endpoint=True)
    values[0, 0], values[-1, -1] = info.min, info.max
    return values


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_values_of_every_sample_format_are_exact(dtype: str, order: str) -> None:
    values = whole_range(dtype)
    image = images.read(tiff(values, photometric="minisblack", file={"byteorder": order}))
    assert image.pixels.dtype.kind == np.dtype(dtype).kind and image.pixels.dtype.isnative
    assert np.array_equal(image.pixels, values) and image.facts.bits == values.itemsize * 8
    shown = image.unit()
    assert shown.min() == 0 and shown.max() == 1 and not image.inverted


@pytest.mark.parametrize("dtype", DTYPES)
def test_white_is_zero_turns_every_sample_format(dtype: str) -> None:
    values = np.sort(whole_range(dtype), axis=None).reshape(33, 47)
    image = images.read(tiff(values, photometric="miniswhite"))
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
    image = images.read(by_hand(tags, packed))
    assert np.array_equal(image.pixels, values) and image.facts.bits == bits
    full = image.unit(image.windows[-1])
    expected = values / top if photometric == "minisblack" else 1 - values / top
    np.testing.assert_allclose(full, expected, atol=1e-6)


def by_hand(tags: dict[int, int], data: bytes, *, longs: dict[int, int] | None = None) -> bytes:
    """A little-endian TIFF of one strip, its tags as given (SHORT; ``longs`` LONG)."""
    entries = {code: (3, value) for code, value in tags.items()}
    entries |= {code: (4, value) for code, value in (longs or {}).items()}
    start = 8 + 2 + 12 * (len(entries) + 3) + 4
    entries |= {273: (4, start), 278: (3, tags[257]), 279: (4, len(data))}
    directory = struct.pack("<H", len(entries))
    for code, (kind, value) in sorted(entries.items()):
        directory += struct.pack("<HHII", code, kind, 1, value)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 0) + data


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
        image = images.read(data)
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
    assert np.array_equal(images.read(data).pixels, values)


@pytest.mark.parametrize("compression", ["jpeg2000", "webp", "lerc"])
def test_compressions_of_pictures_are_read(compression: str) -> None:
    lossless = {"jpeg2000": {"level": 0}, "webp": {"lossless": True}, "lerc": {}}[compression]
    values = RGB if compression == "webp" else GREY
    data = tiff(values, compression=compression, compressionargs=lossless)
    assert np.array_equal(images.read(data).pixels, values)


@pytest.mark.parametrize("tile", [None, (16, 32)])
def test_jpeg_inside_is_close_to_what_was_stored(tile: tuple[int, int] | None) -> None:
    ramp = np.add.outer(np.arange(64), np.arange(96)).astype(np.uint8)
    grey = images.read(tiff(ramp, compression="jpeg", tile=tile))
    assert np.abs(grey.pixels.astype(int) - ramp).max() < 8
    colour = np.dstack([ramp, ramp[::-1], ramp[:, ::-1]])
    turned = images.read(tiff(colour, photometric="rgb", compression="jpeg", tile=tile))
    assert np.abs(turned.pixels.astype(int) - colour).mean() < 4


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_fax_compressions_are_read_black_on_white(photo, compression: str) -> None:
    page = np.zeros((20, 30), bool)
    page[5:9, 3:20] = True  # white
    data = photo(Image.fromarray(page), "TIFF", compression=compression)
    assert np.array_equal(images.read(data).unit(), page)


def test_a_palette_of_16_bits_and_one_that_was_filled_with_8_become_their_colours() -> None:
    colours = RANDOM.integers(0, 256, (3, 256), dtype=np.uint16)
    expected = colours.T[GREY].astype(np.uint8)
    for colour_map in (colours * 257, colours):
        image = images.read(tiff(GREY, photometric="palette", colormap=colour_map))
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
    image = images.read(data[:at] + entry + data[at + 12 :])
    assert np.array_equal(image.pixels, colours[indices])


def test_a_palette_with_a_dark_channel_keeps_it_dark() -> None:
    colours = np.stack([np.arange(256) * 257, np.arange(256) * 257, np.arange(256) % 2 * 100])
    data = tiff(GREY, photometric="palette", colormap=colours.astype(np.uint16))
    assert images.read(data).pixels[..., 2].max() == 0


def test_ycbcr_without_jpeg_and_cmyk_become_rgb(photo) -> None:
    red = Image.new("RGB", (16, 16), (250, 10, 10))
    for image in (red.convert("YCbCr"), Image.new("CMYK", (16, 16), (0, 255, 255, 0))):
        values = images.read(photo(image, "TIFF")).pixels[8, 8].astype(int)
        assert values[0] > 240 and values[1:].max() < 20


def test_old_style_jpeg_is_read(photo) -> None:
    ramp = np.add.outer(np.arange(16), np.arange(32)).astype(np.uint8) * 4
    data = photo(np.dstack([ramp] * 3), "JPEG", quality=95)
    tags = {256: 32, 257: 16, 258: 8, 259: 6, 262: 6, 277: 3}
    start = 8 + 2 + 12 * (len(tags) + 5) + 4
    image = images.read(by_hand(tags, data, longs={513: start, 514: len(data)}))
    assert np.abs(image.pixels[..., 1].astype(int) - ramp).max() < 12


@pytest.mark.parametrize("premultiplied", [True, False])
def test_alpha_of_colour_is_shown_on_black(premultiplied: bool) -> None:
    rgba = np.dstack([RGB, np.full(GREY.shape, 255, np.uint8)])
    kind = "assocalpha" if premultiplied else "unassalpha"
    opaque = images.read(tiff(rgba, photometric="rgb", extrasamples=[kind]))
    assert np.array_equal(opaque.pixels, RGB) and opaque.notes == ()
    rgba[:9, :, 3] = 0
    if premultiplied:
        rgba[:9, :, :3] = 0
    image = images.read(tiff(rgba, photometric="rgb", extrasamples=[kind]))
    assert not image.pixels[:9].any() and np.array_equal(image.pixels[9:], RGB[9:])


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_transparent_pixels_of_grey_are_black_and_the_others_exact(dtype: str) -> None:
    values = whole_range(dtype)
    opacity = np.full_like(values, np.iinfo(dtype).max)
    opacity[:5] = 0
    both = np.dstack([values, opacity])
    image = images.read(tiff(both, photometric="minisblack", extrasamples=["unassalpha"]))
    assert np.array_equal(image.pixels[5:], values[5:]) and not image.unit()[:5].any()
    assert any("transparent" in note for note in image.notes)


def test_further_samples_are_left_out_and_said() -> None:
    five = RANDOM.integers(0, 65536, (9, 11, 5)).astype(np.uint16)
    image = images.read(tiff(five, photometric="minisblack", planarconfig="contig"))
    assert np.array_equal(image.pixels, five[..., 0])
    assert any("5 samples a pixel; 4 of them" in note for note in image.notes)


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_colour_of_any_depth_is_scaled_to_8_bits(bits: int) -> None:
    values = RGB.astype(f"u{bits // 8}") << (bits - 8)
    assert np.array_equal(images.read(tiff(values, photometric="rgb")).pixels, RGB)


def test_float_colour_runs_from_0_to_1_or_over_its_own_range() -> None:
    image = images.read(tiff((RGB / 255).astype(np.float32), photometric="rgb"))
    assert np.array_equal(image.pixels, RGB) and image.notes == ()
    wide = images.read(tiff((RGB * 10.0).astype(np.float32), photometric="rgb"))
    assert wide.pixels.min() == 0 and wide.pixels.max() == 255 and wide.notes


def test_values_that_are_none_are_padding_and_do_not_bend_the_window() -> None:
    ramp = np.linspace(0, 1, 800, dtype=np.float32).reshape(20, 40)
    for none in (np.nan, np.inf, -np.inf, -3.4028235e38, -3.4e38, 1e36):
        holed = ramp.copy()
        holed[:4, :10] = none
        image = images.read(tiff(holed, photometric="miniswhite"))
        assert image.padding is not None and image.padding.sum() == 40
        assert np.isfinite(image.pixels).all() and not image.unit()[:4, :10].any()
        np.testing.assert_allclose(image.unit()[4:], 1 - ramp[4:], atol=0.15)


@pytest.mark.parametrize("dtype", ["i2", "i4", "f4", "f8"])
def test_a_usual_stand_in_far_below_all_values_is_padding_and_said(dtype: str) -> None:
    values = np.arange(1000, 1800).reshape(20, 40).astype(dtype)
    values[:4, :10] = -9999
    image = images.read(tiff(values, photometric="minisblack"))
    assert image.padding is not None and image.padding.sum() == 40
    assert np.array_equal(image.pixels, values) and image.windows[0].width < 800
    assert any("-9999" in note for note in image.notes)


@pytest.mark.parametrize("low", [-9000, -9998, -32768])
def test_a_low_value_among_others_is_no_stand_in(low: int) -> None:
    values = np.linspace(low, 9000, 800).astype("i2").reshape(20, 40)
    assert images.read(tiff(values, photometric="minisblack")).padding is None


@pytest.mark.parametrize(
    ("dtype", "value", "text"), [("f4", -9999, "-9999"), ("i2", -32768, "-32768 "), ("u1", 0, "0")]
)
def test_the_value_that_gdal_writes_for_none_is_padding(dtype: str, value: int, text: str) -> None:
    values = np.arange(1, 101).reshape(10, 10).astype(dtype)
    values[:3] = value
    image = images.read(tiff(values, extratags=[(42113, 2, 0, text, True)]))
    assert image.padding is not None and image.padding[:3].all() and not image.padding[3:].any()
    assert image.windows[0].centre > 0


def test_an_image_of_values_that_are_all_none_says_so() -> None:
    with pytest.raises(UnreadableImage, match="No pixel of this image has a value"):
        images.read(tiff(np.full((4, 4), np.nan, np.float32)))


def test_smaller_copies_and_masks_are_no_frames_wherever_they_stand() -> None:
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(RGB[::4, ::4], photometric="rgb", subfiletype=1, metadata=None)
        writer.write(RGB, photometric="rgb", subifds=1, metadata=None)
        writer.write(RGB[::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
        writer.write(GREY > 9, photometric="minisblack", subfiletype=4, metadata=None)
        writer.write(GREY[::2, ::2] > 9, photometric="minisblack", subfiletype=5, metadata=None)
        writer.write(RGB[::-1], photometric="rgb", subfiletype=2, metadata=None)
    data = stream.getvalue()
    assert images.inspect(data).frames == 2 and images.inspect(data).rows == 33
    assert np.array_equal(images.read(data).pixels, RGB)
    assert np.array_equal(images.read(data, frame=1).pixels, RGB[::-1])


def test_an_image_below_its_own_thumbnail_is_the_one_that_is_read() -> None:
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(GREY[::4, ::4], subifds=1, subfiletype=1, metadata=None)
        writer.write(GREY, metadata=None)
    assert np.array_equal(images.read(stream.getvalue()).pixels, GREY)


def test_a_thumbnail_alone_is_an_image() -> None:
    assert np.array_equal(images.read(tiff(GREY, subfiletype=1)).pixels, GREY)


def test_bigtiff_is_read() -> None:
    data = tiff(GREY, GREY[::-1], file={"bigtiff": True})
    assert images.inspect(data).frames == 2
    assert np.array_equal(images.read(data, frame=1).pixels, GREY[::-1])


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_every_page_may_be_of_another_kind(dtype: str) -> None:
    data = tiff(RGB, whole_range(dtype)[:7], GREY > 100, photometric=None)
    assert images.read(data).is_colour
    assert images.read(data, frame=1).pixels.shape == (7, 47)
    assert np.array_equal(images.read(data, frame=2).pixels, GREY > 100)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_turns_values_and_padding(orientation: int) -> None:
    values = np.arange(1, 61, dtype=np.int16).reshape(6, 10)
    values[0, 0] = -99
    tags = [(274, 3, 1, orientation, True), (42113, 2, 0, "-99", True)]
    data = tiff(values, extratags=tags)
    image = images.read(data)
    assert np.array_equal(image.pixels, TURNS[orientation](values))
    assert np.array_equal(image.padding, TURNS[orientation](values == -99))
    assert (images.inspect(data).rows, images.inspect(data).columns) == image.shape


def test_a_sparse_file_is_black_where_it_has_nothing() -> None:
    def tiles() -> Any:
        yield GREY[:16, :16]
        for _ in range(3):
            yield None

    stream = io.BytesIO()
    tifffile.imwrite(
        stream, tiles(), shape=(32, 32), dtype=np.uint8, tile=(16, 16), metadata=None,
        compression="zlib",
    )  # fmt: skip
    image = images.read(stream.getvalue())
    assert np.array_equal(image.unit()[:16, :16], GREY[:16, :16] / np.float32(255))
    assert not image.unit()[16:].any() and any("not in the file" in note for note in image.notes)


def test_the_child_sends_every_kind_of_value() -> None:
    with IsolatedReader() as reader:
        for dtype in ("i1", "u4", "i8", "u8", "f2", "f8"):
            values = whole_range(dtype)
            found = reader.read(tiff(values, photometric="minisblack", compression="zlib"))
            assert np.array_equal(found.pixels, values)


def test_nothing_of_the_file_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        images.read(tiff(GREY, extratags=[(42113, 2, 0, "PATIENT", True)]))
    assert "PATIENT" not in caplog.text
