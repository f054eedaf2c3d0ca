"""Figures of images that have any number of classes: each class a question of yes or no."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation import metrics
from training.evaluation.metrics import Array, fraction_figure, interval_json
from training.evaluation.scored_predictions import ScoredPredictions


def multi_label_figures(predictions: ScoredPredictions, resamples: int) -> dict[str, Any]:
    """AUROC and average precision by class and their mean; what is right at the thresholds.

    "accuracy" is the fraction of (image, class) pairs that are called or not called rightly,
    "exact_match" that of images without any error. ECE and Brier score take every pair as one
    statement of yes or no.
    """
    draws = metrics.patient_draws(predictions.patients, resamples)
    labels, probabilities = predictions.labels, predictions.probabilities
    classes, calls = predictions.classes, predictions.calls() != 0
    right = metrics.accuracy_by_image(calls, labels)
    everyone = np.ones(len(labels), dtype=bool)
    squared_errors = (probabilities - labels) ** 2
    return {
        "films": len(labels),  # stored cards and results have this key
        "patients": len(set(predictions.patients.tolist())),
        "films_by_class": {name: int(labels[:, k].sum()) for k, name in enumerate(classes)},
        "films_without_any": int((~labels.any(axis=1)).sum()),
        "auroc_kind": "mean over the classes, which do not exclude each other",
        "auroc": interval_json(lambda w: metrics.macro_auroc(probabilities, labels, w), draws),
        "auprc": interval_json(lambda w: metrics.macro_auprc(probabilities, labels, w), draws),
        "accuracy": interval_json(lambda w: metrics.weighted_mean(right, w), draws),
        "exact_match": interval_json(fraction_figure(right == 1.0, everyone), draws),
        "ece": round(calibration_error(probabilities, labels), 4),
        "brier": round(float(squared_errors.mean()), 4),
        "ece_interval": interval_json(
            lambda w: weighted_calibration_error(probabilities, labels, w), draws
        ),
        "brier_interval": interval_json(
            lambda w: metrics.weighted_mean(squared_errors.mean(axis=1), w), draws
        ),
        "interval": f"95 %, {resamples} bootstrap resamples of patients",
        "auroc_by_class": metrics.auroc_by_class(classes, probabilities, labels, draws),
        "sensitivity_by_class": {
            name: interval_json(fraction_figure(calls[:, k], labels[:, k]), draws)
            for k, name in enumerate(classes)
        },
        "specificity_by_class": {
            name: interval_json(fraction_figure(~calls[:, k], ~labels[:, k]), draws)
            for k, name in enumerate(classes)
        },
    }


def calibration_error(probabilities: Array, labels: NDArray[np.bool_]) -> float:
    """Expected calibration error of all (image, class) statements."""
    import torch
    from torchmetrics.functional.classification import binary_calibration_error

    return float(
        binary_calibration_error(
            torch.from_numpy(probabilities.ravel()),
            torch.from_numpy(labels.ravel().astype(np.int64)),
            n_bins=metrics.BINS,
        )
    )


def weighted_calibration_error(
    probabilities: Array, labels: NDArray[np.bool_], weights: Array
) -> Array:
    """:func:`calibration_error` for each row of weights ``(B, N)``, ``(B,)``."""
    gap = labels - probabilities
    bin_of = np.digitize(probabilities, np.linspace(0.0, 1.0, metrics.BINS + 1))
    by_bin = np.stack(
        [np.where(bin_of == b, gap, 0.0).sum(axis=1) for b in range(metrics.BINS + 2)], axis=1
    )
    errors = np.abs(weights @ by_bin).sum(axis=1)
    return errors / np.maximum(weights.sum(axis=1) * labels.shape[1], 1e-12)
