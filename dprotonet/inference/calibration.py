"""Temperature and decision threshold, both chosen on validation images alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.inference.prediction import decide_classes

Array = NDArray[np.float64]
_NEWTON_STEPS, _RIDGE = 20, 0.1
_TEMPERATURES = np.geomspace(0.05, 20.0, 401)  # its middle is 1


@dataclass(frozen=True)
class Calibration:
    """From logits to calls, as a bundle keeps it.

    Attributes:
        temperature: above 0; divides the logits.
        threshold: on 1 - p(negative class), or None.
        thresholds: of a multi-label model: class name to the probability from which it is called.
        offsets: of the same: class name to the log-odds that are added.
    """

    temperature: float = 1.0
    threshold: float | None = None
    thresholds: dict[str, float] | None = None
    offsets: dict[str, float] | None = None


def calibrate(
    logits: Array, labels: NDArray[Any], classes: tuple[str, ...], negative_class: str | None
) -> Calibration:
    """Temperature and threshold of least log-loss and largest Youden index, as in training.

    Args:
        logits: ``(N, K)`` of validation images.
        labels: ``(N,)`` class indices, or ``(N, K)`` bool.
        classes: K names.
        negative_class: one of them, or None.
    """
    if labels.ndim == 2:
        temperature, offsets = fit_offsets(logits, labels)
        probabilities = class_probabilities(logits, labels, temperature, offsets)
        cuts = [fit_threshold(probabilities[:, k], labels[:, k]) for k in range(len(classes))]
        return Calibration(
            temperature,
            None,
            dict(zip(classes, cuts, strict=True)),
            dict(zip(classes, offsets.tolist(), strict=True)),
        )
    temperature = fit_temperature(logits, labels)
    if negative_class is None:
        return Calibration(temperature)
    negative = classes.index(negative_class)
    probabilities = class_probabilities(logits, labels, temperature)
    return Calibration(
        temperature, fit_threshold(1.0 - probabilities[:, negative], labels != negative)
    )


def calls(
    probabilities: Array,
    classes: tuple[str, ...],
    *,
    negative_class: str | None = None,
    threshold: float | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> NDArray[np.bool_]:
    """What images are called, each by :func:`dprotonet.inference.prediction.decide_classes`.

    Args:
        probabilities: ``(N, K)`` calibrated.
        classes: K names.
        negative_class: one of them, or None.
        threshold: on 1 - p(negative class), or None.
        thresholds: of a multi-label model, class name to [0, 1].

    Returns:
        ``(N, K)``; without ``thresholds`` one True in each row.
    """
    made = np.zeros(probabilities.shape, dtype=bool)
    for i, row in enumerate(probabilities.tolist()):
        names = decide_classes(
            dict(zip(classes, row, strict=True)),
            negative_class=negative_class,
            threshold=threshold,
            thresholds=thresholds,
        )
        for name in names:
            made[i, classes.index(name)] = True
    return made


def softmax(logits: Array, temperature: float = 1.0) -> Array:
    """``(N, K)`` logits to probabilities."""
    scaled = logits / temperature
    odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


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
    return sigmoid(logits / temperature + offsets)


def sigmoid(odds: Array) -> Array:
    """Log-odds to probabilities, without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * odds))


def log_loss(logits: Array, labels: NDArray[Any], temperature: float = 1.0) -> float:
    """Mean negative log-probability of the truth; for multi-label images over their classes too."""
    probabilities = class_probabilities(logits, labels, temperature)
    if labels.ndim == 1:
        of_truth = probabilities[np.arange(len(labels)), labels]
    else:
        of_truth = np.where(labels, probabilities, 1.0 - probabilities)
    return float(-np.log(np.maximum(of_truth, 1e-12)).mean())


def fit_temperature(logits: Array, labels: NDArray[Any]) -> float:
    """The temperature of least log-loss (Guo et al. 2017, section 4.2), from a fine grid.

    A grid cannot diverge where the images are separable, as an optimiser would.
    """
    losses = [log_loss(logits, labels, t) for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def fit_offsets(logits: Array, labels: NDArray[np.bool_]) -> tuple[float, Array]:
    """Temperature, and ``(K,)`` offsets of the classes, of least log-loss (Platt 1999).

    Weights on rare findings and a last layer without bias leave probabilities too high or too low
    as a whole; an offset corrects that and leaves the order of the images as it is. A small ridge
    penalty keeps it finite where validation has a class never or always.
    """
    best: tuple[float, float, Array] = (np.inf, 1.0, np.zeros(logits.shape[1]))
    for temperature in _TEMPERATURES.tolist():
        offsets = np.zeros(logits.shape[1])
        for _ in range(_NEWTON_STEPS):
            probabilities = sigmoid(logits / temperature + offsets)
            gradient = (probabilities - labels).sum(axis=0) + _RIDGE * offsets
            curvature = (probabilities * (1.0 - probabilities)).sum(axis=0) + _RIDGE
            offsets = offsets - np.clip(gradient / curvature, -2.0, 2.0)
        probabilities = sigmoid(logits / temperature + offsets)
        of_truth = np.maximum(np.where(labels, probabilities, 1.0 - probabilities), 1e-12)
        loss = float(-np.log(of_truth).sum() + 0.5 * _RIDGE * (offsets**2).sum())
        if loss < best[0]:
            best = loss, temperature, offsets
    return best[1], best[2]


def fit_threshold(positive_probability: Array, positive: NDArray[np.bool_]) -> float:
    """The threshold of the largest sensitivity + specificity (Youden 1950).

    It lies halfway between two neighbouring images. Ties go to the one closest to 0.5.
    """
    values = np.unique(positive_probability)
    cuts = np.concatenate(([values[0]], (values[1:] + values[:-1]) / 2))
    if not positive.any() or positive.all():
        return 0.5
    positive_calls = positive_probability[None, :] >= cuts[:, None]
    sensitivity = positive_calls[:, positive].mean(axis=1)
    specificity = 1.0 - positive_calls[:, ~positive].mean(axis=1)
    gain = np.round(sensitivity + specificity, 9)
    best = np.flatnonzero(gain == gain.max())
    return float(cuts[best[np.argmin(np.abs(cuts[best] - 0.5))]])
