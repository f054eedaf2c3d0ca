"""Rendered text is found, bodies and markers are not taken for text."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from dprotonet.images.deidentify.text_detector import text_lines
from dprotonet.images.reader import read_image
from tests.paths import ROOT

CASES = ("consolidation-monochrome1.dcm", "effusion-16bit.dcm", "portable-ap-devices.dcm")


def shown(case: str) -> np.ndarray:
    """A demo image as it is shown, (H, W) in [0, 1]."""
    return read_image(ROOT / "assets/cases" / case).unit()


def with_text(image: np.ndarray, text: str, *, at: tuple[int, int], size: int) -> np.ndarray:
    """Text in white or black, whichever stands out, with its top left corner at (x, y)."""
    x, y = at
    ground = float(image[y : y + size, x : x + 5 * size].mean())
    mask = Image.new("L", image.shape[::-1])
    ImageDraw.Draw(mask).text(at, text, 255, ImageFont.load_default(size))
    alpha = np.asarray(mask, np.float32) / 255
    return image * (1 - alpha) + (1.0 if ground < 0.5 else 0.0) * alpha


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [12, 20])
def test_a_name_near_each_corner_is_found_where_it_stands(case: str, size: int) -> None:
    image = shown(case)
    rows, columns = image.shape
    for at in ((6, 6), (columns - 12 * size, 6), (6, rows - 2 * size)):
        found = text_lines(with_text(image, "ZEBROWSKI 1944", at=at, size=size))
        x, y = at
        assert any(
            box.top < y + 1.4 * size and box.bottom > y and box.left < x + 4 * size < box.right
            for box in found
        ), (at, found)


@pytest.mark.parametrize("case", CASES)
def test_a_body_with_devices_and_a_side_marker_is_no_text(case: str) -> None:
    assert text_lines(shown(case)) == ()


def test_large_colour_images_are_read_too() -> None:
    image = np.full((2600, 3000, 3), 0.2, np.float32)
    grey = with_text(image[..., 0], "ZEBROWSKI, JAN", at=(100, 2500), size=48)
    (box,) = text_lines(np.repeat(grey[..., None], 3, axis=2))
    assert 2465 < box.top < 2520 and 80 < box.left < 110 and box.bottom < 2585


def test_noise_and_even_images_hold_no_text() -> None:
    chance = np.random.default_rng(0)
    noise = chance.normal(0.4, 0.08, (300, 300)).clip(0, 1).astype(np.float32)
    assert text_lines(noise) == ()
    assert text_lines(np.zeros((40, 40), np.float32)) == ()


@pytest.mark.parametrize("left", [20, 50, 90])
def test_letters_that_touch_a_marker_are_in_the_box_too(left: int) -> None:
    image = np.linspace(0.1, 0.5, 600)[:, None] * np.ones((1, 800))
    marked = with_text(image, "R", at=(60, 40), size=90)
    (box,) = text_lines(with_text(marked, "ZEBROWSKI JAN", at=(left, 60), size=28))
    assert box.left <= left + 3 and box.right >= left + 210
    assert box.left >= left - 60 and box.right <= left + 300
