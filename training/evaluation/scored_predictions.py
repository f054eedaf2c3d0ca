"""Predictions of a set of images beside their labels: what every figure of merit is computed from.

Letters: N images, K classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.inference.calibration import calls

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ScoredPredictions:
    """What a model predicted for a set of images, beside their labels.

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
        made = calls(
            self.probabilities,
            self.classes,
            negative_class=self.negative_class,
            threshold=self.threshold,
            thresholds=self.thresholds,
        )
        return made if self.thresholds is not None else made.argmax(axis=1)

    def subset(self, rows: NDArray[np.bool_]) -> ScoredPredictions:
        """The same for some of the images: ``(N,)``, True where an image is kept."""
        return ScoredPredictions(
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
