from dataclasses import replace

import numpy as np
import pytest

from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import VoiTable, Window
from training.datasets.planted.marks import draw_mark
from training.datasets.planted.painting import BRIGHT, DARK, PALETTES, paint

SHAPE = (60, 80)
DRAWING = draw_mark("text", 0, "a", SHAPE)
TABLE = VoiTable(100, np.linspace(1, 0, 200, dtype=np.float32) ** 2)


def picture(pixels, *windows, inverted=False, padding=None):
    facts = ImageFacts("dicom", *SHAPE, 1, pixels.ndim == 3, 16)
    return GrayOrColourImage(pixels, windows, inverted, padding, facts)


def noise(dtype, low, high, shape=SHAPE):
    return np.random.default_rng(0).uniform(low, high, shape).astype(dtype)


GREY = {
    "16 bits": picture(noise(np.uint16, 0, 65535), Window(32768, 65536)),
    "8 bits": picture(noise(np.uint8, 0, 255), Window.spanning(0, 255)),
    "signed, narrow window": picture(noise(np.int16, -1000, 1000), Window(40, 80)),
    "MONOCHROME1": picture(noise(np.uint16, 0, 4095), Window(2048, 4096), inverted=True),
    "a sigmoid": picture(noise(np.uint16, 0, 4095), Window(2048, 1000, function="SIGMOID")),
    "a table": picture(noise(np.int32, 0, 400), Window(200, 200, "", "TABLE", TABLE)),
    "floats": picture(noise(np.float32, -1, 1), Window(0, 2, function="LINEAR_EXACT")),
}


@pytest.mark.parametrize("name", GREY)
def test_a_mark_is_shown_dark_and_bright_on_grey_values_of_every_kind(name):
    image = GREY[name]
    marked = paint(image, DRAWING, 0)
    assert marked.pixels.dtype == image.pixels.dtype and marked.windows == image.windows
    shown, whole = marked.unit(), DRAWING.ink == 1
    assert shown[whole & (DRAWING.shade == 1)] == pytest.approx(BRIGHT, abs=0.02)
    assert shown[whole & (DRAWING.shade == 0)] == pytest.approx(DARK, abs=0.02)


@pytest.mark.parametrize("name", GREY)
def test_outside_of_the_mark_nothing_changes(name):
    image = GREY[name]
    before, marked = image.pixels.copy(), paint(image, DRAWING, 0)
    assert np.array_equal(marked.pixels[~DRAWING.mask], image.pixels[~DRAWING.mask])
    assert np.array_equal(image.pixels, before)


def test_a_mark_on_a_photograph_is_in_colour():
    image = picture(noise(np.uint8, 0, 255, (*SHAPE, 3)))
    seen = set()
    for seed in range(20):
        marked = paint(image, DRAWING, seed)
        assert np.array_equal(marked.pixels[~DRAWING.mask], image.pixels[~DRAWING.mask])
        bright = marked.pixels[(DRAWING.ink == 1) & (DRAWING.shade == 1)]
        assert len(np.unique(bright, axis=0)) == 1
        seen.add(tuple(bright[0].tolist()))
    assert seen == {bright for _, bright in PALETTES}


def test_a_mark_is_seen_on_padding_too():
    padded = replace(GREY["16 bits"], padding=np.ones(SHAPE, bool))
    marked = paint(padded, DRAWING, 0)
    assert np.array_equal(marked.padding, ~DRAWING.mask)
    assert marked.unit()[DRAWING.mask].max() > 0.9


def test_values_that_are_no_numbers_are_covered():
    pixels = GREY["floats"].pixels.copy()
    pixels[:] = np.nan
    marked = paint(replace(GREY["floats"], pixels=pixels), DRAWING, 0)
    assert np.isfinite(marked.pixels[DRAWING.mask]).all()
