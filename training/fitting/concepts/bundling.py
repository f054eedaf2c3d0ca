"""A trained concept network as a bundle keeps it, with the images that show its axes most.

Letters: N images, D axes, k concepts, K classes, P = k + K reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dprotonet.modeling.concepts.finished import ConceptModel, finished
from dprotonet.modeling.concepts.model import ConceptNet
from dprotonet.modeling.labels import owned
from dprotonet.prototypes.activation_stats import PERCENTILES, ActivationStatistics
from dprotonet.prototypes.provenance import PrototypeActivation, PrototypeSource
from dprotonet.prototypes.update import PrototypeUpdate
from training.data.concept_table import NO, YES, ConceptTable, concept_table
from training.evaluation.concepts.axes import concept_auroc, mean_correlation, read_axes
from training.fitting.context import SplitRows, TrainingContext
from training.fitting.fit import FittedNetwork

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FinishedConcepts:
    """A concept network that is ready for its bundle.

    Attributes:
        fitted: with the network in its finished form, and its numbers of all images.
        update: its axes, and the training images that show each most.
        statistics: of its numbers over the training images.
        figures: of its axes on the test images, for the card.
    """

    fitted: FittedNetwork
    update: PrototypeUpdate
    statistics: ActivationStatistics
    figures: dict[str, Any]


def finish(context: TrainingContext, rows: SplitRows, fitted: FittedNetwork) -> FinishedConcepts:
    """One pass over all images: the levels of the axes, what shows them most, and figures.

    Args:
        fitted: with a network as it comes out of training.
    """
    network = fitted.network
    assert isinstance(network, ConceptNet)
    table = concept_table(context.images.samples, context.recipe, rows.train)
    everyone = torch.arange(len(context.images))
    read = read_axes(network, context.final, everyone, context.device, correlated=rows.test)
    activations = torch.from_numpy(read.activations)
    own = activations[:, : len(table.names)]
    model = finished(network, own[rows.train].mean(dim=0))
    with torch.inference_mode():
        similarities = model.reasons_of(activations.float())
    numbers = similarities.double().numpy()
    digests = model.part_digests()
    update = PrototypeUpdate(
        model.prototypes.detach().clone(),
        _sources(context, rows.train.numpy(), numbers, concepts=len(table.names)),
        "axes",
        {part: digests[part] for part in ("backbone", "masks")},
    )
    return FinishedConcepts(
        replace(fitted, network=model, similarities=similarities.clone()),
        update,
        _statistics(model, numbers[rows.train.numpy()], context.images.labels[rows.train].numpy()),
        _figures(context, rows.test.numpy(), table, read.activations, read.correlation),
    )


def _sources(
    context: TrainingContext, train: NDArray[np.int64], numbers: Array, *, concepts: int
) -> tuple[tuple[PrototypeSource, ...], ...]:
    """For each concept the training images that show it most; none for what is no concept."""
    images, most = context.images, context.recipe.update_images
    sources: list[tuple[PrototypeSource, ...]] = []
    for concept in range(numbers.shape[1]):
        column = numbers[train, concept]
        first = train[np.argsort(-column, kind="stable")[:most]] if concept < concepts else ()
        sources.append(
            tuple(
                PrototypeSource(
                    images.samples[row].sample_id,
                    images.sha256s[row],
                    1.0 / len(first),
                    float(numbers[row, concept]),
                )
                for row in first
            )
        )
    return tuple(sources)


def _statistics(
    model: ConceptModel, numbers: Array, labels: NDArray[np.int64]
) -> ActivationStatistics:
    """How ``(n, P)`` numbers of training images go with their classes."""
    own = owned(labels, np.array(model.options.prototype_classes))
    marks = np.percentile(numbers, PERCENTILES, axis=0)
    records = tuple(
        PrototypeActivation(
            mean=float(column[mine].mean()) if mine.any() else 0.0,
            mean_others=float(column[~mine].mean()) if not mine.all() else None,
            percentiles={str(q): float(v) for q, v in zip(PERCENTILES, at, strict=True)},
            closest_share=0.0,
            dead=False,
        )
        for column, mine, at in zip(numbers.T, own.T, marks.T, strict=True)
    )
    return ActivationStatistics(records, 0.0, len(numbers))


def _figures(
    context: TrainingContext,
    test: NDArray[np.int64],
    table: ConceptTable,
    activations: Array,
    correlation: Array,
) -> dict[str, Any]:
    """How well each axis finds its concept on the test images."""
    patients, resamples = context.images.patients[test], context.recipe.resamples
    return {
        "axes": {
            name: {
                "shown": int((table.values[test, c] == YES).sum()),
                "absent": int((table.values[test, c] == NO).sum()),
                "auroc": concept_auroc(
                    activations[test, c], table.values[test, c], patients, resamples
                ).to_json(),
            }
            for c, name in enumerate(table.names)
        },
        "correlation": mean_correlation(correlation),
    }
