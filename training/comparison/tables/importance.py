"""How much each attribute matters: by shuffling it, and by where heatmaps of rows lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

REPEATS = 3  # shuffles of an attribute
_LEAST = 1e-6  # a probability counts as at least this much in a log-loss


def permutation_importance(
    scores: Callable[[np.ndarray], np.ndarray],
    values: np.ndarray,
    labels: np.ndarray,
    *,
    seed: int,
    repeats: int = REPEATS,
) -> np.ndarray:
    """By how much the log-loss rises where an attribute is shuffled among the rows.

    Log-loss and not AUROC, which hardly moves where several attributes say the same.

    Args:
        scores: ``(N, A)`` values to ``(N, K)`` probabilities.
        values: ``(N, A)``.
        labels: ``(N,)``.

    Returns:
        ``(A,)`` nats, the mean of all shuffles.
    """
    chance = np.random.default_rng(seed)
    before = log_loss(scores(values), labels)
    rises = np.zeros(values.shape[1])
    for attribute in range(values.shape[1]):
        for _ in range(repeats):
            shuffled = values.copy()
            shuffled[:, attribute] = chance.permutation(shuffled[:, attribute])
            rises[attribute] += (log_loss(scores(shuffled), labels) - before) / repeats
    return rises


def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean of -log p of the true class, in nats; ``(N, K)`` and ``(N,)``."""
    true = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(true, _LEAST, 1)).mean())


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's; None where one of them is the same for all attributes."""
    from scipy.stats import spearmanr

    if len(set(one)) < 2 or len(set(other)) < 2:
        return None
    return float(spearmanr(one, other).statistic)
