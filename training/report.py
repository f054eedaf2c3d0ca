"""Probabilities of a set of films to one JSON of figures: the schema of ``evaluate`` and cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.prediction import decide
from training import metrics

Array = NDArray[np.float64]
SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Judged:
    """Films with what a model said about them.

    Attributes:
        probabilities: ``(N, K)`` calibrated.
        labels: ``(N,)``.
        patients: ``(N,)``.
        views: ``(N,)``, "" where unknown.
        threshold: on 1 - p(negative), or None.
        called: ``(N,)`` class indices where films of several thresholds were pooled.
    """

    classes: tuple[str, ...]
    negative_class: str | None
    probabilities: Array
    labels: NDArray[np.int64]
    patients: NDArray[Any]
    views: NDArray[Any]
    threshold: float | None
    called: NDArray[np.int64] | None = None

    def calls(self) -> NDArray[np.int64]:
        """``(N,)`` class indices by the project's decision rule."""
        if self.called is not None:
            return self.called
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
        """The same for a part of the films."""
        return Judged(
            self.classes,
            self.negative_class,
            self.probabilities[rows],
            self.labels[rows],
            self.patients[rows],
            self.views[rows],
            self.threshold,
            None if self.called is None else self.called[rows],
        )


def report(judged: Judged, *, resamples: int, curves: bool = True) -> dict[str, Any]:
    """All figures of a set of films."""
    found = {
        "schema": SCHEMA,
        "classes": list(judged.classes),
        "negative_class": judged.negative_class,
        "threshold": judged.threshold,
        **_figures(judged, resamples),
        "by_view": {
            str(view): _figures(judged.some(judged.views == view), resamples)
            for view in sorted(set(judged.views.tolist()) - {""})
        },
    }
    if curves:
        found["curves"] = _curves(judged)
    return found


def _figures(judged: Judged, resamples: int) -> dict[str, Any]:
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
        "accuracy": metrics.interval(
            lambda w: metrics.share(calls == labels, everyone, w), draws
        ).to_json(),
        "ece": round(metrics.calibration_error(probabilities, labels), 4),
        "brier": round(metrics.brier(probabilities, labels), 4),
        "interval": f"95 %, {resamples} bootstrap resamples of patients",
    }
    if len(judged.classes) > 2:
        figures["auroc_by_class"] = {
            name: metrics.interval(_one_against_rest(probabilities, labels, k), draws).to_json()
            for k, name in enumerate(judged.classes)
        }
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


def _one_against_rest(probabilities: Array, labels: NDArray[np.int64], k: int) -> Any:
    return lambda w: metrics.binary_auroc(probabilities[:, k], labels == k, w)


def _curves(judged: Judged) -> dict[str, Any]:
    shown = range(1, 2) if len(judged.classes) == 2 else range(len(judged.classes))
    return {
        "roc": {
            judged.classes[k]: metrics.roc_curve(judged.probabilities[:, k], judged.labels == k)
            for k in shown
            if 0 < (judged.labels == k).sum() < len(judged.labels)
        },
        "reliability": metrics.reliability(judged.probabilities, judged.labels),
    }


def paired_difference(one: Judged, other: Judged, *, resamples: int) -> dict[str, Any]:
    """AUROC of one model minus that of another on the same films, resampled together."""
    draws = metrics.patient_draws(one.patients, resamples)
    return metrics.interval(
        lambda w: (
            metrics.macro_auroc(one.probabilities, one.labels, w)
            - metrics.macro_auroc(other.probabilities, other.labels, w)
        ),
        draws,
    ).to_json()
