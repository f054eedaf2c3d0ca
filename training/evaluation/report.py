"""One JSON of figures for the predictions of a set of images, as ``evaluate`` and cards hold it."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.evaluation import metrics
from training.evaluation.groups import by_group
from training.evaluation.metrics import Figure, fraction_figure, interval_json
from training.evaluation.multilabel import multi_label_figures, multi_label_reliability
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
        ill, positive = labels != negative, calls != negative
        figures["sensitivity"] = interval_json(fraction_figure(positive, ill), draws)
        figures["specificity"] = interval_json(fraction_figure(~positive, ~ill), draws)
    return figures


def _curves(predictions: ScoredPredictions) -> dict[str, Any]:
    probabilities, labels = predictions.probabilities, predictions.labels
    is_binary = len(predictions.classes) == 2 and not predictions.multi_label
    reliability = multi_label_reliability if predictions.multi_label else metrics.reliability
    return {
        "roc": {
            predictions.classes[k]: metrics.roc_curve(probabilities[:, k], positive)
            for k in (range(1, 2) if is_binary else range(len(predictions.classes)))
            if 0 < (positive := metrics.has_class(labels, k)).sum() < len(positive)
        },
        "reliability": reliability(probabilities, labels),
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
