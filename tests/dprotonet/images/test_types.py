"""An image checks itself, and is shown as its polarity, padding and window say."""

import numpy as np
import pytest

from dprotonet.images.types import GrayOrColourImage, ImageFacts, Spacing
from dprotonet.images.windows import Window

FACTS = ImageFacts("png", rows=2, columns=2, frames=1, colour=False, bits=8)
GREY = np.array([[0, 50], [100, 100]], np.uint8)
RGB = np.zeros((2, 2, 3), np.uint8)
WHOLE = (Window.spanning(0, 100),)


def grey(**changed) -> GrayOrColourImage:
    values = {"windows": WHOLE, "inverted": False, "padding": None, **changed}
    return GrayOrColourImage(GREY, facts=FACTS, **values)


@pytest.mark.parametrize(
    ("pixels", "windows", "inverted", "padding", "text"),
    [
        (RGB.astype(np.float32), (), False, None, "uint8"),
        (RGB[..., :2], (), False, None, "uint8"),
        (RGB, WHOLE, False, None, "no window"),
        (RGB, (), True, None, "no polarity"),
        (GREY[0], WHOLE, False, None, "of numbers"),
        (GREY > 50, WHOLE, False, None, "of numbers"),
        (GREY, (), False, None, "needs a window"),
        (GREY, WHOLE, False, np.zeros((2, 3), bool), "does not cover"),
    ],
)
def test_an_image_that_contradicts_itself_cannot_be_made(pixels, windows, inverted, padding, text):
    with pytest.raises(ValueError, match=text):
        GrayOrColourImage(pixels, windows, inverted, padding, FACTS)


def test_grey_is_shown_through_its_first_window_or_the_one_that_is_named():
    image = grey(windows=(*WHOLE, Window.spanning(0, 50)))

    assert image.unit() == pytest.approx(np.array([[0, 0.5], [1, 1]]))
    assert image.unit(image.windows[1]) == pytest.approx(np.array([[0, 1], [1, 1]]))
    assert image.display().tolist() == [[0, 128], [255, 255]]


def test_high_values_of_an_inverted_image_are_dark_and_padding_is_black():
    padding = np.array([[True, False], [False, False]])
    image = grey(inverted=True, padding=padding)

    assert image.unit() == pytest.approx(np.array([[0, 0.5], [0, 0]]))


def test_colour_is_shown_as_stored_and_its_copy_can_be_changed():
    image = GrayOrColourImage(RGB, (), False, None, FACTS)

    image.display()[:] = 9

    assert image.is_colour and not image.pixels.any()
    assert image.unit().dtype == np.float32


def test_a_pixel_is_as_high_as_its_spacing_says_then_its_aspect_ratio_then_square():
    spacing = Spacing(rows_mm=0.4, columns_mm=0.2, source="PixelSpacing")

    assert grey(spacing=spacing, aspect_ratio=3.0).pixel_aspect == 2.0
    assert grey(aspect_ratio=3.0).pixel_aspect == 3.0
    assert grey().pixel_aspect == 1.0
    assert grey().shape == (2, 2)
