"""The figures of a bundle's prototypes that one pass over some images gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.bundle.bundle import Bundle
from dprotonet.modeling.labels import owned
from training.evaluation.prototypes.nearest import SHOWN, TOP, class_purity, distinct
from training.evaluation.prototypes.vectors import vector_figures

Array = NDArray[np.float64]


def prototype_figures(
    bundle: Bundle, similarities: Array, labels: NDArray[np.int64]
) -> dict[str, Any]:
    """Dead and duplicate prototypes on the training set, how distinct their vectors are, and what
    the most similar of these images say of them.

    Args:
        bundle: with its model.
        similarities: ``(N, P)``.
        labels: ``(N,)``; ``(N, K)`` of multi-label images.
    """
    owner = np.array(bundle.options.prototype_classes)
    vectors = bundle.model.prototypes.detach().cpu().double().numpy()
    statistics = [(r.id, r.activation) for r in bundle.prototypes if r.activation is not None]
    return {
        "count": len(bundle.prototypes),
        "dead": [name for name, own in statistics if own.dead],
        "duplicates": {name: list(own.duplicates) for name, own in statistics if own.duplicates},
        **vector_figures(vectors, owner, bundle.classes),
        **nearest_figures(similarities, labels, owner),
        "class_purity_of": f"the {min(TOP, len(labels))} most similar images of each",
        "distinct_of": f"the {min(SHOWN, len(labels))} most similar images of each",
    }


def nearest_figures(
    similarities: Array, labels: NDArray[np.int64], owner: NDArray[np.int64]
) -> dict[str, float]:
    """Class purity, as the mean over prototypes, and distinct images, as the mean over classes.

    Args:
        similarities: ``(N, P)``.
        labels: ``(N,)``; ``(N, K)`` of multi-label images.
        owner: ``(P,)`` class index of each prototype.
    """
    purity = class_purity(similarities, owned(labels, owner))
    return {
        "class_purity": round(float(purity.mean()), 4),
        "distinct": round(float(distinct(similarities, owner).mean()), 4),
    }
