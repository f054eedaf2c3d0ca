"""Figures of merit in numpy, with bootstrap intervals by patient.

Letters: N images, K classes, B resamples. A resample draws patients with replacement and counts an
image as often as its patient was drawn, so every figure here takes weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Figure = Callable[[Array], Array]  # weights (B, N) to (B,), nan where a resample does not allow it
BINS = 10


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % bootstrap interval; the ends are None where it cannot be had."""

    value: float | None
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, float | None]:
        """Plain values, rounded to the digits that the data support."""
        return {k: None if v is None else round(v, 4) for k, v in vars(self).items()}


def patient_draws(patients: NDArray[Any], resamples: int, seed: int = 0) -> Array:
    """How often each image counts in each resample, ``(B, N)``."""
    _, patient_of = np.unique(patients, return_inverse=True)
    count = int(patient_of.max()) + 1
    rng = np.random.default_rng(seed)
    times = rng.multinomial(count, np.full(count, 1.0 / count), size=resamples)
    return times[:, patient_of].astype(np.float64)


def interval(figure: Figure, draws: Array) -> Interval:
    """A figure on all images and over the resamples, which are from :func:`patient_draws`."""
    value = float(figure(np.ones((1, draws.shape[1])))[0])
    if np.isnan(value):
        return Interval(None, None, None)
    resampled = figure(draws)
    resampled = resampled[~np.isnan(resampled)]
    if not len(resampled):
        return Interval(value, None, None)
    low, high = np.percentile(resampled, (2.5, 97.5))
    return Interval(value, float(low), float(high))


def interval_json(figure: Figure, draws: Array) -> dict[str, float | None]:
    """:func:`interval` as plain values."""
    return interval(figure, draws).to_json()


def binary_auroc(scores: Array, positive: NDArray[np.bool_], weights: Array) -> Array:
    """Area under the ROC curve for each row of weights; ties count half.

    Args:
        scores: ``(N,)``.
        positive: ``(N,)``.
        weights: ``(B, N)``.

    Returns:
        ``(B,)``, nan where one side is empty.
    """
    order = np.argsort(scores, kind="stable")
    _, first = np.unique(scores[order], return_index=True)
    plus = np.add.reduceat((weights * positive)[:, order], first, axis=1)
    minus = np.add.reduceat((weights * ~positive)[:, order], first, axis=1)
    below = np.cumsum(minus, axis=1) - minus
    pairs = plus.sum(axis=1) * minus.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(pairs > 0, (plus * (below + 0.5 * minus)).sum(axis=1) / pairs, np.nan)


def has_class(labels: NDArray[Any], k: int) -> NDArray[np.bool_]:
    """``(N,)``: which images have class k, for labels ``(N,)`` or multi-label ``(N, K)``."""
    mask: NDArray[np.bool_] = labels == k if labels.ndim == 1 else labels[:, k] != 0
    return mask


def macro_auroc(probabilities: Array, labels: NDArray[Any], weights: Array) -> Array:
    """AUROC of two classes, or the mean one-versus-rest AUROC of more, ``(B,)``.

    Of multi-label images the mean over the classes whose AUROC a resample allows.
    """
    return _macro(binary_auroc, probabilities, labels, weights)


def _macro(
    area: Callable[[Array, NDArray[np.bool_], Array], Array],
    probabilities: Array,
    labels: NDArray[Any],
    weights: Array,
) -> Array:
    classes = probabilities.shape[1]
    if classes == 2 and labels.ndim == 1:
        return area(probabilities[:, 1], labels == 1, weights)
    each = np.stack(
        [area(probabilities[:, k], has_class(labels, k), weights) for k in range(classes)]
    )
    if labels.ndim == 1:
        return np.mean(each, axis=0)
    known = ~np.isnan(each)
    with np.errstate(invalid="ignore"):
        return np.where(known, each, 0.0).sum(axis=0) / known.sum(axis=0)


def accuracy_by_image(called: NDArray[Any], labels: NDArray[Any]) -> Array:
    """``(N,)``: 1 where an image's class is right; of multi-label images the fraction of their
    classes that are called or not called rightly."""
    right = (called == labels).astype(np.float64)
    return right if right.ndim == 1 else right.mean(axis=1)


def accuracy(probabilities: Array, labels: NDArray[Any]) -> float:
    """Fraction of images whose most probable class is right; of multi-label images, fraction of
    classes on the right side of 0.5."""
    if labels.ndim == 1:
        return float((probabilities.argmax(axis=1) == labels).mean())
    return float(((probabilities >= 0.5) == labels).mean())


def auroc_by_class(
    classes: Sequence[str], probabilities: Array, labels: NDArray[Any], draws: Array
) -> dict[str, Any]:
    """AUROC of each class against the rest, with its interval."""
    return {
        name: interval_json(partial(binary_auroc, probabilities[:, k], has_class(labels, k)), draws)
        for k, name in enumerate(classes)
    }


def binary_auprc(scores: Array, positive: NDArray[np.bool_], weights: Array) -> Array:
    """Average precision, the sum of precision over steps of recall; equal scores are one step.

    Args:
        scores: ``(N,)``.
        positive: ``(N,)``.
        weights: ``(B, N)``.

    Returns:
        ``(B,)``, nan where there is no positive.
    """
    order = np.argsort(scores, kind="stable")
    _, first = np.unique(scores[order], return_index=True)
    plus = np.add.reduceat((weights * positive)[:, order], first, axis=1)[:, ::-1]
    every = np.add.reduceat(weights[:, order], first, axis=1)[:, ::-1]
    hits, called, whole = np.cumsum(plus, axis=1), np.cumsum(every, axis=1), plus.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(called > 0, hits / called, 0.0)
        return np.where(whole > 0, (plus * precision).sum(axis=1) / whole, np.nan)


def macro_auprc(probabilities: Array, labels: NDArray[Any], weights: Array) -> Array:
    """Average precision of the second of two classes, or the mean over more, ``(B,)``."""
    return _macro(binary_auprc, probabilities, labels, weights)


def weighted_mean(values: Array, weights: Array) -> Array:
    """Mean of ``(N,)`` values under ``(B, N)`` weights, ``(B,)``; nan where all weights are 0."""
    whole = weights.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, weights @ values / whole, np.nan)


def mean_interval(values: Array, patients: NDArray[Any], resamples: int) -> Interval:
    """A mean over images with its interval by patient; images whose value is nan are left out."""
    known = ~np.isnan(values)
    if not known.any():
        return Interval(None, None, None)
    draws = patient_draws(patients[known], resamples)
    return interval(lambda w: weighted_mean(values[known], w), draws)


def ratio_interval(
    values: Array, references: Array, patients: NDArray[Any], resamples: int
) -> Interval:
    """The ratio of two means over the same images, with its interval by patient.

    Args:
        values: ``(N,)``.
        references: ``(N,)``; a resample whose references are all 0 does not count.
        patients: ``(N,)``.
    """
    if not len(values):
        return Interval(None, None, None)

    def ratio(weights: Array) -> Array:
        below = weights @ references
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(below > 0, weights @ values / below, np.nan)

    return interval(ratio, patient_draws(patients, resamples))


def mean_intervals(
    rows: Sequence[Mapping[str, float]],
    patients: Sequence[str],
    resamples: int,
    names: Iterable[str] | None = None,
) -> dict[str, dict[str, float | None]]:
    """:func:`mean_interval` of columns of N rows, as plain values.

    Args:
        patients: of each row.
        names: of the columns; None for those of the first row.
    """
    columns = (rows[0] if rows else ()) if names is None else names
    patient_of = np.array(patients)
    return {
        name: mean_interval(np.array([row[name] for row in rows]), patient_of, resamples).to_json()
        for name in columns
    }


def auroc(probabilities: Array, labels: NDArray[Any]) -> float:
    """:func:`macro_auroc` on all images."""
    return float(macro_auroc(probabilities, labels, np.ones((1, len(labels))))[0])


def fraction(hits: NDArray[np.bool_], among: NDArray[np.bool_], weights: Array) -> Array:
    """Fraction of hits among some images, ``(B,)``; nan where there are none."""
    whole = (weights * among).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, (weights * (hits & among)).sum(axis=1) / whole, np.nan)


def fraction_figure(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Figure:
    """:func:`fraction` of these images as a figure that takes weights."""
    return partial(fraction, hits, among)


def calibration_error(probabilities: Array, labels: NDArray[np.int64], bins: int = BINS) -> float:
    """Expected calibration error of the most probable class (Guo et al. 2017, section 2)."""
    import torch
    from torchmetrics.functional.classification import multiclass_calibration_error

    return float(
        multiclass_calibration_error(
            torch.from_numpy(probabilities),
            torch.from_numpy(labels),
            num_classes=probabilities.shape[1],
            n_bins=bins,
        )
    )


def weighted_calibration_error(
    probabilities: Array, labels: NDArray[np.int64], weights: Array, bins: int = BINS
) -> Array:
    """:func:`calibration_error` for each row of weights ``(B, N)``, ``(B,)``."""
    confidence = probabilities.max(axis=1)
    gap = (probabilities.argmax(axis=1) == labels) - confidence
    bin_of = np.digitize(confidence, np.linspace(0.0, 1.0, bins + 1))
    in_bin = np.stack([bin_of == b for b in range(bins + 2)], axis=1).astype(np.float64)
    errors = np.abs((weights * gap) @ in_bin).sum(axis=1)
    return errors / np.maximum(weights.sum(axis=1), 1e-12)


def brier_by_image(probabilities: Array, labels: NDArray[np.int64]) -> Array:
    """Each image's part of :func:`brier`, ``(N,)``."""
    score = ((probabilities - np.eye(probabilities.shape[1])[labels]) ** 2).sum(axis=1)
    return score / 2 if probabilities.shape[1] == 2 else score


def brier(probabilities: Array, labels: NDArray[np.int64]) -> float:
    """Mean squared error of the probabilities, summed over classes (of two classes: halved, so
    that it equals the usual binary score)."""
    return float(brier_by_image(probabilities, labels).mean())
