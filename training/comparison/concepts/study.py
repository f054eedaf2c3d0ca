"""One split, two networks, and for each concept its axis beside its rivals.

All fitting uses training images, every choice validation images, every figure test images.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dprotonet.modeling.concepts.model import ConceptNet
from training.data.concept_table import NO, YES, ConceptTable, concept_table
from training.evaluation.concepts.axes import (
    AxisReadings,
    concept_auroc,
    impurity,
    mean_correlation,
    read_axes,
)
from training.evaluation.concepts.importance import permutation_importance, pull, switched_off
from training.evaluation.concepts.niches import niche_impurity
from training.evaluation.concepts.rivals import RIVALS, rival_scores
from training.evaluation.metrics import (
    Array,
    accuracy_by_image,
    interval_json,
    macro_auroc,
    patient_draws,
    weighted_mean,
)
from training.fitting.context import SplitRows, TrainingContext
from training.fitting.fit import FittedNetwork, fit_black_box, fit_network
from training.fitting.networks import backbone_of, outputs


def study(context: TrainingContext, rows: SplitRows, *, out: Path) -> dict[str, Any]:
    """Train both networks and measure them.

    Args:
        context: of a recipe whose network is "concepts".
        rows: of the split.
        out: folder of checkpoints.

    Returns:
        Plain values for a JSON file: see docs/concepts.md.
    """
    recipe, images = context.recipe, context.images
    table = concept_table(images.samples, recipe, rows.train)
    fitted = fit_network(context, rows, out=out / "concepts")
    plain = fit_black_box(context, rows, out=out / "plain")
    network = fitted.network
    assert isinstance(network, ConceptNet)
    everyone = torch.arange(len(images))
    read = read_axes(network, context.final, everyone, context.device, correlated=rows.test)
    at = rows.test.numpy()
    plain_features = _plain_features(plain, context)
    return {
        "recipe": recipe.to_json(),
        "images": {name: len(part) for name, part in dataclasses.asdict(rows).items()},
        "patients": len(set(images.patients[at])),
        "networks": _networks(context, rows, {"concepts": fitted, "plain": plain}),
        "concepts": {
            name: _concept(c, network, context, rows, table, read, plain_features)
            for c, name in enumerate(table.names)
        },
        "correlation": mean_correlation(read.correlation),
        "impurity": impurity(read.activations[at, : len(table.names)], table, at),
        "niche_impurity": niche_impurity(
            read.activations[:, : len(table.names)], table, rows.train.numpy(), at
        ),
        "pulls": _pulls(network, context, rows, table, read),
    }


def _plain_features(plain: FittedNetwork, context: TrainingContext) -> Array:
    """``(N, C)``: what the plain network's last layer sees."""
    backbone = backbone_of(plain.network)
    everyone = torch.arange(len(context.images))
    read = outputs(
        backbone, context.final, everyone, lambda deep: deep.mean(dim=(2, 3)), context.device
    )
    features: Array = read.double().numpy()
    return features


def _networks(
    context: TrainingContext, rows: SplitRows, fitted: dict[str, FittedNetwork]
) -> dict[str, Any]:
    """Accuracy and AUROC of both, and the difference of accuracies, by patient."""
    at = rows.test
    draws = patient_draws(context.images.patients[at.numpy()], context.recipe.resamples)
    right: dict[str, Array] = {}
    figures: dict[str, Any] = {}
    for name, one in fitted.items():
        scored = one.predictions(context, at)
        right[name] = accuracy_by_image(scored.calls(), scored.labels)
        figures[name] = {
            "accuracy": interval_json(partial(weighted_mean, right[name]), draws),
            "auroc": interval_json(
                partial(macro_auroc, scored.probabilities, scored.labels), draws
            ),
            "seconds": round(one.seconds, 1),
        }
    less = right["concepts"] - right["plain"]
    figures["difference"] = {
        "accuracy": interval_json(partial(weighted_mean, less), draws),
    }
    return figures


def _concept(
    concept: int,
    network: ConceptNet,
    context: TrainingContext,
    rows: SplitRows,
    table: ConceptTable,
    read: AxisReadings,
    plain_features: Array,
) -> dict[str, Any]:
    """How well its axis finds a concept, beside the rivals on the same and on plain features."""
    at, shown = rows.test.numpy(), table.values[:, concept]
    patients, resamples = context.images.patients[at], context.recipe.resamples

    def found(scores: Array) -> dict[str, float | None]:
        return concept_auroc(scores[at], shown[at], patients, resamples).to_json()

    train = rows.train.numpy()
    labels = context.images.labels.numpy()[at]
    return {
        "shown": int((shown[at] == YES).sum()),
        "absent": int((shown[at] == NO).sum()),
        "axis": found(read.activations[:, concept]),
        **{r: found(rival_scores(r, read.features, shown, train)) for r in RIVALS},
        "plain": {r: found(rival_scores(r, plain_features, shown, train)) for r in RIVALS},
        "importance": round(
            permutation_importance(network, read.activations[at], labels, concept), 4
        ),
    }


def _pulls(
    network: ConceptNet,
    context: TrainingContext,
    rows: SplitRows,
    table: ConceptTable,
    read: AxisReadings,
) -> list[dict[str, Any]]:
    """Each concept and class: how far it pulls, before and after its axis is switched off."""
    if context.images.multi_label:
        return []
    at, train = rows.test.numpy(), rows.train.numpy()
    labels, activations = context.images.labels.numpy()[at], read.activations[at]
    found = []
    for concept, name in enumerate(table.names):
        shown = table.values[at, concept]
        level = float(np.mean(read.activations[train, concept]))
        without = switched_off(activations, concept, level)
        for label, class_name in enumerate(context.dataset.classes):
            before = pull(network, activations, labels, shown, label)
            after = pull(network, without, labels, shown, label)
            found.append(
                {
                    "concept": name,
                    "class": class_name,
                    "before": dataclasses.asdict(before),
                    "after": dataclasses.asdict(after),
                }
            )
    return found
