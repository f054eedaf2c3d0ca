"""An image as a small square picture, framed as a network sees it. No torch here."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dprotonet.modeling.placement import GridPlacement

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage


def framed(image: GrayOrColourImage, side: int) -> np.ndarray:
    """The image by its default window, resized with its aspect kept, centred and padded with
    black, so that a heatmap of the network grid lies on it.

    Args:
        image: on its native grid.
        side: pixels.

    Returns:
        ``(side, side)`` uint8, or ``(side, side, 3)`` of a colour image.
    """
    unit = np.rint(image.unit() * 255.0).astype(np.uint8)
    placement = GridPlacement.of(image.shape, side, image.pixel_aspect)
    (rows, columns), (top, left) = placement.resized, placement.offset
    small = Image.fromarray(unit).resize((columns, rows), Image.Resampling.BILINEAR)
    picture = np.zeros((side, side, *unit.shape[2:]), np.uint8)
    picture[top : top + rows, left : left + columns] = np.asarray(small)
    return picture


def png(pixels: np.ndarray) -> bytes:
    """``(H, W)`` or ``(H, W, 3)`` uint8 as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
