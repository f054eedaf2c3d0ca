"""What the gate says of a site's images: whom it refuses, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from dprotonet.bundle.bundle import Bundle
from training.acceptance.checked_images import patients_of
from training.acceptance.labelled_folder import LabelledFolder
from training.acceptance.readings import Reading
from training.evaluation import metrics


def gate_figures(
    bundle: Bundle, listed: LabelledFolder, readings: Sequence[Reading], resamples: int
) -> dict[str, Any]:
    """The fraction of images that the gate refuses, and of those that it lets through with a
    caution."""
    supports = [reading.prediction.support for reading in readings]
    if all(support is None for support in supports):
        return {"has_gate": False}
    draws = metrics.patient_draws(patients_of(listed, readings), resamples)
    everyone = np.ones(len(readings), dtype=bool)

    def fraction(verdict: str, among: np.ndarray) -> dict[str, float | None]:
        hits = np.array([s is not None and s.verdict == verdict for s in supports])
        return metrics.interval_json(metrics.fraction_figure(hits, among), draws)

    labels = [set(reading.sample.classes) for reading in readings]
    reasons = Counter(
        reason
        for support in supports
        if support is not None and support.verdict == "outside"
        for reason in support.reasons
    )
    return {
        "has_gate": True,
        "images": len(readings),
        "refused_images": sum(reading.refused for reading in readings),
        "refused": fraction("outside", everyone),
        "caution": fraction("caution", everyone),
        "refused_by_class": {
            name: fraction("outside", np.array([k in label for label in labels]))
            for k, name in enumerate(bundle.classes)
        },
        "reasons": dict(reasons.most_common(5)),
    }
