"""Grouped cross-validation: each image is scored by a network that never saw its patient."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from training.data.leakage import check_leakage
from training.data.placed_images import PlacedImages
from training.data.splits import (
    SPLITS,
    Rule,
    by_split,
    check_split,
    fold_split_of,
    moved_patients,
)
from training.distributed import is_main
from training.evaluation.out_of_fold import fold_bundle
from training.evaluation.report import paired_difference, report
from training.evaluation.scored_predictions import ScoredPredictions
from training.fitting.context import SplitRows, TrainingContext
from training.fitting.export import GalleryOptions, write_bundle
from training.fitting.fit import FittedNetwork, fit_black_box, fit_network
from training.fitting.run_folder import hardware
from training.io import write_json

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold's images and networks."""

    number: int
    rows: SplitRows
    fitted: FittedNetwork
    black: FittedNetwork | None


def split_rows(context: TrainingContext, *, fold: int = 0, folds: int | None = None) -> SplitRows:
    """Rows of one fold, or of the split itself.

    Fold 0 of 5 equals the split where the data set has none of its own.
    """
    parts = by_split(context.images.samples, _rule(fold, folds))
    return SplitRows(*(context.images.rows(parts[split]) for split in SPLITS))


def check_folds(images: PlacedImages, classes: tuple[str, ...], folds: int | None) -> list[str]:
    """Refuse data on which some fold could not be trained or evaluated.

    Args:
        folds: None for the split alone.

    Returns:
        Sentences about classes that have too few images to be evaluated well.

    Raises:
        ReadableError: a part is empty or lacks a class, or a patient or an identical image stands
            on two sides.
    """
    warnings: dict[str, None] = {}
    for fold in range(folds or 1):
        parts = by_split(images.samples, _rule(fold, folds))
        warnings |= dict.fromkeys(check_split(parts, classes, pooled=folds is not None))
        check_leakage(images, {split: images.rows(part) for split, part in parts.items()})
    return list(warnings) if folds is None else []


def _rule(fold: int, folds: int | None) -> Rule | None:
    return None if folds is None else partial(fold_split_of, fold=fold, folds=folds)


def fit_fold(context: TrainingContext, fold: int, folds: int | None) -> Fold:
    """Both networks of one fold."""
    rows = split_rows(context, fold=fold, folds=folds)
    folder = context.out / "folds" / str(fold)
    fitted = fit_network(context, rows, out=folder / "dprotonet")
    black = (
        fit_black_box(context, rows, out=folder / "blackbox") if context.recipe.blackbox else None
    )
    return Fold(fold, rows, fitted, black)


def fit_folds(context: TrainingContext, folds: int | None, *, every_bundle: bool) -> None:
    """Fit every fold that is not finished, and leave the bundle of the split in ``out/bundle``.

    Fold 0 of five is the split itself; other numbers of folds leave no such bundle.

    Args:
        folds: None for the split alone.
        every_bundle: write a bundle, without a gallery, for each fold.
    """
    pictures = context.recipe.dataset != "nih"  # NIH's images are not ours to pass on
    for number in range(folds or 1):
        if context.resume and kept_fold(context.out, number) is not None:
            continue
        _log.info("fold %d", number)
        fold = fit_fold(context, number, folds)
        if not is_main():
            continue
        parts = (context, fold.rows, fold.fitted, fold.black)
        name = hardware(context.device)
        if every_bundle:
            folder = fold_bundle(context.out, number)
            write_bundle(*parts, folder, GalleryOptions(sources=0, patches=False), hardware=name)
        if number == 0 and folds in (None, 5) and not (folds and moves_test_patients(context)):
            options = GalleryOptions(pictures=pictures)
            write_bundle(*parts, context.out / "bundle", options, hardware=name)
        keep_fold(context, fold)


def moves_test_patients(context: TrainingContext) -> bool:
    """Whether the test split, on which a bundle is evaluated later, has patients that the first
    fold trains on."""
    if "test" in moved_patients(context.images.samples).values():
        _log.warning("A class is too small to be split by folds: train without --folds for a model")
        return True
    return False


def keep_fold(context: TrainingContext, fold: Fold) -> None:
    """Write the fold's results on its test images; a finished fold is not fitted again."""
    write_json(_file(context.out, fold.number), _record(context, fold))


def kept_fold(out: Path, fold: int) -> dict[str, Any] | None:
    """The results of a finished fold, or None."""
    file = _file(out, fold)
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def summary(context: TrainingContext, folds: int) -> dict[str, Any]:
    """Out-of-fold figures of both networks over all images, and their paired difference."""
    finished = (kept_fold(context.out, fold) for fold in range(folds))
    records = [record for record in finished if record is not None]
    own = _pooled(context, records, "dprotonet")
    resamples = context.recipe.resamples
    result: dict[str, Any] = {
        "recipe": context.recipe.name,
        "folds": len(records),
        "dprotonet": report(own, resamples=resamples),
        "each_fold": [{k: r[k] for k in ("fold", "test_films")} | _chosen(r) for r in records],
    }
    if all("blackbox" in r for r in records):
        black = _pooled(context, records, "blackbox")
        result["black_box"] = report(black, resamples=resamples)
        result["auroc_minus_black_box"] = paired_difference(own, black, resamples=resamples)
    return result


def _file(out: Path, fold: int) -> Path:
    return out / "folds" / f"fold-{fold}.json"


def _record(context: TrainingContext, fold: Fold) -> dict[str, Any]:
    rows = fold.rows.test
    record: dict[str, Any] = {
        "fold": fold.number,
        "test_films": len(rows),
        "sample_ids": [context.images.samples[i].sample_id for i in rows.tolist()],
    }
    for name, fitted in (("dprotonet", fold.fitted), ("blackbox", fold.black)):
        if fitted is None:
            continue
        scored = fitted.predictions(context, rows)
        validation = report(
            fitted.predictions(context, fold.rows.validation), resamples=10, curves=False
        )
        test = report(scored, resamples=10, curves=False)
        record[name] = {
            "probabilities": np.round(scored.probabilities, 6).tolist(),
            "called": scored.calls().astype(int).tolist(),
            "temperature": fitted.temperature,
            "threshold": fitted.threshold,
            "validation_auroc": validation["auroc"]["value"],
            "test_auroc": test["auroc"]["value"],
            "seconds": round(fitted.seconds, 1),
        }
    return record


def _chosen(record: dict[str, Any]) -> dict[str, Any]:
    keys = ("validation_auroc", "test_auroc", "temperature", "threshold", "seconds")
    return {
        name: {key: record[name][key] for key in keys}
        for name in ("dprotonet", "blackbox")
        if name in record
    }


def _pooled(
    context: TrainingContext, records: list[dict[str, Any]], name: str
) -> ScoredPredictions:
    """Images of all folds; each was called by its own fold's threshold."""
    row_of = {s.sample_id: i for i, s in enumerate(context.images.samples)}
    rows = np.array([row_of[i] for r in records for i in r["sample_ids"]])
    return ScoredPredictions(
        context.dataset.classes,
        context.dataset.negative_class,
        np.array([p for r in records for p in r[name]["probabilities"]]),
        context.images.labels.numpy()[rows],
        context.images.patients[rows],
        context.images.views[rows],
        None,
        np.array([c for r in records for c in r[name]["called"]]),
        context.images.sexes[rows],
        context.images.ages[rows],
    )
