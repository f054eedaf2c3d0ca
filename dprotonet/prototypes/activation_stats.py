"""How finished prototypes respond to a data set: means, percentiles, dead ones and duplicates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch

from dprotonet.modeling.labels import owned
from dprotonet.modeling.model import DProtoNet
from dprotonet.modeling.similarity import similarity_f64, unit_f64
from dprotonet.prototypes.feature_pass import PrototypeBatch, pass_images
from dprotonet.prototypes.provenance import PrototypeActivation

PERCENTILES = (1, 25, 50, 75, 99)
# A prototype whose similarity moves by less than this between the 1st and the 99th percentile says
# the same of every image.
_DEAD_RANGE = 0.02
# Duplicates: same class, vectors this close, similarities that rise and fall together this closely.
DUPLICATE_COSINE = 0.95
_DUPLICATE_CORRELATION = 0.99
# An image is far from every prototype below this percentile of the training images' closeness.
_FLOOR_PERCENTILE = 1


@dataclass(frozen=True)
class ActivationStatistics:
    """How the prototypes responded to the images of a data set.

    Attributes:
        prototypes: one record for each of the P prototypes.
        closest_similarity_floor: 1st percentile, over the images, of the similarity to the closest
            prototype of the image's own class; below it "no prototype is close".
        images: number of images measured.
    """

    prototypes: tuple[PrototypeActivation, ...]
    closest_similarity_floor: float
    images: int


def activation_statistics(
    model: DProtoNet,
    batches: Iterable[PrototypeBatch],
    *,
    device: torch.device | str | None = None,
    images_per_pass: int = 1,
) -> ActivationStatistics:
    """Measure a model's present prototypes; call it after the update was applied.

    Independent of batches and order as :func:`~dprotonet.prototypes.update.update_prototypes` is.
    Memory grows with images × P single numbers.

    Args:
        model: run in eval mode and left as it was.
        batches: the training images, each once.
        device: where to run; None for where the model is.
        images_per_pass: see :mod:`dprotonet.prototypes.update`.

    Raises:
        ValueError: there is no image, or as for ``update_prototypes``.
    """
    prototypes = model.prototypes.detach().cpu().double().numpy()
    rows, labels, ids = [], [], []
    for block in pass_images(model, batches, device=device, images_per_pass=images_per_pass):
        rows.append(similarity_f64(block.vectors, prototypes, model.options.similarity))
        labels.append(block.labels)
        ids.append(block.sample_ids)
    if not rows:
        raise ValueError("There is no image to measure the prototypes on.")
    order = np.argsort(np.concatenate(ids))
    return _statistics(model, np.concatenate(rows)[order], np.concatenate(labels)[order])


def _statistics(
    model: DProtoNet, similarities: np.ndarray, labels: np.ndarray
) -> ActivationStatistics:
    """``similarities (N, P)`` and labels ``(N,)`` or ``(N, K)`` in canonical order."""
    owner = np.array(model.options.prototype_classes)
    own = owned(labels, owner)
    among_own = np.where(own, similarities, -np.inf)
    closest, labelled = among_own.argmax(axis=1), own.any(axis=1)
    percentiles = np.percentile(similarities, PERCENTILES, axis=0)
    duplicates = _duplicates(model, similarities, owner)
    records = []
    for p, name in enumerate(model.prototype_ids):
        column, mine = similarities[:, p], own[:, p]
        marks = {str(q): float(v) for q, v in zip(PERCENTILES, percentiles[:, p], strict=True)}
        records.append(
            PrototypeActivation(
                mean=float(column[mine].mean()) if mine.any() else 0.0,
                mean_others=float(column[~mine].mean()) if not mine.all() else None,
                percentiles=marks,
                closest_share=float((closest[mine] == p).mean()) if mine.any() else 0.0,
                dead=marks["99"] - marks["1"] < _DEAD_RANGE,
                duplicates=duplicates[name],
            )
        )
    near = among_own[labelled].max(axis=1) if labelled.any() else similarities.max(axis=1)
    floor = float(np.percentile(near, _FLOOR_PERCENTILE))
    return ActivationStatistics(tuple(records), floor, len(labels))


def _duplicates(
    model: DProtoNet, similarities: np.ndarray, owner: np.ndarray
) -> dict[str, tuple[str, ...]]:
    """For each prototype's id the ids of its duplicates."""
    vectors = unit_f64(model.prototypes.detach().cpu().numpy())
    centred = unit_f64((similarities - similarities.mean(axis=0)).T)
    is_duplicate = (
        (owner[:, None] == owner)
        & (vectors @ vectors.T >= DUPLICATE_COSINE)
        & (centred @ centred.T >= _DUPLICATE_CORRELATION)
        & ~np.eye(len(owner), dtype=bool)
    )
    ids = model.prototype_ids
    return {
        name: tuple(ids[q] for q in np.flatnonzero(is_duplicate[p])) for p, name in enumerate(ids)
    }
