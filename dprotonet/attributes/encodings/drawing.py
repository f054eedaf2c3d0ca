"""Encodings that are drawn in cells, enlarged to the image: what they share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dprotonet.attributes.encodings.encoding import Encoding, check_size, check_units

if TYPE_CHECKING:
    import numpy as np


class CellDrawing(Encoding):
    """A drawing of R rows and C columns of cells on black.

    Every cell is a square of as many whole pixels as the image has room for; what is left of the
    image lies around the drawing, the same on both sides.
    """

    def cells(self, units: Sequence[float]) -> np.ndarray:
        """How bright each cell is.

        Args:
            units: A numbers in [0, 1].

        Returns:
            ``(R, C)`` of grey, or ``(R, C, 3)`` of red, green and blue, in [0, 1].
        """
        raise NotImplementedError

    def owners(self) -> np.ndarray:
        """How much of each cell each attribute paints, whatever its value: a dark cell is its
        attribute's too.

        Returns:
            ``(A, R, C)`` float32; a cell's numbers sum to at most 1.
        """
        raise NotImplementedError

    def pixels(self, units: Sequence[float]) -> np.ndarray:
        """The image of a row, on black: ``(S, S, 3)`` uint8."""
        import numpy as np

        check_units(self, units)
        image = np.rint(enlarged(self.cells(units), self.size) * 255).astype(np.uint8)
        return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)

    def paint(self, units: Sequence[float]) -> np.ndarray:
        """``(A, S, S)`` float32, the same for every row."""
        import numpy as np

        check_units(self, units)
        return np.stack([enlarged(own, self.size) for own in self.owners()])


@dataclass(frozen=True)
class CountedDrawing(CellDrawing):
    """A drawing that nothing is fitted for.

    Attributes:
        count: A, how many attributes a row has.
        size: S, px.
    """

    count: int
    size: int = 64

    def __post_init__(self) -> None:
        check_size(self.size)
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 1:
            raise ValueError("an encoding needs at least one attribute")
        if self.least_size > self.size:
            need = 32 * math.ceil(self.least_size / 32)
            raise ValueError(
                f"{self.count} attributes cannot be drawn on {self.size} pixels; take {need}"
            )

    @property
    def attributes(self) -> int:
        """A, how many attributes a row has."""
        return self.count

    @property
    def least_size(self) -> int:
        """The least side of an image that it can be drawn on, in px."""
        return self.count


def enlarged(cells: np.ndarray, size: int) -> np.ndarray:
    """A drawing in the middle of an image, enlarged by a whole number.

    Args:
        cells: ``(R, C)`` or ``(R, C, 3)``, with at most ``size`` rows and columns.
        size: S, px.

    Returns:
        ``(S, S)`` or ``(S, S, 3)`` float32, 0 around the drawing.
    """
    import numpy as np

    factor = size // max(cells.shape[:2])
    large = cells.repeat(factor, axis=0).repeat(factor, axis=1)
    result = np.zeros((size, size, *cells.shape[2:]), np.float32)
    top, left = ((size - side) // 2 for side in large.shape[:2])
    result[top : top + large.shape[0], left : left + large.shape[1]] = large
    return result
