"""Encodings of a table against models of the table itself, on 5 × 2 folds by group.

Each fold halves the groups (Dietterich 1998, "Approximate Statistical Tests"): a network trains on
one half, of whose groups a fifth chooses its epoch and calibration, and is scored on the other.
Scales, fills and encodings are fitted on the training rows of the fold alone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dprotonet.inference.calibration import class_probabilities
from dprotonet.modeling.model import DProtoNet
from training.comparison.tables.importance import permutation_importance, rank_correlation
from training.comparison.tables.rivals import fit_rivals, values_of
from training.datasets.samples import Dataset
from training.datasets.tabular.dataset import bare_samples, fitted_dataset
from training.datasets.tabular.source import SourceTable
from training.fitting.context import SplitRows, TrainingContext, load_images
from training.fitting.fit import FittedNetwork, fit_network, prepare
from training.recipe import Recipe

_log = logging.getLogger(__name__)
REPEATS, HALVES = 5, 2
VALIDATION = 5  # one of so many parts of the training half
EXPLAINED = 24  # test rows whose heatmaps are read back to attributes, in each explained fold
EXPLAINED_FOLDS = 2  # both halves of the first repeat


@dataclass(frozen=True)
class TableFold:
    """Indices of rows.

    Attributes:
        number: from 0.
        train, validation, test: groups stand in one of them.
    """

    number: int
    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


def folds_of(source: SourceTable, seed: int, repeats: int = REPEATS) -> tuple[TableFold, ...]:
    """The halves of every repeat, with about as many rows of each class on both sides."""
    from sklearn.model_selection import StratifiedGroupKFold

    bare = bare_samples(source)
    labels = np.array([sample.label for sample in bare])
    groups = np.array([sample.patient_id for sample in bare])
    folds: list[TableFold] = []
    for repeat in range(repeats):
        halves = StratifiedGroupKFold(HALVES, shuffle=True, random_state=seed + repeat)
        for half, test in halves.split(labels, labels, groups):
            parts = StratifiedGroupKFold(VALIDATION, shuffle=True, random_state=seed + repeat)
            train, validation = next(iter(parts.split(half, labels[half], groups[half])))
            chosen = (half[train].tolist(), half[validation].tolist(), test.tolist())
            folds.append(TableFold(len(folds), *map(tuple, chosen)))
    return tuple(folds)


def rivals_fold(source: SourceTable, recipe: Recipe, fold: TableFold) -> dict[str, Any]:
    """Both models of the table itself on one fold."""
    known = (*fold.train, *fold.validation)
    plain = replace(recipe, encoding="cpcr", cpcr_order="given")  # only its table is of interest
    dataset = fitted_dataset(source, plain, known, ())
    assert dataset.rows is not None
    table = dataset.rows.table
    values = values_of(tuple(s.row for s in dataset.samples if s.row is not None), table)
    labels = np.array([sample.label for sample in dataset.samples])
    on, at = list(known), list(fold.test)
    start = time.perf_counter()
    models = fit_rivals(values[on], labels[on], table, seed=recipe.seed)
    seconds = time.perf_counter() - start
    result: dict[str, Any] = {"seconds": round(seconds, 2)}
    for name, scores in models.items():
        result[name] = {"auroc": auroc(scores(values[at]), labels[at])}
        if fold.number < EXPLAINED_FOLDS:
            rises = permutation_importance(scores, values[at], labels[at], seed=recipe.seed)
            result[name]["importance"] = dict(zip(table.names, rises.tolist(), strict=True))
    return result


def network_fold(
    source: SourceTable, recipe: Recipe, fold: TableFold, *, out: Path, device: str
) -> dict[str, Any]:
    """The network of one encoding on one fold.

    Raises:
        ReadableError: the table cannot be encoded so, or what the encoding needs is not installed.
    """
    dataset = fitted_dataset(source, recipe, fold.train, fold.validation)
    images = load_images(dataset, replace(recipe, duplicates="refuse"), None)
    context = prepare(recipe, dataset, images, out=out, device=device, resume=False)
    rows = SplitRows(*(torch.tensor(part) for part in (fold.train, fold.validation, fold.test)))
    fitted = fit_network(context, rows, out=None)
    scored = fitted.predictions(context, rows.test)
    result: dict[str, Any] = {
        "auroc": auroc(scored.probabilities, scored.labels),
        "seconds": round(fitted.seconds, 1),
        "distinct_images": len(set(images.sha256s)),
    }
    if fold.number < EXPLAINED_FOLDS:
        result |= _attributes_found(context, fitted, fold, recipe)
    return result


def auroc(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Of two classes; the mean over classes against the rest where there are more."""
    from sklearn.metrics import roc_auc_score

    if probabilities.shape[1] == 2:
        return float(roc_auc_score(labels, probabilities[:, 1]))
    return float(roc_auc_score(labels, probabilities, multi_class="ovr", average="macro"))


def _attributes_found(
    context: TrainingContext, fitted: FittedNetwork, fold: TableFold, recipe: Recipe
) -> dict[str, Any]:
    """Shares of heatmaps, and what shuffling an attribute costs the same network."""
    dataset = context.dataset
    assert dataset.rows is not None
    names = dataset.rows.table.names
    shares, on_attributes = _shares(context, fitted, fold.test[:EXPLAINED])
    units = np.array([dataset.rows.table.units(s.row) for s in dataset.samples if s.row])
    labels = np.array([sample.label for sample in dataset.samples])
    at = list(fold.test)
    rises = permutation_importance(
        _scores(context, fitted, dataset), units[at], labels[at], seed=recipe.seed
    )
    return {
        "shares": dict(zip(names, shares.tolist(), strict=True)),
        "on_attributes": on_attributes,
        "importance": dict(zip(names, rises.tolist(), strict=True)),
        "rank_correlation": rank_correlation(shares.tolist(), rises.tolist()),
    }


def _scores(context: TrainingContext, fitted: FittedNetwork, dataset: Dataset) -> Any:
    """``(N, A)`` units to ``(N, K)`` probabilities of the network."""
    assert dataset.rows is not None
    encoding, model = dataset.rows.encoding, fitted.network
    assert isinstance(model, DProtoNet)

    def scores(units: np.ndarray) -> np.ndarray:
        pixels = np.stack([encoding.pixels(row) for row in units.tolist()])
        images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
        x = context.preprocessing.normalise(images)
        with torch.inference_mode():
            similarities = torch.cat([model(part).similarities for part in x.split(64)])
            logits = model.contributions(similarities.double()).sum(dim=-1).numpy()
        unused = np.zeros(len(logits), dtype=np.int64)
        return np.asarray(class_probabilities(logits, unused, fitted.temperature, 0.0))

    return scores


def _shares(
    context: TrainingContext, fitted: FittedNetwork, at: Sequence[int]
) -> tuple[np.ndarray, float]:
    """Mean share of each attribute, and mean fraction of the heatmaps that lies on attributes, of
    heatmaps of the predicted class by MDM's draft tier."""
    from dprotonet.explain.mdm.mdm import MDM
    from dprotonet.explain.nodes import ClassNode
    from dprotonet.explain.settings import TIERS

    model, dataset = fitted.network, context.dataset
    assert dataset.rows is not None
    assert isinstance(model, DProtoNet)
    mdm, found, on = MDM(model, TIERS["draft"]), [], []
    for row in at:
        label = int(fitted.logits[row].argmax())
        x = context.live.clean(torch.tensor([row]))[0]
        (explanation,) = mdm.explain(x, [ClassNode(label, dataset.classes[label])], seed=0)
        source = dataset.samples[row].row
        assert source is not None
        shares = dataset.rows.shares(source, explanation.heatmap)
        found.append(list(shares.by_attribute.values()))
        on.append(shares.on_attributes)
    return np.mean(found, axis=0), float(np.mean(on))


def summary(records: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Means and standard deviations over folds, and differences from the best table model.

    Args:
        records: name of a model or encoding to its folds, in the same order for all.
    """
    result: dict[str, Any] = {}
    tables = {name: records[name] for name in ("boosting", "logistic")}
    best = max(tables, key=lambda name: np.mean([one["auroc"] for one in tables[name]]))
    for name, folds in records.items():
        scores = np.array([one["auroc"] for one in folds])
        figures: dict[str, Any] = {
            "auroc": {"mean": float(scores.mean()), "sd": float(scores.std(ddof=1))},
            "folds": len(scores),
        }
        if name != best:
            against = np.array([one["auroc"] for one in records[best]])[: len(scores)]
            apart = scores - against
            figures["minus_best"] = {"mean": float(apart.mean()), "sd": float(apart.std(ddof=1))}
        correlations = [
            one["rank_correlation"] for one in folds if one.get("rank_correlation") is not None
        ]
        if correlations:
            figures["rank_correlation"] = float(np.mean(correlations))
            figures["on_attributes"] = float(
                np.mean([one["on_attributes"] for one in folds if "on_attributes" in one])
            )
        result[name] = figures
    return {"best_table_model": best, "models": result}
