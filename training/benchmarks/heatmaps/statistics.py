"""Paired differences by bootstrap of patients, and the adjustment of p for many of them.

Letters: N images, B resamples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.metrics import Interval, interval, weighted_mean

Array = NDArray[np.float64]
AHEAD, BEHIND, OPEN = "ahead", "behind", "not told apart"


@dataclass(frozen=True)
class Difference:
    """A mean paired difference with its 95 % interval and its two-sided p."""

    interval: Interval
    p: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return self.interval.to_json() | {"p": round(self.p, 6)}


def difference(first: Array, other: Array, draws: Array) -> Difference:
    """Of ``first - other``, both ``(N,)`` on the same images.

    Args:
        first: the method that is compared.
        other: what it is compared with.
        draws: ``(B, N)`` from :func:`training.evaluation.metrics.patient_draws`.
    """
    paired = first - other
    mean = interval(lambda weights: weighted_mean(paired, weights), draws)
    return Difference(mean, two_sided_p(weighted_mean(paired, draws)))


def verdict(interval: Mapping[str, Any]) -> str:
    """What the 95 % interval of a difference says of the first."""
    if interval["low"] > 0:
        return AHEAD
    return BEHIND if interval["high"] < 0 else OPEN


def two_sided_p(resampled: Array) -> float:
    """Twice the smaller fraction of resamples on one side of 0; those at 0 count on both sides.

    The sample itself counts as one more resample (Davison and Hinkley 1997, section 4.2), so that
    p is never below 1 / (B + 1).
    """
    below, above = int((resampled <= 0).sum()), int((resampled >= 0).sum())
    return min(1.0, 2 * (1 + min(below, above)) / (len(resampled) + 1))


def holm(ps: Sequence[float]) -> list[float]:
    """Each p adjusted for all of them (Holm 1979), in the given order."""
    adjusted, highest = [0.0] * len(ps), 0.0
    for rank, i in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[i]))
        adjusted[i] = highest
    return adjusted
