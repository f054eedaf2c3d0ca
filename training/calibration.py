"""Temperature and decision threshold, both chosen on validation films alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_TEMPERATURES = np.geomspace(0.05, 20.0, 401)  # its middle is 1


def softmax(logits: Array, temperature: float = 1.0) -> Array:
    """``(N, K)`` logits to probabilities."""
    scaled = logits / temperature
    odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def chances(logits: Array, labels: NDArray[Any], temperature: float = 1.0) -> Array:
    """``(N, K)`` logits to probabilities: softmax, or sigmoids where labels are ``(N, K)``."""
    if labels.ndim == 1:
        return softmax(logits, temperature)
    return 0.5 * (1.0 + np.tanh(0.5 * logits / temperature))


def log_loss(logits: Array, labels: NDArray[Any], temperature: float = 1.0) -> float:
    """Mean negative log-probability of the truth; of multi-label films, over their classes too."""
    said = chances(logits, labels, temperature)
    if labels.ndim == 1:
        own = said[np.arange(len(labels)), labels]
    else:
        own = np.where(labels, said, 1.0 - said)
    return float(-np.log(np.maximum(own, 1e-12)).mean())


def fit_temperature(logits: Array, labels: NDArray[Any]) -> float:
    """The temperature of least log-loss (Guo et al. 2017, section 4.2), from a fine grid.

    A grid cannot diverge where the films are separable, as an optimiser would.
    """
    losses = [log_loss(logits, labels, t) for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def fit_threshold(positive_probability: Array, positive: NDArray[np.bool_]) -> float:
    """The threshold of the largest sensitivity + specificity (Youden 1950).

    Halfway between two neighbouring films, so that it does not sit on one of them; of equals the
    one closest to 0.5.
    """
    values = np.unique(positive_probability)
    cuts = np.concatenate(([values[0]], (values[1:] + values[:-1]) / 2))
    if not positive.any() or positive.all():
        return 0.5
    called = positive_probability[None, :] >= cuts[:, None]
    sensitivity = called[:, positive].mean(axis=1)
    specificity = 1.0 - called[:, ~positive].mean(axis=1)
    gain = np.round(sensitivity + specificity, 9)
    best = np.flatnonzero(gain == gain.max())
    return float(cuts[best[np.argmin(np.abs(cuts[best] - 0.5))]])
