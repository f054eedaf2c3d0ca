"""What a concept's axis does for the classes: shuffled, and switched off.

An axis that is switched off has its mean of the training images in every image: what is left knows
nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dprotonet.modeling.concepts.model import ConceptNet
from training.data.concept_table import NO, YES
from training.evaluation.metrics import Array, auroc

SHUFFLES = 20


def logits_with(network: ConceptNet, activations: Array) -> Array:
    """``(n, D)`` activations to ``(n, K)`` logits by the network's last layer."""
    head = network.head
    weight = head.weight.detach().double().cpu().numpy()
    bias = head.bias.detach().double().cpu().numpy()
    logits: Array = activations @ weight.T + bias
    return logits


def switched_off(activations: Array, axis: int, level: float) -> Array:
    """The same with one axis at this level in every image."""
    changed = activations.copy()
    changed[:, axis] = level
    return changed


def permutation_importance(
    network: ConceptNet, activations: Array, labels: NDArray[np.int64], axis: int, *, seed: int = 0
) -> float:
    """By how much the AUROC of the classes falls where an axis is shuffled among the images.

    Args:
        activations: ``(n, D)``.
        labels: ``(n,)`` class indices, or ``(n, K)`` bool.
    """
    chance = np.random.default_rng(seed)
    whole = auroc(_probabilities(network, activations, labels), labels)
    fallen = []
    for _ in range(SHUFFLES):
        changed = activations.copy()
        changed[:, axis] = chance.permutation(changed[:, axis])
        fallen.append(whole - auroc(_probabilities(network, changed, labels), labels))
    return float(np.mean(fallen))


@dataclass(frozen=True)
class Pull:
    """How often images without a class are called it, as they show a concept or not.

    Attributes:
        shown: share among the images that show the concept; None where there is none.
        absent: among those that do not.
    """

    shown: float | None
    absent: float | None


def pull(
    network: ConceptNet,
    activations: Array,
    labels: NDArray[np.int64],
    shown: NDArray[np.int8],
    label: int,
) -> Pull:
    """How far a concept pulls images towards a class that they do not have.

    Args:
        activations: ``(n, D)``.
        labels: ``(n,)`` class indices.
        shown: ``(n,)``, a column of the concept table.
        label: the class.
    """
    called = logits_with(network, activations).argmax(axis=1) == label
    others = labels != label

    def share(among: NDArray[np.bool_]) -> float | None:
        return float(called[among].mean()) if among.any() else None

    return Pull(share(others & (shown == YES)), share(others & (shown == NO)))


def _probabilities(network: ConceptNet, activations: Array, labels: NDArray[np.int64]) -> Array:
    logits = torch.from_numpy(logits_with(network, activations))
    read = logits.sigmoid() if labels.ndim == 2 else logits.softmax(dim=1)
    probabilities: Array = read.numpy()
    return probabilities
