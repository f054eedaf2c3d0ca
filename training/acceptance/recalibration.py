"""Does a calibration of the site's own help? Its figures beside those of the bundle's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from dprotonet.bundle.bundle import Bundle
from dprotonet.inference.site_settings import SiteSettings
from training.acceptance.checked_images import images_digest
from training.acceptance.labelled_folder import LabelledFolder
from training.acceptance.readings import Reading, logits_of
from training.acceptance.site_calibration import fit, out_of_fold, too_few
from training.evaluation.report import report
from training.evaluation.scored_predictions import ScoredPredictions

RECALIBRATED = ("auroc", "accuracy", "sensitivity", "specificity", "ece", "brier")
"""Figures that are compared before and after a site's own calibration; a multi-label model has
those that apply."""


def recalibrate(
    bundle: Bundle,
    listed: LabelledFolder,
    answered: Sequence[Reading],
    scored: ScoredPredictions,
    *,
    made_by: str,
    made_at: datetime,
    resamples: int,
) -> tuple[dict[str, Any], SiteSettings | None]:
    """Figures before, and out of fold after, a calibration of the site's own; and that one.

    Args:
        listed: the folder.
        answered: its images that the gate lets through.
        scored: the same, as they are called under the bundle's calibration.
        made_by: who makes the check.
        made_at: aware time.
        resamples: of the bootstrap.

    Returns:
        Plain values, and the settings; None where the images are too few, which the values say.
    """
    negative = bundle.negative_class
    index = None if negative is None else bundle.classes.index(negative)
    why_not = too_few(scored.labels, index, scored.patients)
    if why_not:
        return {"why_not": why_not}, None
    logits = logits_of(answered, bundle.classes)
    own = bundle.offsets or {}
    start: dict[str, Any] = {
        "temperature": bundle.temperature,
        "offsets": np.array([own.get(name, 0.0) for name in bundle.classes]),
    }
    later = report(out_of_fold(logits, scored, **start), resamples=resamples)
    fitted = fit(logits, scored.labels, negative=index, **start)
    before = report(scored, resamples=resamples, curves=False)
    figures = {"before": _compared(before), "after": _compared(later)}
    settings = SiteSettings(
        bundle=bundle.digest,
        bundle_name=bundle.name,
        made_by=made_by,
        made_at=made_at.isoformat(timespec="seconds"),
        images=len(answered),
        patients=len(set(scored.patients.tolist())) if listed.knows_patients else None,
        images_sha256=images_digest(answered),
        temperature=fitted.temperature,
        offsets=_by_class(bundle, fitted.offsets),
        threshold=fitted.threshold,
        thresholds=None if fitted.thresholds is None else _by_class(bundle, fitted.thresholds),
        figures=figures,
    )
    curve = later["curves"]["reliability"]
    return {**figures, "reliability": curve, "settings_digest": settings.digest}, settings


def _by_class(bundle: Bundle, values: np.ndarray) -> dict[str, float]:
    return dict(zip(bundle.classes, values.tolist(), strict=True))


def _compared(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures that are compared, those with an interval as such."""
    return {
        key: figures.get(f"{key}_interval", figures[key]) for key in RECALIBRATED if key in figures
    }
