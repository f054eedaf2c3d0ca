"""BarGraph (as TINTOlib has it): a bar an attribute, as long as its value.

Bars hang side by side, as wide as the image has room for, with a margin of a bar's width above and
below. TINTOlib leaves no room for the bars of one or two attributes; here those have no margin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dprotonet.attributes.encodings.drawing import CountedDrawing

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class BarGraph(CountedDrawing):
    """Values as lengths, white on black. A bar's whole column is its attribute's."""

    name = "bargraph"

    @property
    def width(self) -> int:
        """Of a bar, px."""
        return self.size // self.count

    def cells(self, units: Sequence[float]) -> np.ndarray:
        """``(A · width, A · width)`` of 0 and 1."""
        return bars(units, self.width)

    def owners(self) -> np.ndarray:
        """``(A, A · width, A · width)`` float32."""
        return bar_owners(self.count, self.width)


def bars(units: Sequence[float], width: int) -> np.ndarray:
    """The bars, downwards from their margin.

    Args:
        units: A numbers in [0, 1].
        width: of a bar, in cells.

    Returns:
        ``(A · width, A · width)`` float32 of 0 and 1.
    """
    import numpy as np

    margin, longest = _room(len(units), width)
    down = np.arange(len(units) * width)[:, None] - margin
    lengths = np.floor(np.asarray(units) * longest).repeat(width)
    painted: np.ndarray = (down >= 0) & (down < lengths)
    return painted.astype(np.float32)


def bar_owners(count: int, width: int) -> np.ndarray:
    """``(A, A · width, A · width)`` float32: 1 where a bar can be."""
    import numpy as np

    margin, longest = _room(count, width)
    result = np.zeros((count, count * width, count * width), np.float32)
    for number in range(count):
        result[number, margin : margin + longest, number * width : (number + 1) * width] = 1
    return result


def _room(count: int, width: int) -> tuple[int, int]:
    """The margin above the bars, and the longest bar, in cells."""
    margin = width if count > 2 else 0
    return margin, count * width - 2 * margin
