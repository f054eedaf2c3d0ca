"""Probabilities of a set of images to one JSON of figures: the schema of ``evaluate`` and cards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation import metrics
from training.evaluation.groups import by_group
from training.evaluation.multilabel import multi_label_figures, multi_label_reliability
from training.evaluation.scored_predictions import ScoredPredictions

Array = NDArray[np.float64]
SCHEMA = 1
PAIRED = ("auroc", "auprc", "accuracy")


def report(judged: ScoredPredictions, *, resamples: int, curves: bool = True) -> dict[str, Any]:
    """All figures of a set of images."""
    found = {
        "schema": SCHEMA,
        "classes": list(judged.classes),
        "negative_class": judged.negative_class,
        "threshold": judged.threshold,
        **({"thresholds": judged.thresholds} if judged.thresholds else {}),
        **_figures(judged, resamples),
        **by_group(judged, lambda part: _figures(part, resamples)),
    }
    if curves:
        found["curves"] = _curves(judged)
    return found


def _figures(judged: ScoredPredictions, resamples: int) -> dict[str, Any]:
    if judged.multi_label:
        return multi_label_figures(judged, resamples)
    draws = metrics.patient_draws(judged.patients, resamples)
    labels, probabilities = judged.labels, judged.probabilities
    calls, everyone = judged.calls(), np.ones(len(labels), dtype=bool)
    figures: dict[str, Any] = {
        "films": len(labels),
        "patients": len(set(judged.patients.tolist())),
        "films_by_class": {name: int((labels == k).sum()) for k, name in enumerate(judged.classes)},
        "auroc_kind": "binary" if len(judged.classes) == 2 else "macro one-versus-rest",
        "auroc": metrics.interval(
            lambda w: metrics.macro_auroc(probabilities, labels, w), draws
        ).to_json(),
        "auprc": metrics.interval(
            lambda w: metrics.macro_auprc(probabilities, labels, w), draws
        ).to_json(),
        "accuracy": metrics.interval(
            lambda w: metrics.fraction(calls == labels, everyone, w), draws
        ).to_json(),
        "ece": round(metrics.calibration_error(probabilities, labels), 4),
        "brier": round(metrics.brier(probabilities, labels), 4),
        "ece_interval": metrics.interval(
            lambda w: metrics.weighted_calibration_error(probabilities, labels, w), draws
        ).to_json(),
        "brier_interval": metrics.interval(
            lambda w: metrics.weighted_mean(metrics.brier_by_image(probabilities, labels), w), draws
        ).to_json(),
        "interval": f"95 %, {resamples} bootstrap resamples of patients",
    }
    if len(judged.classes) > 2:
        figures["auroc_by_class"] = metrics.auroc_by_class(
            judged.classes, probabilities, labels, draws
        )
    if judged.negative_class is not None:
        negative = judged.classes.index(judged.negative_class)
        ill, called = labels != negative, calls != negative
        figures["sensitivity"] = metrics.interval(
            lambda w: metrics.fraction(called, ill, w), draws
        ).to_json()
        figures["specificity"] = metrics.interval(
            lambda w: metrics.fraction(~called, ~ill, w), draws
        ).to_json()
    return figures


def _curves(judged: ScoredPredictions) -> dict[str, Any]:
    two = len(judged.classes) == 2 and not judged.multi_label
    shown = range(1, 2) if two else range(len(judged.classes))
    return {
        "roc": {
            judged.classes[k]: metrics.roc_curve(judged.probabilities[:, k], truth)
            for k in shown
            if 0 < (truth := metrics.has_class(judged.labels, k)).sum() < len(truth)
        },
        "reliability": (multi_label_reliability if judged.multi_label else metrics.reliability)(
            judged.probabilities, judged.labels
        ),
    }


def paired_difference(
    one: ScoredPredictions, other: ScoredPredictions, *, resamples: int, figure: str = "auroc"
) -> dict[str, Any]:
    """A figure of one model minus that of another on the same images, resampled together.

    Args:
        figure: "auroc", "auprc" or "accuracy".

    Raises:
        ValueError: the figure is another, or the images are not the same.
    """
    if figure not in PAIRED:
        raise ValueError(f"figure is one of {', '.join(PAIRED)}, not {figure!r}.")
    if not np.array_equal(one.labels, other.labels):
        raise ValueError("both models must be judged on the same images")
    draws = metrics.patient_draws(one.patients, resamples)
    first, second = _figure(one, figure), _figure(other, figure)
    return metrics.interval(lambda w: first(w) - second(w), draws).to_json()


def _figure(judged: ScoredPredictions, name: str) -> Callable[[Array], Array]:
    """Weights ``(B, N)`` to the figure ``(B,)``."""
    if name == "accuracy":
        right = metrics.accuracy_by_image(judged.calls(), judged.labels)
        return lambda w: metrics.weighted_mean(right, w)
    area = metrics.macro_auroc if name == "auroc" else metrics.macro_auprc
    return lambda w: area(judged.probabilities, judged.labels, w)
