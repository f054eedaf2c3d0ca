"""Prototypes as moving means of their vectors: the one update that depends on the order."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dprotonet.modeling.labels import owned
from dprotonet.modeling.model import DProtoNet
from dprotonet.modeling.similarity import similarity_f64, unit_f64
from dprotonet.prototypes.feature_pass import PooledVectors
from dprotonet.prototypes.provenance import PrototypeSource

STEP = 0.01
"""Fraction of the way by which an image moves its prototype."""


def moving_mean(
    model: DProtoNet, blocks: Iterable[PooledVectors], most: int
) -> tuple[np.ndarray, tuple[tuple[PrototypeSource, ...], ...]]:
    """Every image, in the order of the batches, moves its most similar own-class prototype.

    Args:
        most: sources that are named for each prototype, the latest ones, which weigh most; their
            weights are scaled to sum to 1.

    Returns:
        ``(P, D)`` float64, and the sources of each; none where no image came.
    """
    options = model.options
    owner = np.array(options.prototype_classes)
    centres = model.prototypes.detach().cpu().double().numpy().copy()
    if options.by_direction:
        centres = unit_f64(centres)
    latest: list[list[tuple[str, str, np.ndarray]]] = [[] for _ in owner]
    for block in blocks:
        own = owned(block.labels, owner)
        for vectors, mine, name, digest in zip(
            block.vectors, own, block.sample_ids, block.image_sha256s, strict=True
        ):
            rows = unit_f64(vectors) if options.by_direction else vectors.astype(np.float64)
            near = similarity_f64(rows[None], centres, options.similarity)[0]
            for k in sorted(set(owner[mine].tolist())):
                p = int(np.where(owner == k, near, -np.inf).argmax())
                moved = centres[p] + STEP * (rows[p] - centres[p])
                centres[p] = unit_f64(moved) if options.by_direction else moved
                before = latest[p][-(most - 1) :] if most > 1 else []
                latest[p] = [*before, (name, digest, rows[p])]
    return centres, tuple(_sources(model, p, centres, sources) for p, sources in enumerate(latest))


def _sources(
    model: DProtoNet, p: int, centres: np.ndarray, sources: list[tuple[str, str, np.ndarray]]
) -> tuple[PrototypeSource, ...]:
    """Heaviest, so latest, first."""
    weights = (1.0 - STEP) ** np.arange(len(sources))
    return tuple(
        PrototypeSource(
            str(name),
            str(digest),
            float(weight / weights.sum()),
            float(
                similarity_f64(row[None, None], centres[p : p + 1], model.options.similarity)[0, 0]
            ),
        )
        for weight, (name, digest, row) in zip(weights, reversed(sources), strict=True)
    )
