"""One split, two networks under each seed, and for each concept its axis beside its rivals.

All fitting uses training images, every choice validation images, every figure test images. Figures
are means over the seeds; their intervals are over patients.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from training.comparison.concepts.one_seed import SeedReadings, read_seed
from training.comparison.table import Seeds, difference_of_means, mean_over_seeds
from training.data.concept_table import NO, YES, ConceptTable, concept_table
from training.evaluation.concepts.axes import concept_auroc, impurity, mean_correlation
from training.evaluation.concepts.niches import niche_impurity
from training.evaluation.concepts.rivals import RIVALS, rival_scores
from training.evaluation.metrics import Array, interval_json, patient_draws
from training.fitting.context import SplitRows, TrainingContext

NETWORKS = ("concepts", "plain")


def study(
    context: TrainingContext, rows: SplitRows, seeds: Sequence[int], *, out: Path
) -> dict[str, Any]:
    """Train both networks under every seed and measure them.

    Args:
        context: of a recipe whose network is "concepts".
        rows: of the split.
        out: folder of checkpoints.

    Returns:
        Plain values for a JSON file: see docs/concepts.md.
    """
    recipe, images = context.recipe, context.images
    table = concept_table(images.samples, recipe, rows.train)
    runs = [read_seed(context, rows, table, seed, out) for seed in seeds]
    train, at = rows.train.numpy(), rows.test.numpy()
    axes = [run.axes.activations[:, : len(table.names)] for run in runs]
    return {
        "recipe": recipe.to_json(),
        "seeds": list(seeds),
        "images": {name: len(part) for name, part in dataclasses.asdict(rows).items()},
        "patients": len(set(images.patients[at])),
        "networks": _networks(context, rows, runs),
        "concepts": {
            name: _concept(c, context, rows, table, runs) for c, name in enumerate(table.names)
        },
        "correlation": _mean(mean_correlation(run.axes.correlation) for run in runs),
        "impurity": _mean(impurity(own[at], table, at) for own in axes),
        "niche_impurity": _mean(niche_impurity(own, table, train, at) for own in axes),
        "pulls": _pulls(runs),
    }


def _networks(
    context: TrainingContext, rows: SplitRows, runs: Sequence[SeedReadings]
) -> dict[str, Any]:
    """Accuracy and AUROC of both, and the difference of accuracies, by patient."""
    said = {name: _over_seeds(context, rows, runs, name) for name in NETWORKS}
    at = said["concepts"].rows
    draws = patient_draws(context.images.patients[at], context.recipe.resamples)
    figures: dict[str, Any] = {}
    for name, own in said.items():
        each = own.accuracies(np.ones((1, len(at))))[:, 0]
        figures[name] = {
            "accuracy": interval_json(mean_over_seeds(Seeds.accuracies, own), draws)
            | {"each_seed": each.round(4).tolist()},
            "auroc": interval_json(mean_over_seeds(Seeds.aurocs, own), draws),
            "seconds": _mean((run.seconds[name] for run in runs), digits=1),
        }
    less = partial(difference_of_means, Seeds.accuracies, said["concepts"], said["plain"])
    figures["difference"] = {"accuracy": interval_json(less, draws)}
    return figures


def _over_seeds(
    context: TrainingContext, rows: SplitRows, runs: Sequence[SeedReadings], name: str
) -> Seeds:
    """What one network says of the test images under each seed."""
    ids = [context.images.samples[i].sample_id for i in rows.test.tolist()]
    return Seeds(
        context,
        [
            {
                "seed": number,
                "sample_ids": ids,
                "probabilities": run.scored[name].probabilities,
                "called": run.scored[name].calls(),
            }
            for number, run in enumerate(runs)
        ],
    )


def _concept(
    concept: int,
    context: TrainingContext,
    rows: SplitRows,
    table: ConceptTable,
    runs: Sequence[SeedReadings],
) -> dict[str, Any]:
    """How well its axis finds a concept, beside the rivals on the same and on plain features."""
    at, shown = rows.test.numpy(), table.values[:, concept]
    patients, resamples = context.images.patients[at], context.recipe.resamples

    def found(scores: Sequence[Array]) -> dict[str, Any]:
        own = np.stack(scores)[:, at]
        each = [concept_auroc(one, shown[at], patients, 0).value for one in own]
        return concept_auroc(own, shown[at], patients, resamples).to_json() | {
            "each_seed": [None if one is None else round(one, 4) for one in each]
        }

    train = rows.train.numpy()
    features = [run.axes.features for run in runs]
    plain = [run.plain_features for run in runs]
    return {
        "shown": int((shown[at] == YES).sum()),
        "absent": int((shown[at] == NO).sum()),
        "axis": found([run.axes.activations[:, concept] for run in runs]),
        **{r: found([rival_scores(r, f, shown, train) for f in features]) for r in RIVALS},
        "plain": {r: found([rival_scores(r, f, shown, train) for f in plain]) for r in RIVALS},
        "importance": _mean(run.importance[concept] for run in runs),
    }


def _pulls(runs: Sequence[SeedReadings]) -> list[dict[str, Any]]:
    """The means over the seeds of what pulls, and how far."""
    return [
        {
            "concept": each[0]["concept"],
            "class": each[0]["class"],
            **{
                when: {
                    which: _mean(one[when][which] for one in each) for which in ("shown", "absent")
                }
                for when in ("before", "after")
            },
        }
        for each in zip(*(run.pulls for run in runs), strict=True)
    ]


def _mean(values: Iterable[float | None], digits: int = 4) -> float | None:
    """None where one of them is."""
    known = list(values)
    return None if None in known else round(float(np.mean(np.array(known, dtype=float))), digits)
