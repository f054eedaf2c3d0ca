"""Encodings that give each attribute a pixel of its own place, which its value shades.

TINTO (Castillo-Cara et al. 2023), IGTD (Zhu et al. 2021), REFINED (Bazgir et al. 2020), DeepInsight
(Sharma et al. 2019) and Fotomics (Zandavi et al. 2022) differ in how they find the places: alike
attributes lie side by side. A bundle keeps the places, as numbers; what found them is not needed
to read a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dprotonet.attributes.encodings.drawing import CellDrawing
from dprotonet.attributes.encodings.encoding import check_size

if TYPE_CHECKING:
    import numpy as np

METHODS = ("tinto", "igtd", "refined", "deepinsight", "fotomics")


@dataclass(frozen=True)
class PixelPlaces(CellDrawing):
    """Attributes at fixed places, brighter with their value.

    Attributes:
        method: that found the places, one of :data:`METHODS`.
        rows, columns: of the grid that the places are of.
        places: row and column of each attribute; several may share one and are averaged then.
        size: S, px. The grid is scaled by a whole number and centred.
        blur: rings that a value is painted around its place, TINTO's: each two pixels of the grid
            wide, of brightness value / radius². 0 for none.
    """

    method: str
    rows: int
    columns: int
    places: tuple[tuple[int, int], ...]
    size: int = 64
    blur: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", tuple((int(r), int(c)) for r, c in self.places))
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {METHODS}, not {self.method!r}")
        check_size(self.size)
        if not 1 <= self.rows <= self.size or not 1 <= self.columns <= self.size:
            raise ValueError(f"a grid must have 1 to {self.size} rows and columns")
        inside = all(0 <= r < self.rows and 0 <= c < self.columns for r, c in self.places)
        if not self.places or not inside:
            raise ValueError("every attribute needs a place on the grid")
        if not isinstance(self.blur, int) or self.blur < 0:
            raise ValueError("blur must be a number of rings, from 0")

    @property
    def name(self) -> str:  # type: ignore[override]
        """In the registry: the method's."""
        return self.method

    @property
    def attributes(self) -> int:
        """A, how many attributes a row has."""
        return len(self.places)

    def cells(self, units: Sequence[float]) -> np.ndarray:
        """``(R, C)``: a value in its attribute's cell, the mean where several share one."""
        import numpy as np

        values = np.tensordot(np.asarray(units, np.float32), self._rings, axes=(0, 0))
        means: np.ndarray = values / self._counts
        return means

    def owners(self) -> np.ndarray:
        """``(A, R, C)`` float32."""
        owned: np.ndarray = self._rings / self._counts
        return owned

    @property
    def _counts(self) -> np.ndarray:
        """Attributes that paint each cell, at least 1."""
        import numpy as np

        counts: np.ndarray = np.maximum((self._rings > 0).sum(axis=0), 1)
        return counts

    @cached_property
    def _rings(self) -> np.ndarray:
        """How bright a value of 1 makes each cell of the grid, ``(A, rows, columns)``."""
        import numpy as np

        result = np.zeros((len(self.places), self.rows, self.columns), np.float32)
        rows, columns = np.arange(self.rows)[:, None], np.arange(self.columns)[None]
        for number, (row, column) in enumerate(self.places):
            away = (rows - row) ** 2 + (columns - column) ** 2
            for ring in range(self.blur, 0, -1):
                radius = 2 * ring
                result[number][away <= radius**2] = 1 / radius**2
            result[number, row, column] = 1
        return result

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        values = super().to_json()
        values.pop("method")
        return values | {"places": [list(place) for place in self.places]}
