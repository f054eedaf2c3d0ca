"""Several networks under one budget on the same images: trained, chosen on validation, compared.

Every network is tried under as many settings, on the first seed, and keeps those with the best
validation images; the other seeds are trained under them. With folds the choice is made in each
fold again, on its own validation images, so that no image is scored under settings that it chose.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dprotonet.errors import ReadableError
from dprotonet.inference.calibration import class_probabilities, log_loss
from training.comparison.prototype_row import prototype_row
from training.comparison.row_file import RowFile
from training.evaluation.metrics import accuracy, auroc
from training.fitting.best_epoch import best_epoch, validation_score
from training.fitting.context import SplitRows, TrainingContext
from training.fitting.crossval import split_rows
from training.fitting.fit import FittedNetwork, fit_network
from training.io import write_json
from training.presets import search_settings, variant
from training.recipe import Recipe, weights_name

_log = logging.getLogger(__name__)

# Keys that belong to the budget or to the images: a variant may not change them.
_SHARED = (
    *("name", "dataset", "seed", "weights", "backbone", "image_size", "stride", "epochs"),
    *("batch_size", "rotate", "shift", "zoom", "brightness", "contrast", "flip"),
    *("frozen_blocks", "variants"),
)
_CHECKPOINTS = "checkpoints"  # of trainings in progress
_DEFAULTS = {field.name: field.default for field in dataclasses.fields(Recipe)}


@dataclass(frozen=True)
class Plan:
    """What will be compared; written down before the first training and never changed after.

    Attributes:
        recipe: that all variants start from.
        variants: names by :func:`training.presets.variant`; the first is what all others are
            compared with.
        seeds: the first is that of the search.
        folds: of a grouped cross-validation; 1 for the split alone.
    """

    recipe: Recipe
    variants: tuple[str, ...]
    seeds: tuple[int, ...]
    folds: int = 1

    def __post_init__(self) -> None:
        if len(set(self.variants)) != len(self.variants) or len(self.variants) < 2:
            raise ReadableError("Name at least two presets to compare, each once.")
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise ReadableError("Give at least one seed, and each once.")
        for name in self.variants:
            values = self.recipe_of(name)
            changed = [k for k in _SHARED if getattr(values, k) != getattr(self.recipe, k)]
            if changed:
                raise ReadableError(
                    f"The variant {name} changes {changed[0]}, which all that are compared share. "
                    f"Change it for all by --set {changed[0]}=…"
                )

    def recipe_of(self, name: str, settings: Mapping[str, Any] | None = None) -> Recipe:
        """A variant's recipe, under one of its settings."""
        return dataclasses.replace(variant(self.recipe, name), **(settings or {}))

    def to_json(self) -> dict[str, Any]:
        """Plain values: what stands in the results."""
        first, *others = self.variants
        return {
            "recipe": self.recipe.to_json() | {"weights": weights_name(self.recipe)},
            "variants": {
                name: _difference(self.recipe, self.recipe_of(name)) for name in self.variants
            },
            "search": {
                name: [dict(s) for s in search_settings(self.recipe_of(name))]
                for name in self.variants
            },
            "chosen_by": "validation AUROC to three digits, then validation log-loss, first seed",
            "seeds": list(self.seeds),
            "folds": self.folds,
            "primary": [
                f"{figure} of {first} minus {figure} of {other}, mean over the seeds, "
                "bootstrap by patient, 95 %"
                for other in others
                for figure in ("AUROC", "accuracy")
            ],
        }


def write_plan(plan: Plan, out: Path) -> None:
    """Write the plan, or check that it is the one that was begun.

    Raises:
        ReadableError: the folder holds a comparison under another plan.
    """
    file, values = out / "plan.json", plan.to_json()
    if not file.is_file():
        write_json(file, values)
        return
    before = json.loads(file.read_text(encoding="utf-8"))
    plain = json.loads(json.dumps(values))
    # A key that recipes have gained since then stood at its default.
    gained = set(plain["recipe"]) - set(before.get("recipe", ()))
    plain["recipe"] = {
        key: value
        for key, value in plain["recipe"].items()
        if key not in gained or value != _DEFAULTS.get(key)
    }
    changed = [key for key in plain if before.get(key) != plain[key]]
    if changed:
        raise ReadableError(
            f"{out} holds a comparison with other {changed[0]}. Give the same arguments, or "
            "another --out: a plan is not changed once images are scored."
        )


def compare(plan: Plan, run: TrainingContext) -> Iterator[dict[str, Any]]:
    """Train what is not finished yet; each training that is done is one row, and is not repeated.

    Args:
        run: of the plan's recipe.

    Yields:
        The finished trainings that count: one for each variant, seed and fold.
    """
    row_file, order = RowFile(run.out), list[str]()
    for fold in range(plan.folds):
        rows = split_rows(run, fold=fold, folds=plan.folds if plan.folds > 1 else None)
        for name in plan.variants:
            tries = [
                _Task(name, fold, plan.seeds[0], number)
                for number in range(len(search_settings(plan.recipe_of(name))))
            ]
            tried = [_trained(plan, run, rows, task, row_file) for task in tries]
            results = [record["validation"] for record in tried]
            scores = [validation_score(result["auroc"], result["log_loss"]) for result in results]
            best = scores.index(max(scores))
            others = [_Task(name, fold, seed, best) for seed in plan.seeds[1:]]
            order += [task.key for task in (*tries, *others)]
            yield tried[best]
            for task in others:
                yield _trained(plan, run, rows, task, row_file)
    row_file.compact(order)
    shutil.rmtree(run.out / _CHECKPOINTS, ignore_errors=True)


@dataclass(frozen=True)
class _Task:
    """One training: a variant in a fold, a seed, and the number of the settings."""

    name: str
    fold: int
    seed: int
    settings: int

    @property
    def key(self) -> str:
        """Of its row, and where its checkpoint lies while it is in progress."""
        slug = "".join(c if c.isalnum() else "-" for c in self.name)
        return f"{slug}/fold{self.fold}-seed{self.seed}-settings{self.settings}"


def _trained(
    plan: Plan, run: TrainingContext, rows: SplitRows, task: _Task, row_file: RowFile
) -> dict[str, Any]:
    """The record of one training, from its row where it is finished."""
    if task.key in row_file.rows:
        return row_file.rows[task.key]
    settings = search_settings(plan.recipe_of(task.name))[task.settings]
    recipe = dataclasses.replace(plan.recipe_of(task.name, settings), seed=task.seed)
    checkpoint = _checkpoint(run.out, task)
    own = dataclasses.replace(run, recipe=recipe, resume=True)
    fitted = fit_network(own, rows, out=checkpoint)
    record = dataclasses.asdict(task) | {"chosen": dict(settings)} | _record(own, rows, fitted)
    row_file.append(task.key, record)
    shutil.rmtree(checkpoint, ignore_errors=True)
    _log.info(
        "%s, fold %d, seed %d, settings %d: validation AUROC %s, %.0f s",
        *(task.name, task.fold, task.seed, task.settings),
        *(record["validation"]["auroc"], record["seconds"]),
    )
    return record


def _checkpoint(out: Path, task: _Task) -> Path:
    """The folder of a training in progress, also of one that an earlier version began."""
    old = out / "rows" / task.key
    return old if old.is_dir() else out / _CHECKPOINTS / task.key


def _record(run: TrainingContext, rows: SplitRows, fitted: FittedNetwork) -> dict[str, Any]:
    predictions = fitted.predictions(run, rows.test)
    return {
        "epoch": best_epoch(fitted.history),
        "validation": _validation(run, rows, fitted),
        "temperature": round(fitted.temperature, 4),
        "threshold": fitted.threshold,
        **({"thresholds": fitted.thresholds} if fitted.thresholds else {}),
        "seconds": round(fitted.seconds, 1),
        "prototypes": prototype_row(run, rows, fitted.network),
        "pruning": fitted.pruning.to_json() if fitted.pruning else None,
        "sample_ids": [run.images.samples[i].sample_id for i in rows.test.tolist()],
        "probabilities": np.round(predictions.probabilities, 6).tolist(),
        "called": predictions.calls().astype(int).tolist(),
    }


def _validation(
    run: TrainingContext, rows: SplitRows, fitted: FittedNetwork
) -> dict[str, float | None]:
    """Of the finished network, before the temperature: the figures that choose the settings."""
    at = rows.validation.numpy()
    labels = run.images.labels.numpy()[at]
    probabilities = class_probabilities(fitted.logits[at], labels)
    area = auroc(probabilities, labels)
    return {
        "auroc": None if np.isnan(area) else round(area, 4),
        "accuracy": round(accuracy(probabilities, labels), 4),
        "log_loss": round(log_loss(fitted.logits[at], labels), 4),
    }


def _difference(base: Recipe, other: Recipe) -> dict[str, Any]:
    """Keys in which a variant leaves the common recipe."""
    before, after = base.to_json(), other.to_json()
    return {key: after[key] for key in after if after[key] != before[key]}


def plan_of(recipe: Recipe, names: Sequence[str], seeds: Sequence[int], folds: int | None) -> Plan:
    """A plan in which dprotonet, where it takes part, is what all others are compared with."""
    first = [name for name in names if name == "dprotonet"]
    return Plan(recipe, (*first, *(n for n in names if n not in first)), tuple(seeds), folds or 1)
