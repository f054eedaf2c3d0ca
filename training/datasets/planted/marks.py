"""How a mark looks and where it lies: a patch, a token, a text or a part of a border.

The form (its texture, shape or letters) is that of the whole data set, as a site's own marker is;
size and place differ from image to image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from training.datasets.phantom.anatomy.marker import lettering
from training.datasets.phantom.noise import stream

MarkKind = Literal["patch", "token", "text", "border"]
Array = NDArray[np.floating]

_LETTERS = tuple("ABCDEFGHKMNPRSTUXYZ")
_SHAPES = ("ring", "L", "cross", "triangle")
_FINER = 4  # a token is drawn so many times larger, for smooth edges


@dataclass(frozen=True, eq=False)
class Drawing:
    """A mark as it is laid over an image.

    Attributes:
        ink: ``(H, W)`` float32, 1 hides the image and 0 leaves it.
        shade: ``(H, W)`` float32, 0 is the mark's dark and 1 its bright colour.
    """

    ink: Array
    shade: Array

    @property
    def mask(self) -> NDArray[np.bool_]:
        """``(H, W)`` bool, where the image changes."""
        return np.asarray(self.ink > 0)


def draw_mark(kind: MarkKind, seed: int, sample_id: str, shape: tuple[int, int]) -> Drawing:
    """The mark of one image, the same each time.

    Args:
        kind: its form is drawn from the seed alone.
        seed: of the marks of the data set.
        sample_id: of the image; with the seed it gives size and place.
        shape: ``(H, W)`` of the native grid, px.
    """
    ink, shade = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    form, rng = stream(seed, "mark", kind), stream(seed, "mark", kind, sample_id)
    if kind == "border":
        _border(rng, ink, shade)
        return Drawing(ink, shade)
    stamp = _STAMPS[kind](form, rng, min(shape))
    rows, columns = stamp.ink.shape
    top = round(rng.uniform(0.02, 0.98) * max(0, shape[0] - rows))
    left = round(rng.uniform(0.02, 0.98) * max(0, shape[1] - columns))
    area = np.s_[top : top + rows, left : left + columns]
    fits = ink[area].shape  # a very long and narrow image cuts a text off
    ink[area], shade[area] = stamp.ink[: fits[0], : fits[1]], stamp.shade[: fits[0], : fits[1]]
    return Drawing(ink, shade)


def _patch(form: np.random.Generator, rng: np.random.Generator, side: int) -> Drawing:
    """A square of stripes, a checkerboard or rings."""
    pixels = max(6, round(rng.uniform(0.08, 0.16) * side))
    y, x = np.mgrid[:pixels, :pixels] / pixels
    waves = 2 * np.pi * form.uniform(2.0, 3.5)
    turn = form.uniform(0, np.pi)
    textures = (
        np.sin(waves * (np.cos(turn) * x + np.sin(turn) * y)),
        np.sin(waves * x) * np.sin(waves * y),
        np.sin(2 * waves * np.hypot(x - 0.5, y - 0.5)),
    )
    shade = textures[int(form.integers(len(textures)))] > 0
    return Drawing(np.ones(shade.shape, np.float32), shade.astype(np.float32))


def _token(form: np.random.Generator, rng: np.random.Generator, side: int) -> Drawing:
    """A ring, an L, a cross or a triangle of thick lines."""
    shape = str(form.choice(_SHAPES))
    pixels = max(8, round(rng.uniform(0.09, 0.17) * side))
    big = pixels * _FINER
    image = Image.new("L", (big, big), 0)
    pen, line = ImageDraw.Draw(image), max(1, round(0.16 * big))
    low, middle, high = line // 2, big // 2, big - line // 2 - 1
    if shape == "ring":
        pen.ellipse((0, 0, big - 1, big - 1), outline=255, width=line)
    elif shape == "L":
        pen.line([(low, 0), (low, high), (big, high)], fill=255, width=line)
    elif shape == "cross":
        pen.line([(middle, 0), (middle, big)], fill=255, width=line)
        pen.line([(0, middle), (big, middle)], fill=255, width=line)
    else:
        corners = [(middle, low), (high, high), (low, high)]
        pen.polygon(corners, outline=255, width=line)
    small = image.resize((pixels, pixels), Image.Resampling.BOX)
    return _outlined(np.asarray(small, np.float32) / 255)


def _text(form: np.random.Generator, rng: np.random.Generator, side: int) -> Drawing:
    """Three letters."""
    text = "".join(form.choice(_LETTERS, 3, replace=False))
    return _outlined(lettering(text, max(6, round(rng.uniform(0.08, 0.13) * side)), False))


def _outlined(bright: Array) -> Drawing:
    """Bright lines ``(h, w)`` of 0 to 1 with a dark rim, which shows them on any ground."""
    rim = max(1, round(min(bright.shape) / 14))
    bright = np.pad(bright, rim)
    image = Image.fromarray(np.rint(bright * 255).astype(np.uint8))
    wide = np.asarray(image.filter(ImageFilter.MaxFilter(2 * rim + 1)), np.float32) / 255
    return Drawing(wide, bright)


def _border(rng: np.random.Generator, ink: Array, shade: Array) -> None:
    """Blocks like those of a ruler, along one edge or on both sides of a corner."""
    thick = max(3, round(rng.uniform(0.04, 0.08) * min(ink.shape)))
    corner = bool(rng.random() < 0.5)
    length = rng.uniform(0.25, 0.5) if corner else rng.uniform(0.35, 0.9)
    start = 0.0 if corner else rng.uniform(0, 1 - length)
    mirrored, upside, turned = rng.random(3) < 0.5
    # Drawn at the top and left, then turned: views of the arrays.
    ink, shade = (a[:: -1 if upside else 1, :: -1 if mirrored else 1] for a in (ink, shade))
    for strip in (True, False) if corner else (bool(turned),):
        canvas, tone = (ink.T, shade.T) if strip else (ink, shade)
        side = canvas.shape[1]
        first, last = round(start * side), round((start + length) * side)
        canvas[:thick, first:last] = 1
        blocks = np.arange(last - first) // (2 * thick) % 2 == 0
        tone[:thick, first:last] = blocks[None, :]


_STAMPS: Mapping[str, Callable[[np.random.Generator, np.random.Generator, int], Drawing]] = {
    "patch": _patch,
    "token": _token,
    "text": _text,
}
