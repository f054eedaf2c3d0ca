"""Grouped cross-validation: every image judged by a network that never saw its patient."""

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
from training.data.splits import SPLITS, Rule, by_split, check_split, fold_split_of
from training.evaluation.report import paired_difference, report
from training.evaluation.scored_predictions import ScoredPredictions
from training.fitting.context import Rows, Run
from training.fitting.fit import Fitted, fit_black_box, fit_network
from training.io import write_json

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold's images and networks."""

    number: int
    rows: Rows
    fitted: Fitted
    black: Fitted | None


def rows_of(run: Run, *, fold: int = 0, folds: int | None = None) -> Rows:
    """Rows of one fold, or of the split itself, which fold 0 of 5 is too where the set has none."""
    parts = by_split(run.images.samples, _rule(fold, folds))
    return Rows(*(run.images.rows(parts[split]) for split in SPLITS))


def check_folds(images: PlacedImages, classes: tuple[str, ...], folds: int | None) -> list[str]:
    """Refuse data that some fold could not be trained or judged on.

    Args:
        folds: None for the split alone.

    Returns:
        Sentences about classes of which there is too little to judge them well.

    Raises:
        ReadableError: a part is empty or lacks a class, or a patient or an identical image stands
            on two sides.
    """
    found: dict[str, None] = {}
    for fold in range(folds or 1):
        parts = by_split(images.samples, _rule(fold, folds))
        found |= dict.fromkeys(check_split(parts, classes, pooled=folds is not None))
        check_leakage(images, {split: images.rows(part) for split, part in parts.items()})
    return list(found) if folds is None else []


def _rule(fold: int, folds: int | None) -> Rule | None:
    return None if folds is None else partial(fold_split_of, fold=fold, folds=folds)


def fit_fold(run: Run, fold: int, folds: int | None) -> Fold:
    """Both networks of one fold."""
    rows = rows_of(run, fold=fold, folds=folds)
    place = run.out / "folds" / str(fold)
    fitted = fit_network(run, rows, out=place / "dprotonet")
    black = fit_black_box(run, rows, out=place / "blackbox") if run.recipe.blackbox else None
    return Fold(fold, rows, fitted, black)


def keep_fold(run: Run, fold: Fold) -> None:
    """Write what the fold found on its test images; a finished fold is not run again."""
    write_json(_file(run.out, fold.number), _record(run, fold))


def kept_fold(out: Path, fold: int) -> dict[str, Any] | None:
    """What a finished fold found, or None."""
    file = _file(out, fold)
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def summary(run: Run, folds: int) -> dict[str, Any]:
    """Out-of-fold figures of both networks over all images, and their paired difference."""
    records = [kept_fold(run.out, fold) for fold in range(folds)]
    found = [r for r in records if r is not None]
    own = _pooled(run, found, "dprotonet")
    resamples = run.recipe.resamples
    result: dict[str, Any] = {
        "recipe": run.recipe.name,
        "folds": len(found),
        "dprotonet": report(own, resamples=resamples),
        "each_fold": [{k: r[k] for k in ("fold", "test_films")} | _chosen(r) for r in found],
    }
    if all("blackbox" in r for r in found):
        black = _pooled(run, found, "blackbox")
        result["black_box"] = report(black, resamples=resamples)
        result["auroc_minus_black_box"] = paired_difference(own, black, resamples=resamples)
    return result


def _file(out: Path, fold: int) -> Path:
    return out / "folds" / f"fold-{fold}.json"


def _record(run: Run, fold: Fold) -> dict[str, Any]:
    rows = fold.rows.test
    record: dict[str, Any] = {
        "fold": fold.number,
        "test_films": len(rows),
        "sample_ids": [run.images.samples[i].sample_id for i in rows.tolist()],
    }
    for name, fitted in (("dprotonet", fold.fitted), ("blackbox", fold.black)):
        if fitted is None:
            continue
        judged = fitted.judged(run, rows)
        validation = report(fitted.judged(run, fold.rows.validation), resamples=10, curves=False)
        test = report(judged, resamples=10, curves=False)
        record[name] = {
            "probabilities": np.round(judged.probabilities, 6).tolist(),
            "called": judged.calls().astype(int).tolist(),
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


def _pooled(run: Run, records: list[dict[str, Any]], name: str) -> ScoredPredictions:
    """Images of all folds; each was called by its own fold's threshold."""
    place = {s.sample_id: i for i, s in enumerate(run.images.samples)}
    rows = np.array([place[i] for r in records for i in r["sample_ids"]])
    return ScoredPredictions(
        run.dataset.classes,
        run.dataset.negative_class,
        np.array([p for r in records for p in r[name]["probabilities"]]),
        run.images.labels.numpy()[rows],
        run.images.patients[rows],
        run.images.views[rows],
        None,
        np.array([c for r in records for c in r[name]["called"]]),
        run.images.sexes[rows],
        run.images.ages[rows],
    )
