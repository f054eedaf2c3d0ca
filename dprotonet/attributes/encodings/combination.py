"""Combination (as TINTOlib has it): a distance matrix in red, bars in green, values in blue.

In blue the whole row i of cells is as bright as attribute i's place on its scale, between the
least and the greatest of the row of the table. Bars are a cell wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dprotonet.attributes.encodings.bargraph import bar_owners, bars
from dprotonet.attributes.encodings.distance_matrix import (
    difference_owners,
    differences,
    stretched,
)
from dprotonet.attributes.encodings.drawing import CountedDrawing

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Combination(CountedDrawing):
    """Three drawings in the three colours. A cell is a third of each colour's attributes'."""

    name = "combination"

    def cells(self, units: Sequence[float]) -> np.ndarray:
        """``(A, A, 3)`` in [0, 1]."""
        import numpy as np

        values = stretched(np.asarray(units, np.float64))
        blue = np.broadcast_to(values[:, None], (self.count, self.count))
        return np.stack([differences(units), bars(units, 1), blue], axis=-1)

    def owners(self) -> np.ndarray:
        """``(A, A, A)`` float32."""
        import numpy as np

        blue = np.broadcast_to(np.eye(self.count, dtype=np.float32)[:, :, None], (self.count,) * 3)
        owned: np.ndarray = (difference_owners(self.count) + bar_owners(self.count, 1) + blue) / 3
        return owned
