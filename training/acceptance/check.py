"""``accept``: how a finished bundle does on a site's own images, as one JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from dprotonet.inference.predictor import Predictor
from dprotonet.inference.site_settings import SiteSettings
from training.acceptance.checked_images import data_facts, scored_of
from training.acceptance.gate import gate_figures
from training.acceptance.labelled_folder import FolderOptions, open_labelled
from training.acceptance.readings import SHORT, read_all
from training.acceptance.recalibration import RECALIBRATED, recalibrate
from training.acceptance.remarks import remarks
from training.acceptance.slices import slices
from training.evaluation.report import report

SCHEMA = 1
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
        unnamed: the results hold no free text of a file's header, no hash of a file, and no group
            of fewer images than a slice has.
    """

    made_by: str
    made_at: datetime
    site: str = ""
    folder: FolderOptions = field(default_factory=FolderOptions)
    resamples: int = 2000
    device: str = "cpu"
    unnamed: bool = False


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
    readings, unreadable = read_all(predictor, listed.samples, progress, unnamed=options.unnamed)
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
        "data": data_facts(bundle, listed, readings, unreadable),
        "leakage": {
            "known_sources": len(known),
            "found": len(leaked),
            "images": []
            if options.unnamed
            else [reading.image_sha256[:SHORT] for reading in leaked],
        },
        "gate": gate_figures(bundle, listed, fresh, options.resamples),
        "card": {key: bundle.card.metrics[key] for key in _OF_CARD if key in bundle.card.metrics},
    }
    settings = None
    if answered:
        scored = scored_of(bundle, listed, answered)
        results["figures"] = report(scored, resamples=options.resamples)
        results["slices"] = slices(
            scored,
            [reading.groups for reading in answered],
            resamples=options.resamples,
            unnamed=options.unnamed,
        )
        results["recalibrated"], settings = recalibrate(
            bundle,
            listed,
            answered,
            scored,
            made_by=options.made_by,
            made_at=options.made_at,
            resamples=options.resamples,
        )
    if answered and len(answered) < len(fresh):
        whole = report(scored_of(bundle, listed, fresh), resamples=options.resamples, curves=False)
        results["figures_without_gate"] = {k: whole[k] for k in RECALIBRATED if k in whole}
    results["remarks"] = remarks(results)
    return Acceptance(results, settings)


def known_sources(bundle: Bundle) -> frozenset[str]:
    """Hashes of the training images that the bundle names: those its prototypes were made from."""
    named = {source.image_sha256 for record in bundle.prototypes for source in record.sources}
    return frozenset(named | {entry.image_sha256 for entry in bundle.gallery})


def _bundle_facts(bundle: Bundle) -> dict[str, Any]:
    return {
        "name": bundle.name,
        "digest": bundle.digest,
        "classes": list(bundle.classes),
        "negative_class": bundle.negative_class,
        "multi_label": bundle.multi_label,
        "temperature": bundle.temperature,
        "threshold": bundle.threshold,
        "thresholds": bundle.thresholds,
    }
