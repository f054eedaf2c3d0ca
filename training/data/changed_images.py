"""Images changed on purpose, and images of other things, to try a bundle's gate on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dprotonet.errors import ReadableError
from dprotonet.images.reader import read_image
from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.walk import walk
from dprotonet.images.windows import Window

_log = logging.getLogger(__name__)
Pixels = NDArray[np.uint8]

SLIGHT: dict[str, Callable[[Pixels], Pixels]] = {
    "turned by 5°": lambda pixels: _turned(pixels, 5),
    "turned by -10°": lambda pixels: _turned(pixels, -10),
    "turned by 10°": lambda pixels: _turned(pixels, 10),
    "cropped by 5 %": lambda pixels: _cropped(pixels, 0.05),
    "cropped by 10 %": lambda pixels: _cropped(pixels, 0.1),
    "cropped by 10 % and turned by 10°": lambda pixels: _turned(_cropped(pixels, 0.1), 10),
    "mirrored": lambda pixels: pixels[:, ::-1],
    "brighter (gamma 0.7)": lambda pixels: _exposed(pixels, 0.7),
    "darker (gamma 1.4)": lambda pixels: _exposed(pixels, 1.4),
    "JPEG of quality 40": lambda pixels: _as_jpeg(pixels, 40),
}
"""Changes after which an image is still one of its kind. Each takes the image as displayed."""

GROSS: dict[str, Callable[[Pixels], Pixels]] = {
    "inverted": lambda pixels: 255 - pixels,
    "turned by 90°": lambda pixels: np.rot90(pixels),
    "turned by 180°": lambda pixels: np.rot90(pixels, 2),
    "turned by 270°": lambda pixels: np.rot90(pixels, 3),
    "upside down": lambda pixels: pixels[::-1],
    "blank": lambda pixels: np.full_like(pixels, int(pixels.mean())),
    "its left half": lambda pixels: pixels[:, : max(1, pixels.shape[1] // 2)],
    "twice, side by side": lambda pixels: np.hstack([pixels, pixels]),
}
"""Changes after which it is none, where up and down or bright and dark mean something."""


def changed(image: GrayOrColourImage, change: Callable[[Pixels], Pixels]) -> GrayOrColourImage:
    """The image as displayed, after one of the changes; what its header says stays."""
    pixels = np.ascontiguousarray(change(image.display()))
    rows, columns = pixels.shape[:2]
    facts: ImageFacts = replace(image.facts, rows=rows, columns=columns)
    windows = () if pixels.ndim == 3 else (Window(centre=128, width=256),)
    return GrayOrColourImage(pixels, windows, False, None, facts)


def images_below(folder: Path) -> Iterator[GrayOrColourImage]:
    """The first frame of every image in a folder and the folders in it; what cannot be read is
    named in the log.

    Raises:
        ReadableError: there is no such folder.
    """
    if not folder.is_dir():
        raise ReadableError(f"There is no folder {folder}. Give one with images.")
    for found in walk([folder]):
        try:
            yield read_image(found.path)
        except ReadableError as error:
            _log.info("left out: %s", error)


def _turned(pixels: Pixels, degrees: float) -> Pixels:
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).rotate(degrees, resample=Image.Resampling.BICUBIC))


def _exposed(pixels: Pixels, gamma: float) -> Pixels:
    return np.rint((pixels / 255.0) ** gamma * 255.0).astype(np.uint8)


def _as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    from PIL import Image

    stream = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def _cropped(pixels: Pixels, fraction: float) -> Pixels:
    """So much of both sides taken off, all of it at the upper left."""
    rows, columns = pixels.shape[:2]
    return pixels[round(rows * fraction) :, round(columns * fraction) :]
