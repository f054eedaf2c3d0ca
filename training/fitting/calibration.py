"""Temperature and decision threshold, both chosen on validation images alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_NEWTON_STEPS, _PULL = 20, 0.1
_TEMPERATURES = np.geomspace(0.05, 20.0, 401)  # its middle is 1


def softmax(logits: Array, temperature: float = 1.0) -> Array:
    """``(N, K)`` logits to probabilities."""
    scaled = logits / temperature
    odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def class_probabilities(
    logits: Array,
    labels: NDArray[Any],
    temperature: float = 1.0,
    offsets: Array | float = 0.0,
) -> Array:
    """``(N, K)`` logits to probabilities: softmax, or sigmoids where labels are ``(N, K)``.

    Args:
        offsets: ``(K,)`` log-odds added before the sigmoids.
    """
    if labels.ndim == 1:
        return softmax(logits, temperature)
    return _sigmoid(logits / temperature + offsets)


def _sigmoid(odds: Array) -> Array:
    return 0.5 * (1.0 + np.tanh(0.5 * odds))


def log_loss(logits: Array, labels: NDArray[Any], temperature: float = 1.0) -> float:
    """Mean negative log-probability of the truth; of multi-label images, over their classes too."""
    said = class_probabilities(logits, labels, temperature)
    if labels.ndim == 1:
        own = said[np.arange(len(labels)), labels]
    else:
        own = np.where(labels, said, 1.0 - said)
    return float(-np.log(np.maximum(own, 1e-12)).mean())


def fit_temperature(logits: Array, labels: NDArray[Any]) -> float:
    """The temperature of least log-loss (Guo et al. 2017, section 4.2), from a fine grid.

    A grid cannot diverge where the images are separable, as an optimiser would.
    """
    losses = [log_loss(logits, labels, t) for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def fit_offsets(logits: Array, labels: NDArray[np.bool_]) -> tuple[float, Array]:
    """Temperature, and ``(K,)`` offsets of the classes, of least log-loss (Platt 1999).

    Weights on rare findings and a last layer without bias leave probabilities too high or too low
    as a whole; an offset puts that right without touching the order of the images. A slight pull to
    0 keeps it finite where validation has a class never or always.
    """
    best: tuple[float, float, Array] = (np.inf, 1.0, np.zeros(logits.shape[1]))
    for temperature in _TEMPERATURES.tolist():
        offsets = np.zeros(logits.shape[1])
        for _ in range(_NEWTON_STEPS):
            said = _sigmoid(logits / temperature + offsets)
            slope = (said - labels).sum(axis=0) + _PULL * offsets
            bend = (said * (1.0 - said)).sum(axis=0) + _PULL
            offsets = offsets - np.clip(slope / bend, -2.0, 2.0)
        said = _sigmoid(logits / temperature + offsets)
        own = np.maximum(np.where(labels, said, 1.0 - said), 1e-12)
        loss = float(-np.log(own).sum() + 0.5 * _PULL * (offsets**2).sum())
        if loss < best[0]:
            best = loss, temperature, offsets
    return best[1], best[2]


def fit_threshold(positive_probability: Array, positive: NDArray[np.bool_]) -> float:
    """The threshold of the largest sensitivity + specificity (Youden 1950).

    Halfway between two neighbouring images, so that it does not sit on one of them; of equals the
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
