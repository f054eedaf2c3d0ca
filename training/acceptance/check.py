"""``accept``: how a finished bundle does on a site's own images, as one JSON."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from dprotonet.inference.predictor import Predictor
from dprotonet.inference.site_settings import SiteSettings
from training.acceptance.labelled_folder import FolderOptions, LabelledFolder, open_labelled
from training.acceptance.readings import SHORT, Reading, Unreadable, logits_of, read_all
from training.acceptance.remarks import remarks
from training.acceptance.site_calibration import fit, out_of_fold, too_few
from training.acceptance.slices import slices
from training.data.placed_images import labels_of
from training.evaluation import metrics
from training.evaluation.report import report
from training.evaluation.scored_predictions import ScoredPredictions

SCHEMA = 1
RECALIBRATED = ("auroc", "accuracy", "sensitivity", "specificity", "ece", "brier")
"""Figures that are compared before and after a site's own calibration; a multi-label model has
those that apply."""
_OF_CARD = (*RECALIBRATED, "films", "patients", "split")


@dataclass(frozen=True)
class AcceptanceOptions:
    """One check.

    Attributes:
        made_by: who makes it.
        made_at: aware time.
        site: the name of the site, "" where none is to be in the report.
        folder: how the labelled folder is read.
        resamples: of the bootstrap.
        device: where the model runs.
    """

    made_by: str
    made_at: datetime
    site: str = ""
    folder: FolderOptions = field(default_factory=FolderOptions)
    resamples: int = 2000
    device: str = "cpu"


@dataclass(frozen=True, eq=False)
class Acceptance:
    """What a check found.

    Attributes:
        results: plain values, for acceptance.json and the report.
        settings: the site's own, None where the images are too few to fit them.
    """

    results: dict[str, Any]
    settings: SiteSettings | None


def accept(
    bundle: Bundle,
    data: Path,
    options: AcceptanceOptions,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Acceptance:
    """Check a bundle on a site's labelled images.

    Figures are of the images that the gate lets through and that are not among the sources of the
    bundle's prototypes.

    Args:
        data: folder of the images.
        progress: called after each image with how many are done, of how many.

    Raises:
        ReadableError: the folder cannot be used, its classes are not the bundle's, or no image of
            it can be read.
    """
    listed = open_labelled(data, bundle, options.folder)
    # Every image is scored; what the gate refuses is then counted, and left out of the figures.
    predictor = Predictor(bundle, options.device, gate=False)
    readings, unreadable = read_all(predictor, listed.samples, progress)
    if not readings:
        raise ReadableError(
            f"None of the {len(listed.samples)} images can be read. The first: "
            f"{unreadable[0].reason}"
        )
    known = known_sources(bundle)
    leaked = [r for r in readings if {r.image_sha256, r.pixel_sha256} & known]
    fresh = [r for r in readings if not {r.image_sha256, r.pixel_sha256} & known]
    if not fresh:
        raise ReadableError(
            f"All {len(readings)} images are among those that {bundle.name} was made from. "
            "Give images that it was not trained on."
        )
    answered = [reading for reading in fresh if not reading.refused]
    results = {
        "schema": SCHEMA,
        "made_at": options.made_at.isoformat(timespec="seconds"),
        "made_by": options.made_by,
        "site": options.site,
        "bundle": _bundle_facts(bundle),
        "data": _data_facts(bundle, listed, readings, unreadable),
        "leakage": {
            "known_sources": len(known),
            "found": len(leaked),
            "images": [reading.image_sha256[:SHORT] for reading in leaked],
        },
        "gate": _gate(bundle, listed, fresh, options.resamples),
        "card": {key: bundle.card.metrics[key] for key in _OF_CARD if key in bundle.card.metrics},
    }
    settings = None
    if answered:
        scored = scored_of(bundle, listed, answered)
        results["figures"] = report(scored, resamples=options.resamples)
        results["slices"] = slices(
            scored, [reading.groups for reading in answered], resamples=options.resamples
        )
        results["recalibrated"], settings = _recalibrate(bundle, listed, answered, scored, options)
    if answered and len(answered) < len(fresh):
        whole = report(scored_of(bundle, listed, fresh), resamples=options.resamples, curves=False)
        results["figures_without_gate"] = {k: whole[k] for k in RECALIBRATED if k in whole}
    results["remarks"] = remarks(results)
    return Acceptance(results, settings)


def known_sources(bundle: Bundle) -> frozenset[str]:
    """Hashes of the training images that the bundle names: those its prototypes were made from."""
    named = {source.image_sha256 for record in bundle.prototypes for source in record.sources}
    return frozenset(named | {entry.image_sha256 for entry in bundle.gallery})


def scored_of(
    bundle: Bundle, listed: LabelledFolder, readings: Sequence[Reading]
) -> ScoredPredictions:
    """The readings as what every figure of merit is computed from."""
    samples = [reading.sample for reading in readings]
    probabilities = [
        [reading.prediction.probabilities[name] for name in bundle.classes] for reading in readings
    ]
    return ScoredPredictions(
        bundle.classes,
        bundle.negative_class,
        np.array(probabilities, dtype=np.float64),
        labels_of(samples, len(bundle.classes)),
        _patients(listed, readings),
        np.array([reading.groups.get("view", "") for reading in readings]),
        bundle.threshold,
        thresholds=bundle.thresholds,
    )


def _patients(listed: LabelledFolder, readings: Sequence[Reading]) -> np.ndarray:
    """``(N,)``: what the bootstrap draws. Without a table of patients the same file under two
    names is drawn as one."""
    return np.array(
        [r.sample.patient_id if listed.knows_patients else r.image_sha256 for r in readings]
    )


def _bundle_facts(bundle: Bundle) -> dict[str, Any]:
    return {
        "name": bundle.name,
        "digest": bundle.digest,
        "classes": list(bundle.classes),
        "negative_class": bundle.negative_class,
        "multi_label": bundle.options.multi_label,
        "temperature": bundle.temperature,
        "threshold": bundle.threshold,
        "thresholds": bundle.thresholds,
    }


def _data_facts(
    bundle: Bundle,
    listed: LabelledFolder,
    readings: Sequence[Reading],
    unreadable: Sequence[Unreadable],
) -> dict[str, Any]:
    counts = Counter(bundle.classes[k] for reading in readings for k in reading.sample.classes)
    labels: dict[str, set[tuple[int, ...]]] = {}
    for reading in readings:
        labels.setdefault(reading.image_sha256, set()).add(reading.sample.classes)
    return {
        "images": len(readings),
        "patients": len(set(_patients(listed, readings).tolist()))
        if listed.knows_patients
        else None,
        "interval_by": "patient" if listed.knows_patients else "image",
        "images_by_class": {name: counts[name] for name in bundle.classes},
        "unreadable": [asdict(file) for file in unreadable],
        "not_images": listed.not_images,
        "outside_of_the_folder": listed.outside,
        "classes_left_out": listed.unmapped,
        "duplicates": len(readings) - len(labels),
        "duplicates_of_two_classes": sum(len(given) > 1 for given in labels.values()),
        "images_sha256": images_digest(readings),
    }


def images_digest(readings: Sequence[Reading]) -> str:
    """SHA-256 over the sorted hashes of the images: names what was checked."""
    hashes = sorted(reading.image_sha256 for reading in readings)
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _gate(
    bundle: Bundle, listed: LabelledFolder, readings: Sequence[Reading], resamples: int
) -> dict[str, Any]:
    """The fraction of images that the gate refuses, and of those that it lets through with a
    caution."""
    supports = [reading.prediction.support for reading in readings]
    if all(support is None for support in supports):
        return {"has_gate": False}
    draws = metrics.patient_draws(_patients(listed, readings), resamples)
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


def _recalibrate(
    bundle: Bundle,
    listed: LabelledFolder,
    answered: Sequence[Reading],
    scored: ScoredPredictions,
    options: AcceptanceOptions,
) -> tuple[dict[str, Any], SiteSettings | None]:
    """Figures before, and out of fold after, a calibration of the site's own; and that one."""
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
    later = report(out_of_fold(logits, scored, **start), resamples=options.resamples)
    fitted = fit(logits, scored.labels, negative=index, **start)
    before = report(scored, resamples=options.resamples, curves=False)
    figures = {"before": _compared(before), "after": _compared(later)}
    settings = SiteSettings(
        bundle=bundle.digest,
        bundle_name=bundle.name,
        made_by=options.made_by,
        made_at=options.made_at.isoformat(timespec="seconds"),
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
