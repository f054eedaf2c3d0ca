import base64

import numpy as np
import pytest

from app.viewer import encoding
from app.viewer.codes import code_values
from dprotonet.images.types import (
    GrayOrColourImage,
    ImageFacts,
    PatientDirections,
    Rescale,
    Spacing,
)
from dprotonet.images.windows import VoiTable, Window


def image(pixels: np.ndarray, **named: object) -> GrayOrColourImage:
    rows, columns = pixels.shape[:2]
    facts = ImageFacts("dicom", rows, columns, 1, pixels.ndim == 3, 16)
    windows = () if pixels.ndim == 3 else (Window(100, 200),)
    whole: dict = {"windows": windows, "inverted": False, "padding": None} | named
    return GrayOrColourImage(pixels=pixels, facts=facts, **whole)


def values(header: dict, samples: np.ndarray) -> np.ndarray:
    return code_values(header["knots"], 1 << header["bits"])[samples[..., 0]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.int32])
def test_whole_numbers_of_up_to_16_bits_arrive_exactly(dtype: type) -> None:
    info = np.iinfo(dtype)
    pixels = np.array([[max(info.min, -30000), 0, 7], [1, 2, min(info.max, 35000)]], dtype)
    header, samples = encoding.unpack(encoding.pack_image(image(pixels)))
    np.testing.assert_array_equal(values(header, samples), pixels)


def test_real_numbers_arrive_within_half_a_step() -> None:
    pixels = np.linspace(-1.5, 8.25, 12, dtype=np.float32).reshape(3, 4)
    header, samples = encoding.unpack(encoding.pack_image(image(pixels)))
    np.testing.assert_allclose(values(header, samples), pixels, atol=0.001)
    assert (header["low"], header["high"]) == (-1.5, 8.25)


def test_padding_has_a_code_of_its_own_even_outside_the_range_of_the_values() -> None:
    pixels = np.array([[-2000, 0], [5, 300]], np.int16)
    padding = pixels == -2000
    header, samples = encoding.unpack(encoding.pack_image(image(pixels, padding=padding)))
    np.testing.assert_array_equal(samples[..., 0] == header["padding"], padding)
    np.testing.assert_array_equal(values(header, samples)[~padding], pixels[~padding])
    assert header["low"] == 0


def test_an_image_that_is_all_padding_or_of_one_value_still_packs() -> None:
    flat = np.full((2, 2), 3.5, np.float32)
    header, samples = encoding.unpack(encoding.pack_image(image(flat)))
    np.testing.assert_allclose(values(header, samples), flat)
    header, samples = encoding.unpack(
        encoding.pack_image(image(flat, padding=np.ones((2, 2), bool)))
    )
    assert (samples[..., 0] == header["padding"]).all()


def test_colour_arrives_as_it_is() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    header, samples = encoding.unpack(encoding.pack_image(image(pixels)))
    np.testing.assert_array_equal(samples, pixels)
    assert header["windows"] == []


def test_a_voi_table_becomes_one_grey_a_code() -> None:
    table = VoiTable(10, np.array([0, 0.5, 1], np.float32))
    window = Window(11, 3, "TABLE", "TABLE", table)
    pixels = np.array([[10, 11], [12, 40]], np.uint16)
    header, samples = encoding.unpack(encoding.pack_image(image(pixels, windows=(window,))))
    greys = np.frombuffer(base64.b64decode(header["windows"][0]["table"]), np.uint8)
    np.testing.assert_array_equal(greys[samples[..., 0]], [[0, 128], [255, 255]])


def test_polarity_and_pixel_shape_are_in_the_header() -> None:
    pixels = np.zeros((2, 2), np.uint8)
    spacing = Spacing(0.3, 0.15, "PixelSpacing")
    header, _ = encoding.unpack(encoding.pack_image(image(pixels, inverted=True, spacing=spacing)))
    assert header["inverted"] is True
    assert header["pixel_aspect"] == 2
    assert header["spacing"] == {"rows_mm": 0.3, "columns_mm": 0.15, "source": "PixelSpacing"}


def test_what_the_file_does_not_say_is_null_in_the_header() -> None:
    for pixels in (np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3), np.uint8)):
        header, _ = encoding.unpack(encoding.pack_image(image(pixels)))
        assert [header[name] for name in ("spacing", "orientation", "rescale")] == [None] * 3


def test_the_letters_at_the_edges_and_the_way_to_stored_values_are_in_the_header() -> None:
    lies = PatientDirections("R", "H", "L", "F")
    pixels = np.array([[0, 2]], np.int16)
    header, _ = encoding.unpack(
        encoding.pack_image(image(pixels, directions=lies, rescale=Rescale(2, -1024, "HU")))
    )
    assert header["orientation"] == {"left": "R", "top": "H", "right": "L", "bottom": "F"}
    assert header["rescale"] == {"slope": 2, "intercept": -1024, "unit": "HU"}


def test_only_8_and_16_bit_samples_are_packed() -> None:
    with pytest.raises(ValueError, match="float64"):
        encoding.pack({}, np.zeros((2, 2)))


def test_samples_begin_on_an_even_byte_whatever_the_head_is() -> None:
    for word in ("a", "ab", "é"):
        answer = encoding.pack({"word": word}, np.ones((1, 1), np.uint16))
        assert int.from_bytes(answer[:4], "little") % 2 == 0
        assert encoding.unpack(answer)[0]["word"] == word
