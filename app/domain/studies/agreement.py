"""How much readers agree beyond chance, with intervals by resampling cases.

A figure that its formula leaves undefined, such as a kappa where everybody said the same of every
case, is None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

Weights = Literal["none", "linear", "quadratic"]
DRAWS = 1000
FEWEST = 0.5  # of all draws that have to give a figure, for an interval
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    """Cases, or reads, that it is of."""


NOTHING = Estimate(None, None, None, 0)


def cohen_kappa(
    first: np.ndarray, second: np.ndarray, *, kinds: int, weights: Weights = "none"
) -> float | None:
    """Cohen's kappa of two readers.

    Cohen, "A coefficient of agreement for nominal scales", 1960; weighted: Cohen, "Weighted
    kappa", 1968.

    Args:
        first: ``(N,)`` int, what the first said of each case, from 0.
        second: the same of the second.
        kinds: how many things can be said; in their order, where they are weighted.
        weights: of a disagreement: all alike, by its distance, or by the square of it.
    """
    if len(first) == 0:
        return None
    table = np.bincount(first * kinds + second, minlength=kinds * kinds).reshape(kinds, kinds)
    seen = table / table.sum()
    expected = np.outer(seen.sum(1), seen.sum(0))
    steps = np.abs(np.subtract.outer(np.arange(kinds), np.arange(kinds))).astype(float)
    cost = {"none": (steps > 0).astype(float), "linear": steps, "quadratic": steps**2}[weights]
    chance = float((cost * expected).sum())
    return None if chance == 0 else 1 - float((cost * seen).sum()) / chance


def fleiss_kappa(counts: np.ndarray) -> float | None:
    """Fleiss' kappa of several readers.

    Fleiss, "Measuring nominal scale agreement among many raters", 1971. Cases may have been read
    by different numbers of readers; each counts by its reads.

    Args:
        counts: ``(N, K)`` int, how many said what of each case.
    """
    reads = counts.sum(1)
    counts, reads = counts[reads > 1], reads[reads > 1]
    if len(counts) == 0:
        return None
    agreed = ((counts**2).sum(1) - reads) / (reads * (reads - 1))
    share = counts.sum(0) / reads.sum()
    chance = float((share**2).sum())
    # 1 but for rounding: everybody said the same of everything.
    return None if chance > 1 - 1e-12 else (float(agreed.mean()) - chance) / (1 - chance)


def icc(scores: np.ndarray) -> float | None:
    """ICC(2,1): absolute agreement of single readers, who are a sample of readers.

    Shrout and Fleiss, "Intraclass correlations: uses in assessing rater reliability", 1979, case 2.

    Args:
        scores: ``(N, R)`` of N cases by R readers, none missing.
    """
    cases, readers = scores.shape
    if cases < 2 or readers < 2:
        return None
    mean = scores.mean()
    of_case, of_reader = scores.mean(1), scores.mean(0)
    between = readers * float(((of_case - mean) ** 2).sum()) / (cases - 1)
    raters = cases * float(((of_reader - mean) ** 2).sum()) / (readers - 1)
    rest = scores - of_case[:, None] - of_reader[None, :] + mean
    error = float((rest**2).sum()) / ((cases - 1) * (readers - 1))
    below = between + (readers - 1) * error + readers * (raters - error) / cases
    return None if below < 1e-12 else (between - error) / below


def auc(scores: np.ndarray, truth: np.ndarray) -> float | None:
    """Area under the ROC curve, as the probability that a case with the finding is scored higher
    than one without; ties count half (Hanley and McNeil, 1982).

    Args:
        scores: ``(N,)``.
        truth: ``(N,)`` bool.
    """
    with_it, without = scores[truth], scores[~truth]
    if len(with_it) == 0 or len(without) == 0:
        return None
    higher = np.subtract.outer(with_it, without)
    return float((higher > 0).mean() + 0.5 * (higher == 0).mean())


def proportion(count: int, n: int) -> Estimate:
    """A fraction with Wilson's interval (Wilson, 1927)."""
    if n == 0:
        return NOTHING
    share, z = count / n, NORMAL_95
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Estimate(share, max(middle - half, 0.0), min(middle + half, 1.0), n)


def resampled(
    figure: Callable[[np.ndarray], float | None], n: int, *, seed: int = 0, draws: int = DRAWS
) -> Estimate:
    """A figure with the interval of its values over resampled cases: percentile bootstrap (Efron,
    1979).

    Args:
        figure: of cases by their numbers ``(N,)``, each as often as it was drawn.
        n: how many cases there are.
        seed: of the draws.
        draws: how many.
    """
    value = figure(np.arange(n)) if n else None
    if value is None:
        return Estimate(None, None, None, n)
    chance = np.random.default_rng(seed)
    drawn = [figure(chance.integers(0, n, n)) for _ in range(draws)]
    known = [one for one in drawn if one is not None]
    if len(known) < FEWEST * draws:
        return Estimate(value, None, None, n)
    low, high = np.percentile(known, (2.5, 97.5))
    return Estimate(value, float(low), float(high), n)


def mean_of(values: Sequence[float | None]) -> float | None:
    """The mean, if all are known and there are any."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
