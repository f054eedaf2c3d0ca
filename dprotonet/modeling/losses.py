"""The training loss: cross-entropy, cluster, separation, and L1 on the last layer.

Weights as relatives of the paper use them (ProtoPNet, Chen et al. 2019, section 2.2; XProtoNet).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from dprotonet.modeling.labels import owned
from dprotonet.modeling.model import DProtoNet, Inference, squared_distance


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms, without unit.

    Attributes:
        cross_entropy: of the classification error.
        cluster: pulls an image towards its closest prototype of its own class.
        separation: pushes it away from the closest one of another class.
        l1: on last-layer weights from a prototype to classes that are not its own.
        label_smoothing: fraction of the target that is divided among all classes.
    """

    cross_entropy: float = 1.0
    cluster: float = 0.8
    separation: float = 0.08
    l1: float = 1e-4
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
        "total", "cross_entropy", "cluster", "separation" and "l1", each a scalar.
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
    }
    total = (
        weights.cross_entropy * terms["cross_entropy"]
        + weights.cluster * terms["cluster"]
        - weights.separation * terms["separation"]
        + weights.l1 * terms["l1"]
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


def _distance(inference: Inference, model: DProtoNet) -> Tensor:
    """``(N, P)`` >= 0: 1 - similarity, or the squared distance where the similarity is its log."""
    if model.options.by_direction:
        return 1.0 - inference.similarities
    return squared_distance(inference.vectors, model.prototypes)


def _foreign_weights(model: DProtoNet) -> Tensor:
    classes = torch.arange(model.head.out_features, device=model.prototype_class.device)
    return model.head.weight[classes[:, None] != model.prototype_class]
