"""Which pages of a TIFF are images, which of their pixels count, and which way up they are."""

import io
from typing import Any

import numpy as np
import pytest
import tifffile

from dprotonet.errors import UnreadableImage
from dprotonet.images.reader import inspect, read_image
from tests.dprotonet.images.photographs import TURNS
from tests.dprotonet.images.tiff.files import GREY, RANDOM, RGB, tiff, whole_range


@pytest.mark.parametrize("premultiplied", [True, False])
def test_alpha_of_colour_is_shown_on_black(premultiplied: bool) -> None:
    rgba = np.dstack([RGB, np.full(GREY.shape, 255, np.uint8)])
    kind = "assocalpha" if premultiplied else "unassalpha"
    opaque = read_image(tiff(rgba, photometric="rgb", extrasamples=[kind]))
    assert np.array_equal(opaque.pixels, RGB) and opaque.notes == ()
    rgba[:9, :, 3] = 0
    if premultiplied:
        rgba[:9, :, :3] = 0
    image = read_image(tiff(rgba, photometric="rgb", extrasamples=[kind]))
    assert not image.pixels[:9].any() and np.array_equal(image.pixels[9:], RGB[9:])


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_transparent_pixels_of_grey_are_black_and_the_others_exact(dtype: str) -> None:
    values = whole_range(dtype)
    opacity = np.full_like(values, np.iinfo(dtype).max)
    opacity[:5] = 0
    both = np.dstack([values, opacity])
    image = read_image(tiff(both, photometric="minisblack", extrasamples=["unassalpha"]))
    assert np.array_equal(image.pixels[5:], values[5:]) and not image.unit()[:5].any()
    assert any("transparent" in note for note in image.notes)


def test_further_samples_are_left_out_and_said() -> None:
    five = RANDOM.integers(0, 65536, (9, 11, 5)).astype(np.uint16)
    image = read_image(tiff(five, photometric="minisblack", planarconfig="contig"))
    assert np.array_equal(image.pixels, five[..., 0])
    assert any("5 samples a pixel; 4 of them" in note for note in image.notes)


def test_values_that_are_none_are_padding_and_do_not_bend_the_window() -> None:
    ramp = np.linspace(0, 1, 800, dtype=np.float32).reshape(20, 40)
    for none in (np.nan, np.inf, -np.inf, -3.4028235e38, -3.4e38, 1e36):
        holed = ramp.copy()
        holed[:4, :10] = none
        image = read_image(tiff(holed, photometric="miniswhite"))
        assert image.padding is not None and image.padding.sum() == 40
        assert np.isfinite(image.pixels).all() and not image.unit()[:4, :10].any()
        np.testing.assert_allclose(image.unit()[4:], 1 - ramp[4:], atol=0.15)


@pytest.mark.parametrize("dtype", ["i2", "i4", "f4", "f8"])
def test_a_usual_stand_in_far_below_all_values_is_padding_and_said(dtype: str) -> None:
    values = np.arange(1000, 1800).reshape(20, 40).astype(dtype)
    values[:4, :10] = -9999
    image = read_image(tiff(values, photometric="minisblack"))
    assert image.padding is not None and image.padding.sum() == 40
    assert np.array_equal(image.pixels, values) and image.windows[0].width < 800
    assert any("-9999" in note for note in image.notes)


@pytest.mark.parametrize("low", [-9000, -9998, -32768])
def test_a_low_value_among_others_is_no_stand_in(low: int) -> None:
    values = np.linspace(low, 9000, 800).astype("i2").reshape(20, 40)
    assert read_image(tiff(values, photometric="minisblack")).padding is None


@pytest.mark.parametrize(
    ("dtype", "value", "text"), [("f4", -9999, "-9999"), ("i2", -32768, "-32768 "), ("u1", 0, "0")]
)
def test_the_value_that_gdal_writes_for_none_is_padding(dtype: str, value: int, text: str) -> None:
    values = np.arange(1, 101).reshape(10, 10).astype(dtype)
    values[:3] = value
    image = read_image(tiff(values, extratags=[(42113, 2, 0, text, True)]))
    assert image.padding is not None and image.padding[:3].all() and not image.padding[3:].any()
    assert image.windows[0].centre > 0


def test_an_image_of_values_that_are_all_none_says_so() -> None:
    with pytest.raises(UnreadableImage, match="No pixel of this image has a value"):
        read_image(tiff(np.full((4, 4), np.nan, np.float32)))


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
    assert inspect(data).frames == 2 and inspect(data).rows == 33
    assert np.array_equal(read_image(data).pixels, RGB)
    assert np.array_equal(read_image(data, frame=1).pixels, RGB[::-1])


def test_an_image_below_its_own_thumbnail_is_the_one_that_is_read() -> None:
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(GREY[::4, ::4], subifds=1, subfiletype=1, metadata=None)
        writer.write(GREY, metadata=None)
    assert np.array_equal(read_image(stream.getvalue()).pixels, GREY)


def test_a_thumbnail_alone_is_an_image() -> None:
    assert np.array_equal(read_image(tiff(GREY, subfiletype=1)).pixels, GREY)


def test_bigtiff_is_read() -> None:
    data = tiff(GREY, GREY[::-1], file={"bigtiff": True})
    assert inspect(data).frames == 2
    assert np.array_equal(read_image(data, frame=1).pixels, GREY[::-1])


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_every_page_may_be_of_another_kind(dtype: str) -> None:
    data = tiff(RGB, whole_range(dtype)[:7], GREY > 100, photometric=None)
    assert read_image(data).is_colour
    assert read_image(data, frame=1).pixels.shape == (7, 47)
    assert np.array_equal(read_image(data, frame=2).pixels, GREY > 100)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_turns_values_and_padding(orientation: int) -> None:
    values = np.arange(1, 61, dtype=np.int16).reshape(6, 10)
    values[0, 0] = -99
    tags = [(274, 3, 1, orientation, True), (42113, 2, 0, "-99", True)]
    data = tiff(values, extratags=tags)
    image = read_image(data)
    assert np.array_equal(image.pixels, TURNS[orientation](values))
    assert np.array_equal(image.padding, TURNS[orientation](values == -99))
    assert (inspect(data).rows, inspect(data).columns) == image.shape


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
    image = read_image(stream.getvalue())
    assert np.array_equal(image.unit()[:16, :16], GREY[:16, :16] / np.float32(255))
    assert not image.unit()[16:].any() and any("not in the file" in note for note in image.notes)
