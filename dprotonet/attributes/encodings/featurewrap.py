"""FeatureWrap (as TINTOlib has it): each attribute as ten bits, of which one is set; eight bits
make the brightness of a cell.

The bit that is set says in which tenth of its scale the attribute lies. Bits of all attributes
follow each other, so a cell may hold bits of two, and how much a bit shows depends on its place in
its cell: from half of white to 1/255, which hardly shows. TINTOlib takes the scale anew from
whatever rows it draws; here it is that of the training rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dprotonet.attributes.encodings.drawing import CountedDrawing

if TYPE_CHECKING:
    import numpy as np

_BINS = 10
_BITS = 8  # of a cell


@dataclass(frozen=True)
class FeatureWrap(CountedDrawing):
    """Values as bits in cells. A cell is an attribute's by the brightness that its bits can give
    it."""

    name = "featurewrap"

    @property
    def least_size(self) -> int:
        """The least side of an image that it can be drawn on, in px."""
        return math.ceil(math.sqrt(math.ceil(self.count * _BINS / _BITS)))

    def cells(self, units: Sequence[float]) -> np.ndarray:
        """``(R, R)`` in [0, 1], black after the last attribute."""
        import numpy as np

        bits = np.zeros((self.count, _BINS), np.float32)
        bits[range(self.count), [min(int(unit * _BINS), _BINS - 1) for unit in units]] = 1
        return self._bytes(bits.ravel())

    def owners(self) -> np.ndarray:
        """``(A, R, R)`` float32."""
        import numpy as np

        whose = np.arange(self.count).repeat(_BINS)
        return np.stack([self._bytes(whose == number) for number in range(self.count)])

    def _bytes(self, bits: np.ndarray) -> np.ndarray:
        """``(R, R)`` float32 in [0, 1] of A · 10 bits, the first of a cell the greatest."""
        import numpy as np

        side = self.least_size
        padded = np.zeros(side * side * _BITS, np.uint8)
        padded[: len(bits)] = bits
        return np.packbits(padded).reshape(side, side).astype(np.float32) / 255
