"""How a last layer does on validation: calibrated there, then scored there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from dprotonet.inference.calibration import Calibration, calls, class_probabilities

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ValidationFigures:
    """Figures of a last layer on the validation images, under its own calibration.

    Attributes:
        auroc: mean over the classes of one against the rest; None where a class is never or always
            there.
        accuracy: fraction of images that are called rightly; of multi-label images, of classes.
        log_loss: mean -log probability of the truth.
    """

    auroc: float | None
    accuracy: float
    log_loss: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def figures_and_calls(
    logits: Array,
    labels: NDArray[Any],
    calibration: Calibration,
    classes: tuple[str, ...],
    negative_class: str | None,
) -> tuple[ValidationFigures, NDArray[np.bool_]]:
    """Figures of ``(N, K)`` logits, and which classes each image is called, ``(N, K)`` bool."""
    offsets: Array | float = 0.0
    if calibration.offsets is not None:
        offsets = np.array([calibration.offsets[name] for name in classes])
    probabilities = class_probabilities(logits, labels, calibration.temperature, offsets)
    made = calls(
        probabilities,
        classes,
        negative_class=negative_class,
        threshold=calibration.threshold,
        thresholds=calibration.thresholds,
    )
    truth = labels if labels.ndim == 2 else np.eye(len(classes), dtype=bool)[labels]
    right = (made == truth).mean() if labels.ndim == 2 else (made & truth).any(axis=1).mean()
    of_truth = np.where(truth, probabilities, 1.0 - probabilities)
    if labels.ndim == 1:
        of_truth = probabilities[truth]
    loss = float(-np.log(np.maximum(of_truth, 1e-12)).mean())
    return ValidationFigures(auroc(probabilities, truth), float(right), loss), made


def auroc(scores: Array, truth: NDArray[np.bool_]) -> float | None:
    """Area under the ROC curve, the mean over classes of one against the rest.

    Args:
        scores: ``(N, K)``.
        truth: ``(N, K)``.

    Returns:
        In [0, 1]; ties count half. None where a class is never or always there.
    """
    positives = truth.sum(axis=0)
    if not ((positives > 0) & (positives < len(truth))).all():
        return None
    ranks = rankdata(scores, axis=0)
    sums = np.where(truth, ranks, 0.0).sum(axis=0) - positives * (positives + 1) / 2
    return float((sums / (positives * (len(truth) - positives))).mean())
