"""A mark laid over an image: on grey values of any depth under their window, or on colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dprotonet.images.types import GrayOrColourImage
from training.datasets.phantom.noise import stream
from training.datasets.planted.marks import Drawing

DARK, BRIGHT = 0.04, 0.96
"""Of a mark on a grey image, as shown: 0 is black and 1 white."""

PALETTES = (
    ((15, 15, 15), (245, 245, 245)),
    ((15, 25, 110), (250, 225, 40)),
    ((10, 70, 60), (120, 240, 250)),
    ((80, 0, 80), (150, 255, 90)),
)
"""Dark and bright colour (R, G, B, 8 bits) of a mark on a photograph."""


def paint(image: GrayOrColourImage, drawing: Drawing, seed: int) -> GrayOrColourImage:
    """The image with a mark on its native pixels; outside of the mark's mask nothing changes.

    Args:
        image: grey, which keeps its type and windows, or colour.
        drawing: the mark, on the native grid.
        seed: of the marks of the data set; it chooses their two colours on photographs.
    """
    mask = drawing.mask
    dark, bright = _colours(seed) if image.is_colour else _grey_values(image)
    old = np.nan_to_num(image.pixels[mask].astype(np.float64))
    ink, shade = drawing.ink[mask].astype(np.float64), drawing.shade[mask].astype(np.float64)
    if image.is_colour:
        ink, shade = ink[:, None], shade[:, None]
    values = old + ink * (dark + (bright - dark) * shade - old)
    pixels = image.pixels.copy()
    pixels[mask] = values if pixels.dtype.kind == "f" else np.rint(values)
    padding = None if image.padding is None else image.padding & ~mask
    return replace(image, pixels=pixels, padding=padding)


def _colours(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    dark, bright = PALETTES[int(stream(seed, "mark", "colours").integers(len(PALETTES)))]
    return np.array(dark, np.float64), np.array(bright, np.float64)


def _grey_values(image: GrayOrColourImage) -> tuple[float, float]:
    """Pixel values that the default window shows most nearly as DARK and as BRIGHT."""
    window, kind = image.windows[0], image.pixels.dtype
    # Twice as wide as the window: a sigmoid goes on beyond it.
    values = np.linspace(window.centre - window.width, window.centre + window.width, 1024)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        values = np.clip(np.rint(values), limits.min, limits.max)
    shown = window.apply(values)
    if image.inverted:
        shown = 1 - shown
    dark, bright = (float(values[np.abs(shown - level).argmin()]) for level in (DARK, BRIGHT))
    return dark, bright
