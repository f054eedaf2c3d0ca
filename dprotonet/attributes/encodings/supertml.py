"""SuperTML (Sun et al. 2019): each attribute's value written as text in a field of its own.

Every field has the same size, as in the paper's SuperTML-EF. What is written is the value's place
on its scale in whole hundredths, 00 to 99, in digits drawn here: no font of the system is asked
for, so that a row has the same image on every computer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dprotonet.attributes.encodings.drawing import CountedDrawing

if TYPE_CHECKING:
    import numpy as np

# Five rows of three pixels a digit, from the left bit to the right.
_DIGITS = (
    (7, 5, 5, 5, 7),
    (2, 6, 2, 2, 7),
    (7, 1, 7, 4, 7),
    (7, 1, 7, 1, 7),
    (5, 5, 7, 1, 1),
    (7, 4, 7, 1, 7),
    (7, 4, 7, 5, 7),
    (7, 1, 2, 2, 2),
    (7, 5, 7, 5, 7),
    (7, 5, 7, 1, 7),
)
_WIDEST, _HEIGHT = 7, 5  # px of two digits with a pixel between them, and of their height


@dataclass(frozen=True)
class SuperTml(CountedDrawing):
    """Values as text, white on black."""

    name = "supertml"

    @property
    def least_size(self) -> int:
        """The least side of an image that it can be drawn on, in px."""
        return self._columns * (_WIDEST + 1)

    @property
    def _columns(self) -> int:
        return math.ceil(math.sqrt(self.count))

    @property
    def _side(self) -> int:
        return self.size // self._columns

    def cells(self, units: Sequence[float]) -> np.ndarray:
        """``(S, S)`` of 0 and 1."""
        import numpy as np

        image = np.zeros((self.size, self.size), np.float32)
        factor = (self._side - 1) // _WIDEST
        for number, unit in enumerate(units):
            text = _written(min(int(100 * unit), 99)).repeat(factor, axis=0).repeat(factor, axis=1)
            top, left = self._corner(number)
            top += (self._side - text.shape[0]) // 2
            left += (self._side - text.shape[1]) // 2
            image[top : top + text.shape[0], left : left + text.shape[1]] = text
        return image

    def owners(self) -> np.ndarray:
        """``(A, S, S)`` float32: 1 on the attribute's whole field."""
        import numpy as np

        result = np.zeros((self.count, self.size, self.size), np.float32)
        for number in range(self.count):
            top, left = self._corner(number)
            result[number, top : top + self._side, left : left + self._side] = 1
        return result

    def _corner(self, number: int) -> tuple[int, int]:
        row, column = divmod(number, self._columns)
        return row * self._side, column * self._side


def _written(number: int) -> np.ndarray:
    """A number from 0 to 99 as ``(5, 7)`` zeros and ones."""
    import numpy as np

    columns: list[list[int]] = []
    for digit in f"{number:02d}":
        rows = _DIGITS[int(digit)]
        columns += [[(row >> bit) & 1 for row in rows] for bit in (2, 1, 0)] + [[0] * _HEIGHT]
    return np.array(columns[:-1], np.uint8).T
