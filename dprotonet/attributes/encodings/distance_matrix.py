"""DistanceMatrix (as TINTOlib has it): a cell for every two attributes, of their difference.

Row i, column j is as bright as attribute i's place on its scale less attribute j's, between the
row's least difference, black, and its greatest, white. So the picture says how the values lie to
each other and not how large they are: two rows whose values all differ by the same amount, or by
the same factor, look the same. Where all values are equal TINTOlib divides by zero; here every
cell is grey then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dprotonet.attributes.encodings.drawing import CountedDrawing

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class DistanceMatrix(CountedDrawing):
    """Differences of every two attributes. A cell is half of either's, one of the diagonal its
    attribute's alone."""

    name = "distancematrix"

    def cells(self, units: Sequence[float]) -> np.ndarray:
        """``(A, A)`` in [0, 1]."""
        return differences(units)

    def owners(self) -> np.ndarray:
        """``(A, A, A)`` float32."""
        return difference_owners(self.count)


def differences(units: Sequence[float]) -> np.ndarray:
    """``(A, A)`` in [0, 1] of A numbers: row i less column j, stretched."""
    import numpy as np

    values = np.asarray(units, np.float64)
    return stretched(values[:, None] - values[None])


def difference_owners(count: int) -> np.ndarray:
    """``(A, A, A)`` float32: half of its row and half of its column are an attribute's."""
    import numpy as np

    own = np.eye(count, dtype=np.float32) / 2
    return own[:, :, None] + own[:, None, :]


def stretched(values: np.ndarray) -> np.ndarray:
    """Values of any shape between their least, 0, and their greatest, 1; all 0.5 where they are
    equal."""
    import numpy as np

    low, high = values.min(), values.max()
    result: np.ndarray = (values - low) / (high - low) if high > low else np.full(values.shape, 0.5)
    return result
