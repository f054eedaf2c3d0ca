"""A patch in its image, as ProtoPNet shows it: a box around it, and how similar all places are.

No torch here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from dprotonet.explain.overlay import overlay

if TYPE_CHECKING:
    from dprotonet.prototypes.own_map import OwnMap

Picture = NDArray[np.uint8]
BOX_COLOUR = (255, 255, 0)
"""As in the figures of Chen et al. 2019."""


def with_box(picture: Picture, box: tuple[int, int, int, int], side: int) -> Picture:
    """The picture with a box around a patch.

    Args:
        picture: ``(H, W)`` or ``(H, W, 3)``, a square that shows the network's square.
        box: top, left, bottom and right in pixels of the network's square, the last two outside.
        side: of the network's square.

    Returns:
        ``(H, W, 3)``.
    """
    image = Image.fromarray(picture).convert("RGB")
    scale = image.height / side
    top, left, bottom, right = (round(value * scale) for value in box)
    width = max(2, image.height // 75)
    ImageDraw.Draw(image).rectangle(
        (left, top, right - 1, bottom - 1), outline=BOX_COLOUR, width=width
    )
    return np.asarray(image)


def with_map(picture: Picture, activation: OwnMap) -> Picture:
    """The picture under colours that say how similar its places are to a prototype.

    Args:
        picture: as for :func:`with_box`.
        activation: on the grid of cells; enlarged by cubic interpolation.

    Returns:
        ``(H, W, 3)``.
    """
    size = (picture.shape[1], picture.shape[0])
    larger = Image.fromarray(activation.values).resize(size, Image.Resampling.BICUBIC)
    return overlay(picture, np.asarray(larger, np.float32) / 255.0)
