"""BIE, binary image encoding (as TINTOlib has it): an attribute's place on its scale as the 32 bits
of its floating-point number (IEEE 754, binary32), a row of cells each.

Sign, exponent and significand follow from left to right, so values that are nearly the same may
share hardly a bit, and the right half of the bits is beyond what anyone measures. The picture
holds the number whole. TINTOlib draws one row of cells an attribute; here as many as make the
drawing about square, so that few attributes are no thin strip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dprotonet.attributes.encodings.drawing import CountedDrawing

if TYPE_CHECKING:
    import numpy as np

_BITS = 32


@dataclass(frozen=True)
class BinaryImage(CountedDrawing):
    """Values as bits, white on black. An attribute's rows are its own."""

    name = "bie"

    @property
    def least_size(self) -> int:
        """The least side of an image that it can be drawn on, in px."""
        return max(self.count, _BITS)

    @property
    def rows_each(self) -> int:
        """Rows of cells of an attribute."""
        return max(_BITS // self.count, 1)

    def cells(self, units: Sequence[float]) -> np.ndarray:
        """``(A · rows_each, 32)`` of 0 and 1."""
        import numpy as np

        numbers = np.asarray(units, ">f4").reshape(-1, 1)
        bits = np.unpackbits(numbers.view(np.uint8), axis=1)
        return bits.repeat(self.rows_each, axis=0).astype(np.float32)

    def owners(self) -> np.ndarray:
        """``(A, A · rows_each, 32)`` float32."""
        import numpy as np

        own = np.eye(self.count, dtype=np.float32).repeat(self.rows_each, axis=1)
        return own[:, :, None].repeat(_BITS, axis=2)
