"""Transparency, values that stand for none, and the windows of grey images without a header."""

import numpy as np
import pytest

from dprotonet.errors import UnreadableImage
from dprotonet.images.raster_grayscale import grey_image, on_black
from dprotonet.images.types import ImageFacts

FACTS = ImageFacts("tiff", rows=2, columns=2, frames=1, colour=False, bits=16)


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 3)])
def test_transparency_darkens_in_proportion_and_is_noted(shape):
    pixels = np.full(shape, 200, np.uint8)
    notes: list[str] = []

    displayed = on_black(pixels, np.array([[0, 51, 255]], np.uint8), notes)

    assert displayed.dtype == np.uint8
    assert displayed.reshape(3, -1)[:, 0].tolist() == [0, 40, 200]
    assert len(notes) == 1


@pytest.mark.parametrize("opacity", [None, np.full((1, 2), 255, np.uint8)])
def test_an_opaque_image_stays_as_it_is(opacity):
    pixels, notes = np.ones((1, 2), np.uint8), []

    assert on_black(pixels, opacity, notes) is pixels and not notes


def test_what_is_no_number_is_padding_and_finite():
    pixels = np.array([[np.nan, 1.0], [2.0, 1e36]], np.float32)

    image = grey_image(pixels, FACTS, 0, [])

    assert image.padding.tolist() == [[True, False], [False, True]]
    assert np.isfinite(image.pixels).all()
    assert image.windows[0].centre == pytest.approx(1.5, abs=0.02)


def test_an_image_without_a_value_is_refused():
    with pytest.raises(UnreadableImage, match="No pixel"):
        grey_image(np.full((2, 2), np.nan, np.float32), FACTS, 0, [])


def test_a_usual_stand_in_far_below_the_other_values_is_padding():
    notes: list[str] = []
    pixels = np.array([[-9999, 10], [20, 30]], np.int16)

    image = grey_image(pixels, FACTS, 0, notes)

    assert image.padding.tolist() == [[True, False], [False, False]]
    assert "-9999" in notes[0]


def test_the_full_range_of_16_bits_follows_the_bits_that_the_file_states():
    pixels = np.array([[0, 100], [200, 300]], np.uint16)

    whole = grey_image(pixels, FACTS, 0, [], bits=12).windows[-1]

    assert (whole.centre - whole.width / 2, whole.centre + whole.width / 2) == (0, 4095)
