"""Every prototype is used: terms that fall when each prototype of a class has images of its own.

Two forms, both over the images of one batch:

* "tanh" after PIP-Net (Nauta et al. 2023, section 3.2): -log tanh of the sum of a prototype's
  activations, so that one image of the batch is enough. Theirs sums over all images, since their
  prototypes belong to no class; here over those of the prototype's own class.
* "entropy": how far the mean soft assignment of a class's images to its prototypes is from even.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from dprotonet.modeling.labels import owned

UsageKind = Literal["none", "tanh", "entropy"]

# Below this sum the term goes on as a straight line, so that a prototype that nothing resembles has
# a bounded gradient (of 1 / this) and not none.
_LEAST_SUM = 0.05
ASSIGNMENT_TEMPERATURE = 0.1
"""Of the soft assignment, in units of the similarity."""


def usage_loss(similarities: Tensor, labels: Tensor, owner: Tensor, kind: UsageKind) -> Tensor:
    """How unevenly the prototypes are used, a scalar >= 0; 0 for "none".

    Args:
        similarities: ``(N, P)`` of the images of one batch.
        labels: ``(N,)`` class indices, or ``(N, K)`` bool of a multi-label model.
        owner: ``(P,)`` class index of each prototype.
        kind: "tanh": mean of -log tanh(sum of the positive similarities to the images of the
            prototype's class), over the prototypes whose class the batch has. "entropy": 1 - H /
            log J, in [0, 1], of the mean assignment of a class's images to its J prototypes
            (softmax of similarity / 0.1), mean over the classes of the batch with J > 1.

    Raises:
        ValueError: there is no such kind.
    """
    if kind == "none":
        return similarities.new_zeros(())
    own = owned(labels, owner)
    if kind == "tanh":
        return _tanh(similarities, own)
    if kind == "entropy":
        return _entropy(similarities, own, owner)
    raise ValueError(f"kind must be none, tanh or entropy, not {kind!r}.")


def _tanh(similarities: Tensor, own: Tensor) -> Tensor:
    present = own.any(dim=0)
    if not bool(present.any()):
        return similarities.sum() * 0.0
    among, own = similarities[:, present], own[:, present]
    # Where no activation is positive, the highest one stands for the sum.
    highest = among.masked_fill(~own, -torch.inf).amax(dim=0).clamp(max=0.0)
    total = (among.clamp(min=0.0) * own).sum(dim=0) + highest
    inside = total.clamp(min=_LEAST_SUM)
    return (-inside.tanh().log() + (inside - total) / _LEAST_SUM).mean()


def _entropy(similarities: Tensor, own: Tensor, owner: Tensor) -> Tensor:
    terms = []
    for k in owner.unique().tolist():
        columns = owner == k
        images, count = own[:, columns].any(dim=1), int(columns.sum())
        if count < 2 or not bool(images.any()):
            continue
        assignment = (similarities[images][:, columns] / ASSIGNMENT_TEMPERATURE).softmax(dim=1)
        mean = assignment.mean(dim=0)
        entropy = -(mean * mean.clamp(min=1e-12).log()).sum()
        terms.append(1.0 - entropy / torch.log(entropy.new_tensor(float(count))))
    return torch.stack(terms).mean() if terms else similarities.sum() * 0.0
