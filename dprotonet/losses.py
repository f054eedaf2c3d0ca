"""The training loss: cross-entropy, cluster, separation, and L1 on the last layer.

Weights as relatives of the paper use them (ProtoPNet, Chen et al. 2019, section 2.2; XProtoNet).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from dprotonet.model import DProtoNet, Inference, squared_distance


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms, without unit.

    Attributes:
        cross_entropy: of the classification error.
        cluster: pulls an image towards its closest prototype of its own class.
        separation: pushes it away from the closest one of another class.
        l1: on last-layer weights from a prototype to classes that are not its own.
        label_smoothing: share of the target that is spread over all classes.
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
        labels: ``(N,)`` class indices.
        model: that made the inference.
        weights: None for the published ones.
        class_weights: ``(K,)`` for the cross-entropy of uneven classes.

    Returns:
        "total", "cross_entropy", "cluster", "separation" and "l1", each a scalar.
    """
    weights = weights or LossWeights()
    distance = _distance(inference, model)
    own = labels[:, None] == model.prototype_class
    terms = {
        "cross_entropy": functional.cross_entropy(
            inference.logits,
            labels,
            weight=class_weights,
            label_smoothing=weights.label_smoothing,
        ),
        "cluster": distance.masked_fill(~own, torch.inf).amin(dim=1).mean(),
        "separation": distance.masked_fill(own, torch.inf).amin(dim=1).mean(),
        "l1": _foreign_weights(model).abs().sum(),
    }
    total = (
        weights.cross_entropy * terms["cross_entropy"]
        + weights.cluster * terms["cluster"]
        - weights.separation * terms["separation"]
        + weights.l1 * terms["l1"]
    )
    return {"total": total, **terms}


def _distance(inference: Inference, model: DProtoNet) -> Tensor:
    """``(N, P)`` >= 0: 1 - similarity, or the squared distance where the similarity is its log."""
    if model.options.by_direction:
        return 1.0 - inference.similarities
    return squared_distance(inference.vectors, model.prototypes)


def _foreign_weights(model: DProtoNet) -> Tensor:
    classes = torch.arange(model.head.out_features, device=model.prototype_class.device)
    return model.head.weight[classes[:, None] != model.prototype_class]
