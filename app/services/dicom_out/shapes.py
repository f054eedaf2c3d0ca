"""What a reader drew, as DICOM draws: in presentation states and in reports alike.

Both count (column, row) from the outer corner of the first pixel, as marks do (PS3.3 C.10.5.1.2 and
C.18.6.1.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from app.domain.marks import Mark, Point

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage

Graphic = Literal["POINT", "POLYLINE", "ELLIPSE"]


@dataclass(frozen=True)
class Measured:
    """A length or an angle."""

    value: float
    unit: Literal["mm", "px", "°"]
    """px: the image states no spacing."""

    @property
    def text(self) -> str:
        """As it stands beside the line."""
        blank = "" if self.unit == "°" else " "
        return f"{self.value:.1f}{blank}{self.unit}"


def drawn(mark: Mark) -> tuple[Graphic, np.ndarray]:
    """The graphic type and its points, ``(n, 2)`` float64, (column, row).

    A rectangle and an outline come back to where they begin; an ellipse has the ends of its longer
    axis, then those of the shorter.
    """
    points = list(mark.points)
    if mark.kind == "point":
        return "POINT", np.array(points, np.float64)
    if mark.kind in ("rectangle", "ellipse"):
        (left, top), (right, bottom) = points
        if mark.kind == "ellipse" and left != right and top != bottom:
            return "ELLIPSE", _axes(left, top, right, bottom)
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        return "POLYLINE", np.array(corners, np.float64)
    closed = [*points, points[0]] if mark.kind == "outline" else points
    return "POLYLINE", np.array(closed, np.float64)


def measured(mark: Mark, image: GrayOrColourImage) -> Measured | None:
    """How long or how wide open it is, as the reading room says it; None of other shapes."""
    down, across = image.pixel_aspect, 1.0
    if image.spacing is not None:
        down, across = image.spacing.rows_mm, image.spacing.columns_mm
    if mark.kind == "length":
        start, end = mark.points
        length = math.hypot((end[0] - start[0]) * across, (end[1] - start[1]) * down)
        return Measured(length, "px" if image.spacing is None else "mm")
    if mark.kind == "angle":
        first, vertex, last = mark.points

        def leg(point: Point) -> tuple[float, float]:
            return (point[0] - vertex[0]) * across, (point[1] - vertex[1]) * down

        (x, y), (u, v) = leg(first), leg(last)
        return Measured(math.degrees(math.atan2(abs(x * v - y * u), x * u + y * v)), "°")
    return None


def _axes(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    column, row = (left + right) / 2, (top + bottom) / 2
    across, down = [(left, row), (right, row)], [(column, top), (column, bottom)]
    is_wide = abs(right - left) >= abs(bottom - top)
    return np.array([*across, *down] if is_wide else [*down, *across], np.float64)
