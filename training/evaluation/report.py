"""Probabilities of a set of images to one JSON of figures: the schema of ``evaluate`` and cards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.inference.prediction import decide
from training.evaluation import metrics
from training.evaluation.groups import by_group
from training.evaluation.multilabel import multi_label_figures, multi_label_reliability

Array = NDArray[np.float64]
SCHEMA = 1
PAIRED = ("auroc", "auprc", "accuracy")


@dataclass(frozen=True, eq=False)
class Judged:
    """Images with what a model said about them.

    Attributes:
        probabilities: ``(N, K)`` calibrated.
        labels: ``(N,)``; ``(N, K)`` bool of multi-label images.
        patients: ``(N,)``.
        views: ``(N,)``, "" where unknown.
        threshold: on 1 - p(negative), or None.
        called: ``(N,)`` class indices (multi-label: ``(N, K)``) where images of several thresholds
            were pooled.
        sexes: ``(N,)``, "F", "M" or "" where unknown; None where no image's is known.
        ages: ``(N,)`` years, nan where unknown; None where no image's is known.
        thresholds: of multi-label images, one for each class.
    """

    classes: tuple[str, ...]
    negative_class: str | None
    probabilities: Array
    labels: NDArray[Any]
    patients: NDArray[Any]
    views: NDArray[Any]
    threshold: float | None
    called: NDArray[Any] | None = None
    sexes: NDArray[Any] | None = None
    ages: Array | None = None
    thresholds: dict[str, float] | None = None

    @property
    def multi_label(self) -> bool:
        """Whether an image has any number of the classes."""
        return self.labels.ndim == 2

    def calls(self) -> NDArray[Any]:
        """``(N,)`` class indices by the project's decision rule; multi-label: ``(N, K)`` bool."""
        if self.called is not None:
            return self.called
        if self.thresholds is not None:
            return self.probabilities >= np.array([self.thresholds[c] for c in self.classes])
        names = [
            decide(
                dict(zip(self.classes, row, strict=True)),
                negative_class=self.negative_class,
                threshold=self.threshold,
            )
            for row in self.probabilities.tolist()
        ]
        return np.array([self.classes.index(name) for name in names])

    def some(self, rows: NDArray[np.bool_]) -> Judged:
        """The same for a part of the images."""
        return Judged(
            self.classes,
            self.negative_class,
            self.probabilities[rows],
            self.labels[rows],
            self.patients[rows],
            self.views[rows],
            self.threshold,
            None if self.called is None else self.called[rows],
            None if self.sexes is None else self.sexes[rows],
            None if self.ages is None else self.ages[rows],
            self.thresholds,
        )


def report(judged: Judged, *, resamples: int, curves: bool = True) -> dict[str, Any]:
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


def _figures(judged: Judged, resamples: int) -> dict[str, Any]:
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
            lambda w: metrics.share(calls == labels, everyone, w), draws
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
            lambda w: metrics.share(called, ill, w), draws
        ).to_json()
        figures["specificity"] = metrics.interval(
            lambda w: metrics.share(~called, ~ill, w), draws
        ).to_json()
    return figures


def _curves(judged: Judged) -> dict[str, Any]:
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
    one: Judged, other: Judged, *, resamples: int, figure: str = "auroc"
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


def _figure(judged: Judged, name: str) -> Callable[[Array], Array]:
    """Weights ``(B, N)`` to the figure ``(B,)``."""
    if name == "accuracy":
        right = metrics.right_share(judged.calls(), judged.labels)
        return lambda w: metrics.weighted_mean(right, w)
    area = metrics.macro_auroc if name == "auroc" else metrics.macro_auprc
    return lambda w: area(judged.probabilities, judged.labels, w)
