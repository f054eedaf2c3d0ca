"""Where one prototype's own mask lies in one image, small enough to be kept with predictions and
source images.

No torch here: pages read these without loading a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np  # a server that only reads predictions need not load it


@dataclass(frozen=True)
class OwnMap:
    """The mask under which the network pools its features for one prototype, on its grid of cells.

    It is part of the network, not an attribution: no other pass was needed for it.

    Attributes:
        rows: h of the grid.
        columns: w of the grid.
        cells: row by row, 8 bit; 255 is the mask's largest cell.
    """

    rows: int
    columns: int
    cells: bytes

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1 or len(self.cells) != self.rows * self.columns:
            raise ValueError("An own map has a number for each of its cells.")

    @classmethod
    def of(cls, mask: np.ndarray) -> OwnMap | None:
        """From a mask ``(h, w)`` >= 0; None where it is zero everywhere."""
        import numpy as np

        most = float(mask.max())
        if not most > 0:
            return None
        scaled = np.rint(np.asarray(mask, np.float64) / most * 255).astype(np.uint8)
        rows, columns = scaled.shape
        return cls(rows, columns, scaled.tobytes())

    @property
    def values(self) -> np.ndarray:
        """``(h, w)`` uint8."""
        import numpy as np

        return np.frombuffer(self.cells, np.uint8).reshape(self.rows, self.columns)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"rows": self.rows, "columns": self.columns, "cells": self.cells.hex()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OwnMap:
        """The map that :meth:`to_json` wrote."""
        return cls(int(data["rows"]), int(data["columns"]), bytes.fromhex(data["cells"]))
