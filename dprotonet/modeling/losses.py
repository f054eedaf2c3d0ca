"""The training loss: cross-entropy, and what makes prototypes close, apart and of their class.

Cluster, separation and L1 as relatives of the paper have them (ProtoPNet, Chen et al. 2019, section
2.2; XProtoNet); orthogonality as TesNet's (Wang et al. 2021, section 3.2). Ranking is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from dprotonet.modeling.labels import owned
from dprotonet.modeling.model import DProtoNet, Inference, squared_distance

_RANKING_TEMPERATURE = 0.1  # in similarity


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms, without unit.

    Attributes:
        cross_entropy: of the classification error.
        cluster: pulls an image towards its closest prototype of its own class.
        separation: pushes it away from the closest one of another class.
        l1: on last-layer weights from a prototype to classes that are not its own.
        orthogonality: keeps the prototypes of a class at right angles: mean squared cosine between
            two of them (of directions, whatever the similarity).
        ranking: inferred. Images of a prototype's class are to be more similar to it than all other
            images of the batch: a soft count of the pairs in which they are not.
        label_smoothing: fraction of the target that is divided among all classes.
    """

    cross_entropy: float = 1.0
    cluster: float = 0.8
    separation: float = 0.08
    l1: float = 1e-4
    orthogonality: float = 0.0
    ranking: float = 0.0
    label_smoothing: float = 0.0


def prototype_loss(
    inference: Inference,
    labels: Tensor,
    model: DProtoNet,
    weights: LossWeights | None = None,
    *,
    class_weights: Tensor | None = None,
) -> dict[str, Tensor]:
    """All terms, unweighted, and their weighted sum under "total".

    Args:
        inference: of N images.
        labels: ``(N,)`` class indices, or ``(N, K)`` bool of a multi-label model. An image without
            any class has no cluster term, one with all of them no separation.
        model: that made the inference.
        weights: None for the published ones.
        class_weights: ``(K,)``, see :func:`classification_loss`.

    Returns:
        "total" and one scalar for each term that :class:`LossWeights` weighs.
    """
    weights = weights or LossWeights()
    distance = _distance(inference, model)
    own = owned(labels, model.prototype_class)
    terms = {
        "cross_entropy": classification_loss(
            inference.logits, labels, class_weights, weights.label_smoothing
        ),
        "cluster": _nearest(distance, own),
        "separation": _nearest(distance, ~own),
        "l1": _foreign_weights(model).abs().sum(),
        "orthogonality": within_class_overlap(model.prototypes, model.prototype_class),
        "ranking": _wrong_order(distance, own),
    }
    total = (
        weights.cross_entropy * terms["cross_entropy"]
        + weights.cluster * terms["cluster"]
        - weights.separation * terms["separation"]
        + weights.l1 * terms["l1"]
        + weights.orthogonality * terms["orthogonality"]
        + weights.ranking * terms["ranking"]
    )
    return {"total": total, **terms}


def classification_loss(
    logits: Tensor, labels: Tensor, class_weights: Tensor | None = None, smoothing: float = 0.0
) -> Tensor:
    """Cross-entropy of ``(N, K)`` logits, a scalar.

    Args:
        labels: ``(N,)`` class indices: softmax. ``(N, K)`` bool: a sigmoid for each class, mean
            over images and classes.
        class_weights: ``(K,)``: of the images of each class; with sigmoids, of its positives.
        smoothing: fraction of the target that is divided among the classes, or between yes and no.
    """
    if labels.ndim == 1:
        return functional.cross_entropy(
            logits, labels, weight=class_weights, label_smoothing=smoothing
        )
    target = labels.to(logits.dtype) * (1.0 - smoothing) + smoothing / 2
    return functional.binary_cross_entropy_with_logits(logits, target, pos_weight=class_weights)


def _nearest(distance: Tensor, among: Tensor) -> Tensor:
    """Mean distance to the nearest of some prototypes, over the images that have any."""
    has_any = among.any(dim=1)
    if not bool(has_any.any()):
        return distance.sum() * 0.0
    return distance[has_any].masked_fill(~among[has_any], torch.inf).amin(dim=1).mean()


def within_class_overlap(prototypes: Tensor, prototype_class: Tensor) -> Tensor:
    """Mean squared cosine between two prototypes of one class; 0 where no class has two.

    Args:
        prototypes: ``(P, D)``.
        prototype_class: ``(P,)`` class indices.
    """
    unit = functional.normalize(prototypes, dim=1)
    pairs = prototype_class[:, None] == prototype_class
    pairs = pairs & ~torch.eye(len(pairs), dtype=torch.bool, device=pairs.device)
    squares = (unit @ unit.T).square() * pairs
    return squares.sum() / pairs.sum().clamp(min=1)


def _wrong_order(distance: Tensor, own: Tensor) -> Tensor:
    """Mean over prototypes of how often an image of another class is nearer than one of its own.

    Pairs count softly, by a logistic loss at a temperature, so that near misses count too.
    """
    apart = (distance[:, None] - distance[None, :]) / _RANKING_TEMPERATURE  # own, other, P
    pairs = own[:, None] & ~own[None, :]
    losses = functional.softplus(apart) * pairs
    return (losses.sum(dim=(0, 1)) / pairs.sum(dim=(0, 1)).clamp(min=1)).mean()


def _distance(inference: Inference, model: DProtoNet) -> Tensor:
    """``(N, P)`` >= 0: 1 - similarity, or the squared distance where the similarity is its log."""
    if model.options.by_direction:
        return 1.0 - inference.similarities
    return squared_distance(inference.vectors, model.prototypes)


def _foreign_weights(model: DProtoNet) -> Tensor:
    classes = torch.arange(model.head.out_features, device=model.prototype_class.device)
    return model.head.weight[classes[:, None] != model.prototype_class]
