"""Windows: which values of a grey image are shown, and how (DICOM PS3.3 C.11.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

WindowFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID", "TABLE"]
WINDOW_FUNCTIONS: tuple[WindowFunction, ...] = ("LINEAR", "LINEAR_EXACT", "SIGMOID", "TABLE")

# A table over all values is built when there are at most so many of them: 2^17 covers every
# 16-bit image, signed or not.
_TABLE_VALUES = 1 << 17


@dataclass(frozen=True, eq=False)
class VoiTable:
    """A VOI LUT: ``values[i]`` is shown where the image has the value ``first + i``."""

    first: int
    values: np.ndarray  # (n,) float32 in [0, 1]


@dataclass(frozen=True)
class Window:
    """One way to show a grey image: 0 is black and 1 is white, before any inversion.

    ``TABLE`` is a VOI LUT of the file; its centre and width span the values that it maps, so that
    a viewer without tables may fall back to a straight line.
    """

    centre: float
    width: float
    name: str = ""
    function: WindowFunction = "LINEAR"
    table: VoiTable | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not (np.isfinite(self.centre) and np.isfinite(self.width)):
            raise ValueError(f"a window needs finite numbers, not {self.centre}, {self.width}")
        if self.function not in WINDOW_FUNCTIONS:
            raise ValueError(f"unknown window function {self.function!r}")
        # PS3.3 C.11.2.1.2.1: LINEAR needs a width of at least 1, the others more than 0.
        if self.width < 1 if self.function == "LINEAR" else self.width <= 0:
            raise ValueError(f"a window of function {self.function} cannot be {self.width} wide")
        if (self.function == "TABLE") != (self.table is not None):
            raise ValueError("function TABLE and a table belong together")

    @classmethod
    def spanning(cls, low: float, high: float, name: str = "") -> Window:
        """The straight line from ``low`` (0) to ``high`` (1); one wide around equal ends."""
        width = high - low if high > low else 1.0
        return cls((low + high) / 2, width, name, "LINEAR_EXACT")

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Show the values of a grey image.

        Args:
            values: ``(H, W)`` or any shape, integers or floats.

        Returns:
            float32 of the same shape, in [0, 1]; what is no number is 0.
        """
        if values.dtype.kind in "iu" and values.size > _TABLE_VALUES // 2:
            low, high = int(values.min()), int(values.max())
            if high - low < _TABLE_VALUES:
                table = self._exact(np.arange(low, high + 1, dtype=np.int64))
                unit: np.ndarray = table[_counted_from(values, low)]
                return unit
        return self._exact(values)

    def _exact(self, values: np.ndarray) -> np.ndarray:
        if self.table is not None:
            index = np.rint(values.astype(np.float64)) - self.table.first
            clipped = np.clip(np.nan_to_num(index), 0, len(self.table.values) - 1)
            looked_up: np.ndarray = self.table.values[clipped.astype(np.int64)]
            return looked_up
        x = values.astype(np.float64)
        if self.function == "SIGMOID":  # PS3.3 C.11.2.1.3.1
            with np.errstate(over="ignore"):
                unit = 1 / (1 + np.exp(-4 * (x - self.centre) / self.width))
        elif self.function == "LINEAR_EXACT":  # PS3.3 C.11.2.1.3.2
            unit = (x - self.centre) / self.width + 0.5
        elif self.width == 1:  # LINEAR, one wide: a step, whose formula would divide by 0
            unit = (x > self.centre - 0.5).astype(np.float64)
        else:  # PS3.3 C.11.2.1.2.1
            unit = (x - (self.centre - 0.5)) / (self.width - 1) + 0.5
        unit = np.clip(unit, 0, 1).astype(np.float32)
        return np.nan_to_num(unit, copy=False) if values.dtype.kind == "f" else unit


def percentile_window(
    values: np.ndarray, keep: np.ndarray | None = None, *, low: int = 1, high: int = 99
) -> Window:
    """The window from one percentile to another, as where a file offers none.

    Args:
        values: grey values of any shape.
        keep: bool, as large, True where a value counts; None counts all.
        low: the percentile that becomes black.
        high: the one that becomes white.
    """
    counted = values[keep] if keep is not None and keep.any() else values.reshape(-1)
    if counted.dtype.kind == "f":
        counted = counted[np.isfinite(counted)] if np.isfinite(counted).any() else np.zeros(1)
    first, last = _percentiles(counted, low, high)
    if last <= first:  # almost constant, such as a mask: then the whole range
        first, last = float(counted.min()), float(counted.max())
    return Window.spanning(first, last, f"{_ordinal(low)}–{_ordinal(high)} percentile")


def _ordinal(number: int) -> str:
    return f"{number}{'st' if number == 1 else 'th'}"


def _percentiles(values: np.ndarray, low: float, high: float) -> tuple[float, float]:
    if values.dtype.kind in "iu":
        least = int(values.min())
        if int(values.max()) - least < _TABLE_VALUES:  # counting is ten times faster than sorting
            below = np.cumsum(np.bincount(_counted_from(values, least).astype(np.int64)))
            ranks = (np.array([low, high]) / 100 * values.size).clip(1, values.size)
            first, last = (int(place) for place in np.searchsorted(below, ranks))
            return float(least + first), float(least + last)
    first_value, last_value = np.percentile(values, [low, high])
    return float(first_value), float(last_value)


def _counted_from(values: np.ndarray, least: int) -> np.ndarray:
    """Whole numbers less the least of them, whichever type they have."""
    if least == 0:
        return values
    counted: np.ndarray
    if values.dtype.kind == "u":  # int64 does not hold all of uint64
        counted = values - values.dtype.type(least)
    else:
        counted = values.astype(np.int64) - least
    return counted
