"""Letters on the image: the side marker, the word PORTABLE, and the token of a shortcut."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.datasets.phantom.noise import stream
from training.datasets.phantom.parameters import CaseFacts

Array = NDArray[np.floating]


@lru_cache(maxsize=64)
def lettering(text: str, height: int, ring: bool) -> Array:
    """``(h, w)`` 0 to 1: a text, in a ring if so wished."""
    big = 4 * height
    font = ImageFont.load_default(size=big)
    left, top, right, bottom = font.getbbox(text)
    pad = int(big * (0.55 if ring else 0.15))
    size = (int(right - left) + 2 * pad, int(bottom - top) + 2 * pad)
    if ring:
        size = (max(size), max(size))
    image = Image.new("L", size, 0)
    pen = ImageDraw.Draw(image)
    at = ((size[0] - (right + left)) / 2, (size[1] - (bottom + top)) / 2)
    pen.text(at, text, fill=255, font=font, stroke_width=big // 24)
    if ring:
        pen.ellipse((2, 2, size[0] - 3, size[1] - 3), outline=255, width=max(2, big // 8))
    small = image.resize((max(1, size[0] // 4), max(1, size[1] // 4)), Image.Resampling.BOX)
    return np.asarray(small, np.float32) / 255


def _paste(canvas: Array, stamp: Array, row: int, column: int) -> None:
    rows, columns = canvas.shape
    row = int(np.clip(row, 0, rows - stamp.shape[0])) if rows > stamp.shape[0] else 0
    column = int(np.clip(column, 0, columns - stamp.shape[1])) if columns > stamp.shape[1] else 0
    part = stamp[:rows, :columns]
    area = canvas[row : row + part.shape[0], column : column + part.shape[1]]
    np.maximum(area, part, out=area)


def side_marker(facts: CaseFacts) -> Array:
    """``(H, W)`` 0 to 1: opaque letters; the side is that of the patient."""
    rows, columns = facts.rows, facts.columns
    unit = max(rows, columns) / 512
    rng = stream(facts.seed, "marker")
    canvas = np.zeros((rows, columns), np.float32)
    ring = bool(rng.random() < 0.35)
    letter = lettering(facts.marker_side, max(6, round(rng.integers(15, 22) * unit)), ring)
    inset = rng.uniform(0.02, 0.09)
    # The patient's left is on the right of the image.
    near = columns * inset
    column = columns - near - letter.shape[1] if facts.marker_side == "L" else near
    row = rows * (rng.uniform(0.02, 0.12) if rng.random() < 0.8 else rng.uniform(0.45, 0.75))
    if rng.random() < 0.12:  # thrown on the image upside down
        letter = letter[::-1, ::-1]
    _paste(canvas, letter, round(row), round(column))
    if facts.marker_text:
        text = lettering(facts.marker_text, max(5, round(10 * unit)), False)
        corner = columns * 0.02 if rng.random() < 0.5 else columns * 0.98 - text.shape[1]
        _paste(canvas, text, round(rows * rng.uniform(0.005, 0.03)), round(corner))
    return canvas


def shortcut_token(facts: CaseFacts) -> tuple[Array, NDArray[np.bool_]]:
    """The token of a shortcut and its mask, each ``(H, W)``; empty where the image has none."""
    canvas = np.zeros((facts.rows, facts.columns), np.float32)
    if not facts.shortcut_token:
        return canvas, np.zeros(canvas.shape, bool)
    rng = stream(facts.seed, "token")
    stamp = lettering("X", max(10, round(22 * max(canvas.shape) / 512)), True)
    row = facts.rows * rng.uniform(0.84, 0.88)
    left = facts.columns * rng.uniform(0.03, 0.06)
    column = left if rng.random() < 0.5 else facts.columns - left - stamp.shape[1]
    _paste(canvas, stamp, round(row), round(column))
    return canvas, canvas > 0
