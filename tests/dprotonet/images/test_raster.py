import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from dprotonet.errors import UnreadableImage
from dprotonet.images.limits import Limits
from dprotonet.images.reader import inspect, read_frames, read_image
from dprotonet.images.types import ImageFacts
from tests.dprotonet.images.photographs import GREY, RGB, png_chunk


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_grey_and_colour_keep_their_values(photo, kind: str):
    grey, colour = read_image(photo(GREY, kind)), read_image(photo(RGB, kind))
    assert grey.facts == ImageFacts(kind.lower(), 30, 40, 1, False, 8)
    assert np.array_equal(grey.pixels, GREY) and not grey.is_colour
    assert np.array_equal(colour.pixels, RGB) and colour.is_colour and colour.facts.colour


def test_lossless_webp_keeps_its_colours(photo):
    assert np.array_equal(read_image(photo(RGB, "WEBP", lossless=True)).pixels, RGB)


def test_a_jpeg_is_what_pillow_decodes(photo):
    data = photo(GREY, "JPEG")
    assert np.array_equal(read_image(data).pixels, np.asarray(Image.open(io.BytesIO(data))))
    assert inspect(data).format == "jpeg"


def test_eight_bits_are_shown_over_their_full_range(photo):
    image = read_image(photo(GREY))
    assert np.array_equal(image.display(), GREY)
    assert image.notes == ()


def test_sixteen_bits_of_grey_are_kept(photo):
    deep = np.arange(1200, dtype=np.uint16).reshape(30, 40) * 50
    for kind in ("PNG", "TIFF"):
        image = read_image(photo(deep, kind))
        assert image.pixels.dtype == np.uint16 and np.array_equal(image.pixels, deep)
        assert image.facts.bits == 16
        assert [window.name for window in image.windows] == ["1st–99th percentile", "full range"]


def test_sixteen_bits_of_colour_keep_their_upper_eight_and_say_so():
    row = b"\0" + struct.pack(">6H", 0x1234, 0xABCD, 0xFFFF, 0, 0x0100, 0x8000)
    header = struct.pack(">2I5B", 2, 1, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
    data += png_chunk(b"IDAT", zlib.compress(row)) + png_chunk(b"IEND", b"")
    image = read_image(data)
    assert image.pixels.tolist() == [[[0x12, 0xAB, 0xFF], [0, 1, 0x80]]]
    assert image.facts.bits == 16
    assert any("8 are kept" in note for note in image.notes)


def test_transparency_is_flattened_on_black_and_said(photo):
    rgba = np.dstack([RGB, np.full(GREY.shape, 255, np.uint8)])
    assert read_image(photo(rgba)).notes == ()
    assert np.array_equal(read_image(photo(rgba)).pixels, RGB)
    rgba[:10, :, 3] = 0
    image = read_image(photo(rgba))
    assert np.all(image.pixels[:10] == 0) and np.array_equal(image.pixels[10:], RGB[10:])
    assert any("transparent" in note for note in image.notes)


def test_grey_with_transparency_stays_grey(photo):
    la = Image.merge("LA", [Image.fromarray(GREY), Image.new("L", (40, 30), 255)])
    image = read_image(photo(la))
    assert np.array_equal(image.pixels, GREY)
    assert image.facts.colour is False


def test_a_palette_becomes_its_colours(photo):
    indexed = Image.fromarray(GREY % 4)
    indexed.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 9, 8, 7] + [0] * 756)
    image = read_image(photo(indexed.convert("P") if indexed.mode != "P" else indexed))
    colours = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0], [9, 8, 7]], np.uint8)
    assert np.array_equal(image.pixels, colours[GREY % 4])


def test_cmyk_becomes_rgb(photo):
    cmyk = Image.new("CMYK", (5, 4), (0, 255, 255, 0))
    for kind in ("TIFF", "JPEG"):
        red, green, blue = read_image(photo(cmyk, kind)).pixels[2, 2].astype(int)
        assert red > 200 and green < 60 and blue < 60


def test_single_bits_are_black_and_white(photo):
    image = read_image(photo(Image.fromarray(GREY > 127)))
    assert image.facts.bits == 1
    assert np.array_equal(image.display(), (GREY > 127) * np.uint8(255))


def test_grey_stored_as_rgb_stays_colour(photo):
    assert read_image(photo(np.dstack([GREY] * 3))).is_colour


def test_the_pages_of_a_tiff_are_frames_each_with_its_own_size(photo):
    pages = [Image.fromarray(GREY), Image.fromarray(GREY[:20, :10]), Image.fromarray(GREY[::-1])]
    data = photo(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert inspect(data).frames == 3
    assert read_image(data, frame=1).shape == (20, 10)
    assert np.array_equal(read_image(data, frame=2).pixels, GREY[::-1])
    assert [image.frame for image in read_frames(data)] == [0, 1, 2]
    with pytest.raises(UnreadableImage, match="3 frames"):
        read_image(data, frame=3)


def test_an_oversized_page_of_a_tiff_is_refused(photo):
    pages = [Image.fromarray(GREY[:4, :4]), Image.fromarray(GREY)]
    data = photo(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    limits = Limits(frame_pixels=100)
    assert read_image(data, limits=limits).shape == (4, 4)
    with pytest.raises(UnreadableImage, match="30 × 40"):
        read_image(data, frame=1, limits=limits)


def test_a_white_is_zero_tiff_of_16_bits_is_inverted(photo):
    deep = np.arange(1200, dtype=np.uint16).reshape(30, 40)
    image = read_image(photo(deep, "TIFF", tiffinfo={262: 0}))
    assert image.inverted and np.array_equal(image.pixels, deep)


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_deep_tiffs_keep_their_numbers(photo, dtype: type):
    deep = np.linspace(-5000, 90000, 1200).astype(dtype).reshape(30, 40)
    image = read_image(photo(deep, "TIFF"))
    assert image.pixels.dtype == dtype and np.array_equal(image.pixels, deep)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "WEBP"])
def test_a_truncated_file_is_an_error_with_a_mend(photo, kind: str):
    data = photo(RGB, kind)
    for part in (0.9, 0.5, 0.1):
        with pytest.raises(UnreadableImage) as caught:
            read_image(data[: int(len(data) * part)])
        assert "xport" in str(caught.value) or "opy" in str(caught.value)


def test_a_header_that_promises_too_many_pixels_is_refused_before_decoding(photo):
    data = bytearray(photo(GREY))
    data[16:24] = struct.pack(">2I", 60000, 60000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    with pytest.raises(UnreadableImage, match="pixels"):
        inspect(bytes(data))


def test_a_picture_over_the_limit_is_refused(photo):
    with pytest.raises(UnreadableImage, match="30 × 40 pixels"):
        inspect(photo(GREY), limits=Limits(frame_pixels=1000))


def test_an_animation_shows_its_first_picture_and_says_so(photo):
    frames = [Image.fromarray(RGB), Image.fromarray(255 - RGB)]
    data = photo(frames[0], "PNG", save_all=True, append_images=frames[1:])
    image = read_image(data)
    assert np.array_equal(image.pixels, RGB) and image.facts.frames == 1
    assert any("animation" in note for note in image.notes)
