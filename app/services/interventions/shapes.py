"""Shapes that a reader drew, as a mask on the grid of a network. No torch."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageDraw

from app.domain.marks import Mark, Point
from dprotonet.modeling.placement import GridPlacement

FINE = 8  # parts of a pixel's side, in which shapes are drawn
CORNERS = 72  # of the polygon that stands for an ellipse


def region_mask(marks: Iterable[Mark], placement: GridPlacement) -> np.ndarray:
    """What any of the shapes encloses.

    Args:
        marks: rectangles, ellipses and outlines on the native grid.
        placement: of the image on the network's grid.

    Returns:
        ``(S, S)`` bool: True where at least half of a pixel is enclosed, and none of it outside
        the image.
    """
    size = placement.network
    drawing = Image.new("L", (size * FINE, size * FINE))
    pen = ImageDraw.Draw(drawing)
    for mark in marks:
        corners = [_on_grid(point, placement) for point in _outline(mark)]
        pen.polygon(corners, fill=255)
    covered = np.asarray(drawing, np.float32).reshape(size, FINE, size, FINE).mean((1, 3))
    (top, left), (rows, columns) = placement.offset, placement.resized
    mask = np.zeros((size, size), bool)
    image = np.s_[top : top + rows, left : left + columns]
    mask[image] = covered[image] >= 255 / 2
    return mask


def _outline(mark: Mark) -> list[Point]:
    """The corners of a shape, in pixels of the native grid."""
    if mark.kind == "outline":
        return list(mark.points)
    (x0, y0), (x1, y1) = mark.points
    if mark.kind == "rectangle":
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    angles = [2 * math.pi * number / CORNERS for number in range(CORNERS)]
    return [
        ((x0 + x1) / 2 + (x1 - x0) / 2 * math.cos(a), (y0 + y1) / 2 + (y1 - y0) / 2 * math.sin(a))
        for a in angles
    ]


def _on_grid(point: Point, placement: GridPlacement) -> Point:
    """The centre of the fine pixel that a point lies in, as Pillow counts: from the centre of the
    first one."""
    (rows, columns), (height, width) = placement.resized, placement.stored
    top, left = placement.offset
    column, row = point
    return (
        (column * columns / width + left) * FINE - 0.5,
        (row * rows / height + top) * FINE - 0.5,
    )
