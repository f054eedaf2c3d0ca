"""The finished rows of a benchmark, column by column.

Letters: N images, B resamples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.metrics import Interval, interval, patient_draws, weighted_mean

Array = NDArray[np.float64]
Row = Mapping[str, Any]
RESAMPLES = 10_000
SMALL = 1e-9


@dataclass(frozen=True, eq=False)
class Rows:
    """The finished rows of N images."""

    images: Sequence[Row]
    resamples: int = RESAMPLES

    @cached_property
    def patients(self) -> NDArray[Any]:
        """``(N,)`` hashed ids."""
        return np.array([row["patient"] for row in self.images])

    @cached_property
    def draws(self) -> Array:
        """``(B, N)`` how often each image counts in each resample."""
        return patient_draws(self.patients, self.resamples)

    def column(self, method: str, node: str, *path: str) -> Array:
        """``(N,)`` one figure of a method, nan where an image has none."""
        return np.array([_at(row["methods"][method], (node, *path)) for row in self.images])

    def head(self, *path: str) -> Array:
        """``(N,)`` one figure of the image itself, nan where it has none."""
        return np.array([_at(row, path) for row in self.images])

    def texts(self, *path: str) -> list[str]:
        """N words about the image itself, "" where it has none."""
        return [str(_found(row, path) or "") for row in self.images]

    def draws_of(self, known: NDArray[np.bool_]) -> Array:
        """``(B, n)`` the same of the n images that are known, drawn once for each such choice."""
        key = known.tobytes()
        if key not in self._drawn:
            self._drawn[key] = patient_draws(self.patients[known], self.resamples)
        return self._drawn[key]

    @cached_property
    def _drawn(self) -> dict[bytes, Array]:
        return {}

    def mean(self, values: Array) -> dict[str, Any]:
        """The mean of ``(N,)`` with its interval by patient; nan is left out."""
        known = ~np.isnan(values)
        if not known.any():
            return Interval(None, None, None).to_json()
        draws = self.draws_of(known)
        return interval(lambda weights: weighted_mean(values[known], weights), draws).to_json()

    def end_value(self, node: str, scale: str, name: str) -> Array:
        """``(N,)`` values of the ``image`` or of a fill alone."""
        return np.array([row["ends"][node][scale][name] for row in self.images])

    def score(self, method: str, node: str, fill: str, scale: str) -> Array:
        """``(N,)`` insertion minus deletion area."""
        inserted = self.column(method, node, "fills", fill, scale, "insertion")
        return inserted - self.column(method, node, "fills", fill, scale, "deletion")

    def span(self, node: str, fill: str, scale: str) -> float:
        """Mean distance between the image's and the fill's value: one constant for all images."""
        distance = self.end_value(node, scale, "image") - self.end_value(node, scale, fill)
        return max(float(np.abs(distance).mean()), SMALL)


def _found(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _at(value: Any, path: Sequence[str]) -> float:
    found = _found(value, path)
    return float("nan") if found is None else float(found)
