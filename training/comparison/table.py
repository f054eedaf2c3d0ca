"""Finished trainings to one table: mean and deviation over seeds, differences by bootstrap."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation import metrics
from training.fitting.context import TrainingContext

Array = NDArray[np.float64]
PLOTTED = ("within_class_cosine", "class_purity")
"""Figures of the prototypes that are kept for each seed, to be set against its AUROC."""
_COUNTS = ("count", "dead", "doubles")
SeedsFigure = Callable[["Seeds", Array], Array]


class Seeds:
    """One variant's predictions for all test images, under each seed.

    Attributes:
        probabilities: ``(S, N, K)``, images in the order of the data set.
        called: ``(S, N)`` class indices; ``(S, N, K)`` of a multi-label set.
        rows: ``(N,)`` of the images in the data set.
    """

    def __init__(self, run: TrainingContext, records: Sequence[Mapping[str, Any]]) -> None:
        row_of = {s.sample_id: i for i, s in enumerate(run.images.samples)}
        by_seed = defaultdict(list)
        for record in records:
            by_seed[record["seed"]].append(record)
        probabilities, calls = [], []
        for _, parts in sorted(by_seed.items()):
            at = np.array([row_of[i] for r in parts for i in r["sample_ids"]])
            order = np.argsort(at)
            self.rows = at[order]
            probabilities.append(np.array([p for r in parts for p in r["probabilities"]])[order])
            calls.append(np.array([c for r in parts for c in r["called"]])[order])
        self.probabilities, self.called = np.stack(probabilities), np.stack(calls)
        self.labels = run.images.labels.numpy()[self.rows]

    def aurocs(self, weights: Array) -> Array:
        """``(B, N)`` weights to ``(S, B)``."""
        return np.stack([metrics.macro_auroc(p, self.labels, weights) for p in self.probabilities])

    def accuracies(self, weights: Array) -> Array:
        """``(B, N)`` weights to ``(S, B)``."""
        return np.stack(
            [
                metrics.weighted_mean(metrics.accuracy_by_image(calls, self.labels), weights)
                for calls in self.called
            ]
        )


def mean_over_seeds(figure: SeedsFigure, seeds: Seeds) -> Callable[[Array], Array]:
    """``(B, N)`` weights to ``(B,)``."""
    return lambda weights: figure(seeds, weights).mean(axis=0)


FIGURES: dict[str, SeedsFigure] = {"auroc": Seeds.aurocs, "accuracy": Seeds.accuracies}


def tabulate(
    run: TrainingContext, records: Iterable[Mapping[str, Any]], variants: Sequence[str]
) -> dict[str, Any]:
    """Figures of every variant, and of the first one minus each other.

    Args:
        records: as :func:`training.comparison.compare.compare` yields them, all of them.
        variants: the plan's.
    """
    by_name = defaultdict(list)
    for record in records:
        by_name[record["name"]].append(record)
    seeds = {name: Seeds(run, by_name[name]) for name in variants}
    first = seeds[variants[0]]
    draws = metrics.patient_draws(run.images.patients[first.rows], run.recipe.resamples)
    return {
        "films": len(first.rows),
        "patients": len(set(run.images.patients[first.rows].tolist())),
        "classes": list(run.dataset.classes),
        "resamples": run.recipe.resamples,
        "variants": {name: _figures(seeds[name], by_name[name], draws) for name in variants},
        "differences": {
            f"{variants[0]} - {name}": _differences(first, seeds[name], draws)
            for name in variants[1:]
        },
    }


def _figures(seeds: Seeds, records: Sequence[Mapping[str, Any]], draws: Array) -> dict[str, Any]:
    once = np.ones((1, len(seeds.labels)))
    figures: dict[str, Any] = {"seeds": len(seeds.called)}
    for name, figure in FIGURES.items():
        each = figure(seeds, once)[:, 0]
        interval = metrics.interval_json(mean_over_seeds(figure, seeds), draws)
        figures[name] = {
            "mean": round(float(each.mean()), 4),
            "sd": round(float(each.std(ddof=1)), 4) if len(each) > 1 else None,
            "low": interval["low"],
            "high": interval["high"],
            "each_seed": [round(float(v), 4) for v in each],
        }
    areas = [r["validation"]["auroc"] for r in records if r["validation"]["auroc"] is not None]
    figures["validation_auroc"] = round(float(np.mean(areas)), 4) if areas else None
    figures["chosen"] = [
        {"settings": dict(settings), "folds_and_seeds": count}
        for settings, count in Counter(tuple(r["chosen"].items()) for r in records).most_common()
    ]
    counted = [r["prototypes"] for r in records if r["prototypes"]]
    if counted:
        figures["prototypes"] = _prototypes(counted)
        figures["prototypes_each_seed"] = _each_seed(records)
    figures["minutes"] = round(sum(r["seconds"] for r in records) / 60, 1)
    return figures


def _prototypes(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Means over the rows of what all of them have: rows of earlier versions have the counts."""
    shared = [key for key in rows[0] if all(row.get(key) is not None for row in rows)]
    return {
        key: round(float(np.mean([row[key] for row in rows])), 2 if key in _COUNTS else 4)
        for key in shared
    }


def _each_seed(records: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Of each seed, in the order of ``each_seed``, the means over its folds."""
    by_seed = defaultdict(list)
    for record in records:
        by_seed[record["seed"]].append(record["prototypes"])
    means = [_prototypes(rows) for _, rows in sorted(by_seed.items())]
    return {
        key: [mean[key] for mean in means] for key in PLOTTED if all(key in mean for mean in means)
    }


def _differences(first: Seeds, other: Seeds, draws: Array) -> dict[str, Any]:
    """By patient: a resample takes the same images of both, under all seeds."""
    return {
        name: metrics.interval_json(partial(difference_of_means, figure, first, other), draws)
        for name, figure in FIGURES.items()
    }


def difference_of_means(figure: SeedsFigure, first: Seeds, other: Seeds, weights: Array) -> Array:
    """Of the means over the seeds, ``(B, N)`` weights to ``(B,)``."""
    return mean_over_seeds(figure, first)(weights) - mean_over_seeds(figure, other)(weights)
