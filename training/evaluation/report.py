"""One JSON of figures for the predictions of a set of images, as ``evaluate`` and cards hold it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation import metrics
from training.evaluation.groups import by_group
from training.evaluation.metrics import Array, Figure, fraction_figure, interval_json
from training.evaluation.multilabel import multi_label_figures
from training.evaluation.scored_predictions import ScoredPredictions

SCHEMA = 1
PAIRED = ("auroc", "auprc", "accuracy")


def report(
    predictions: ScoredPredictions, *, resamples: int, curves: bool = True
) -> dict[str, Any]:
    """All figures of a set of images.

    Args:
        resamples: of the bootstrap by patient.
        curves: add the ROC and reliability curves for plots.
    """
    results = {
        "schema": SCHEMA,
        "classes": list(predictions.classes),
        "negative_class": predictions.negative_class,
        "threshold": predictions.threshold,
        **({"thresholds": predictions.thresholds} if predictions.thresholds else {}),
        **_figures(predictions, resamples),
        **by_group(predictions, lambda group: _figures(group, resamples)),
    }
    if curves:
        results["curves"] = _curves(predictions)
    return results


def _figures(predictions: ScoredPredictions, resamples: int) -> dict[str, Any]:
    if predictions.multi_label:
        return multi_label_figures(predictions, resamples)
    draws = metrics.patient_draws(predictions.patients, resamples)
    labels, probabilities = predictions.labels, predictions.probabilities
    classes, calls = predictions.classes, predictions.calls()
    everyone = np.ones(len(labels), dtype=bool)
    squared_errors = metrics.brier_by_image(probabilities, labels)
    figures: dict[str, Any] = {
        "films": len(labels),  # stored cards and results have this key
        "patients": len(set(predictions.patients.tolist())),
        "films_by_class": {name: int((labels == k).sum()) for k, name in enumerate(classes)},
        "auroc_kind": "binary" if len(classes) == 2 else "macro one-versus-rest",
        "auroc": interval_json(lambda w: metrics.macro_auroc(probabilities, labels, w), draws),
        "auprc": interval_json(lambda w: metrics.macro_auprc(probabilities, labels, w), draws),
        "accuracy": interval_json(fraction_figure(calls == labels, everyone), draws),
        "ece": round(metrics.calibration_error(probabilities, labels), 4),
        "brier": round(metrics.brier(probabilities, labels), 4),
        "ece_interval": interval_json(
            lambda w: metrics.weighted_calibration_error(probabilities, labels, w), draws
        ),
        "brier_interval": interval_json(lambda w: metrics.weighted_mean(squared_errors, w), draws),
        "interval": f"95 %, {resamples} bootstrap resamples of patients",
    }
    if len(classes) > 2:
        figures["auroc_by_class"] = metrics.auroc_by_class(classes, probabilities, labels, draws)
    if predictions.negative_class is not None:
        negative = classes.index(predictions.negative_class)
        positive, positive_call = labels != negative, calls != negative
        figures["sensitivity"] = interval_json(fraction_figure(positive_call, positive), draws)
        figures["specificity"] = interval_json(fraction_figure(~positive_call, ~positive), draws)
    return figures


def _curves(predictions: ScoredPredictions) -> dict[str, Any]:
    probabilities, labels = predictions.probabilities, predictions.labels
    is_binary = len(predictions.classes) == 2 and not predictions.multi_label
    if predictions.multi_label:
        confidence, right = probabilities.ravel(), labels.ravel()  # of (image, class) pairs
    else:
        confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    return {
        "roc": {
            predictions.classes[k]: roc_curve(probabilities[:, k], positive)
            for k in (range(1, 2) if is_binary else range(len(predictions.classes)))
            if 0 < (positive := metrics.has_class(labels, k)).sum() < len(positive)
        },
        "reliability": reliability(confidence, right),
    }


def paired_difference(
    first: ScoredPredictions, second: ScoredPredictions, *, resamples: int, figure: str = "auroc"
) -> dict[str, Any]:
    """A figure of one model minus that of another on the same images, resampled together.

    Args:
        figure: "auroc", "auprc" or "accuracy".

    Raises:
        ValueError: the figure is none of these, or the images are not the same.
    """
    if figure not in PAIRED:
        raise ValueError(f"figure is one of {', '.join(PAIRED)}, not {figure!r}.")
    if not np.array_equal(first.labels, second.labels):
        raise ValueError("both models must be evaluated on the same images")
    draws = metrics.patient_draws(first.patients, resamples)
    of_first, of_second = _figure(first, figure), _figure(second, figure)
    return interval_json(lambda w: of_first(w) - of_second(w), draws)


def _figure(predictions: ScoredPredictions, name: str) -> Figure:
    if name == "accuracy":
        right = metrics.accuracy_by_image(predictions.calls(), predictions.labels)
        return lambda w: metrics.weighted_mean(right, w)
    area = metrics.macro_auroc if name == "auroc" else metrics.macro_auprc
    return lambda w: area(predictions.probabilities, predictions.labels, w)


def roc_curve(
    scores: Array, positive: NDArray[np.bool_], most: int = 100
) -> dict[str, list[float]]:
    """False and true positive rates, thinned for a plot."""
    from sklearn.metrics import roc_curve as sklearn_roc

    false_rate, true_rate, _ = sklearn_roc(positive, scores)
    keep = np.unique(np.linspace(0, len(false_rate) - 1, most).round().astype(int))
    return {
        "false_positive_rate": [round(float(v), 4) for v in false_rate[keep]],
        "true_positive_rate": [round(float(v), 4) for v in true_rate[keep]],
    }


def reliability(
    confidence: Array, right: NDArray[np.bool_], bins: int = metrics.BINS
) -> list[dict[str, float]]:
    """Mean confidence and accuracy in each bin that holds a statement, for a plot.

    Args:
        confidence: ``(N,)`` probabilities of N statements: one an image, or of multi-label images
            one for each class.
        right: ``(N,)``, whether each is true.
    """
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        {
            "confidence": round(float(confidence[bin_of == b].mean()), 4),
            "accuracy": round(float(right[bin_of == b].mean()), 4),
            "films": int((bin_of == b).sum()),  # stored cards and results have this key
        }
        for b in range(bins)
        if (bin_of == b).any()
    ]
