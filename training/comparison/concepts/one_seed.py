"""Both networks of one seed, trained, and what they say of all images."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dprotonet.modeling.concepts.model import ConceptNet
from training.data.concept_table import ConceptTable
from training.evaluation.concepts.axes import AxisReadings, read_axes
from training.evaluation.concepts.importance import permutation_importance, pull, switched_off
from training.evaluation.metrics import Array
from training.evaluation.scored_predictions import ScoredPredictions
from training.fitting.context import SplitRows, TrainingContext
from training.fitting.fit import FittedNetwork, fit_black_box, fit_network
from training.fitting.networks import backbone_of, outputs


@dataclass(frozen=True, eq=False)
class SeedReadings:
    """Of one seed; N images, n of them for the test, D axes, C channels.

    Attributes:
        axes: of the network with concepts, over all images.
        plain_features: ``(N, C)``: what the last layer of the network without concepts sees.
        scored: of the test images, by network: "concepts" and "plain".
        seconds: of training, by network; of the last part alone where a study was cut off.
        importance: by how much the classes' AUROC falls where a concept's axis is shuffled, for
            each concept.
        pulls: of each concept and class, before and after its axis is switched off; empty of a
            multi-label set.
    """

    axes: AxisReadings
    plain_features: Array
    scored: dict[str, ScoredPredictions]
    seconds: dict[str, float]
    importance: list[float]
    pulls: list[dict[str, Any]]


def read_seed(
    context: TrainingContext, rows: SplitRows, table: ConceptTable, seed: int, out: Path
) -> SeedReadings:
    """Train both networks under a seed, and read all images with them.

    Args:
        rows: of the split, the same for every seed.
        out: folder of checkpoints; what was trained there is not trained again.
    """
    own = dataclasses.replace(context, recipe=dataclasses.replace(context.recipe, seed=seed))
    fitted = fit_network(own, rows, out=out / f"concepts-{seed}")
    plain = fit_black_box(own, rows, out=out / f"plain-{seed}")
    network = fitted.network
    assert isinstance(network, ConceptNet)
    everyone = torch.arange(len(own.images))
    axes = read_axes(network, own.final, everyone, own.device, correlated=rows.test)
    at = rows.test.numpy()
    labels = own.images.labels.numpy()[at]
    both = {"concepts": fitted, "plain": plain}
    return SeedReadings(
        axes,
        _plain_features(plain, own),
        {name: one.predictions(own, rows.test) for name, one in both.items()},
        {name: one.seconds for name, one in both.items()},
        [
            permutation_importance(network, axes.activations[at], labels, concept)
            for concept in range(len(table.names))
        ],
        _pulls(network, own, rows, table, axes),
    )


def _plain_features(plain: FittedNetwork, context: TrainingContext) -> Array:
    backbone = backbone_of(plain.network)
    everyone = torch.arange(len(context.images))
    read = outputs(
        backbone, context.final, everyone, lambda deep: deep.mean(dim=(2, 3)), context.device
    )
    features: Array = read.double().numpy()
    return features


def _pulls(
    network: ConceptNet,
    context: TrainingContext,
    rows: SplitRows,
    table: ConceptTable,
    axes: AxisReadings,
) -> list[dict[str, Any]]:
    if context.images.multi_label:
        return []
    at, train = rows.test.numpy(), rows.train.numpy()
    labels, activations = context.images.labels.numpy()[at], axes.activations[at]
    found = []
    for concept, name in enumerate(table.names):
        shown = table.values[at, concept]
        level = float(np.mean(axes.activations[train, concept]))
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
