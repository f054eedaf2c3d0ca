"""The loss of a last layer on fixed similarities: a logistic regression with a ridge.

With the backbone and the prototypes fixed, the last layer is a (multinomial or, for multi-label
images, binary) logistic regression without intercept: its loss is convex, with a gradient and a
Hessian in closed form (Donnelly et al. 2025, Proto-RSet, section 3). Theirs has a ridge towards 0.
Inferred here: ours pulls towards an anchor, see :func:`implied_anchor`.

Letters: N training images, P prototypes, K classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dprotonet.prototypes.responses import RIDGE, Responses, running_groups

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HeadObjective:
    """Mean cross-entropy of the training images plus ridge / 2 · ‖W − anchor‖².

    Attributes:
        inputs: ``(N, P)`` float64: similarities times the network's similarity scale.
        targets: ``(N, K)`` >= 0: how much an image's loss weighs -log p of each class; for
            multi-label images -log p of its presence.
        absent: ``(N, K)`` >= 0: the same of its absence; None under a softmax.
        anchor: ``(K, P)``.
        ridge: >= 0: one for all weights, or ``(P,)``, one for the weights of each prototype.
    """

    inputs: Array
    targets: Array
    absent: Array | None
    anchor: Array
    ridge: float | Array

    def cross_entropy(self, weights: Array) -> float:
        """The loss of ``(K, P)`` weights without the ridge."""
        logits = self.inputs @ weights.T
        if self.absent is None:
            return float((self.targets * -_log_softmax(logits)).sum())
        present = np.logaddexp(0.0, -logits)
        return float((self.targets * present + self.absent * (present + logits)).sum())

    def value(self, weights: Array) -> float:
        """The loss with the ridge."""
        pull = 0.5 * float((self.ridge * np.square(weights - self.anchor)).sum())
        return self.cross_entropy(weights) + pull

    def gradient(self, weights: Array) -> Array:
        """``(K, P)``."""
        slope = self._errors(weights).T @ self.inputs
        return np.asarray(slope + self.ridge * (weights - self.anchor))

    def hessian(self, weights: Array, free: NDArray[np.bool_]) -> Array:
        """``(F, F)``, of the F weights that ``free (K, P)`` marks, row by row."""
        logits, classes = self.inputs @ weights.T, len(weights)
        columns = [np.flatnonzero(row) for row in free]
        starts = np.concatenate(([0], np.cumsum([len(at) for at in columns])))
        hessian = np.zeros((starts[-1], starts[-1]))
        p = np.exp(_log_softmax(logits)) if self.absent is None else _sigmoid(logits)
        total = self.targets.sum(axis=1)
        for k in range(classes):
            for other in range(k + 1):
                if self.absent is not None:
                    if other != k:
                        continue
                    curve = (self.targets + self.absent)[:, k] * p[:, k] * (1.0 - p[:, k])
                else:
                    curve = total * p[:, k] * ((1.0 if other == k else 0.0) - p[:, other])
                block = (self.inputs[:, columns[k]] * curve[:, None]).T
                block = block @ self.inputs[:, columns[other]]
                rows = slice(starts[k], starts[k + 1])
                across = slice(starts[other], starts[other + 1])
                hessian[rows, across] = block
                hessian[across, rows] = block.T
        hessian[np.diag_indices_from(hessian)] += np.broadcast_to(self.ridge, free.shape)[free]
        return hessian

    def _errors(self, weights: Array) -> Array:
        """``(N, K)``: the gradient with respect to the logits."""
        logits = self.inputs @ weights.T
        if self.absent is None:
            p = np.exp(_log_softmax(logits))
            return np.asarray(p * self.targets.sum(axis=1, keepdims=True) - self.targets)
        return np.asarray(_sigmoid(logits) * (self.targets + self.absent) - self.targets)


def objective_of(responses: Responses, scale: float) -> HeadObjective:
    """The loss of a bundle's last layer.

    Args:
        responses: of the bundle.
        scale: the network's similarity scale, exp(log_scale).
    """
    train = ~responses.validation
    return head_objective(
        responses.similarities[train].astype(np.float64) * scale,
        responses.labels[train],
        responses.class_weights,
        responses.label_smoothing,
        anchor=responses.anchor,
        ridge=responses.ridge,
    )


def head_objective(
    inputs: Array,
    labels: NDArray[np.int64] | NDArray[np.bool_],
    class_weights: Array,
    label_smoothing: float,
    *,
    anchor: Array,
    ridge: float = RIDGE,
) -> HeadObjective:
    """The loss on given images, weighed as training's loss weighs them.

    Args:
        inputs: ``(N, P)`` float64: similarities times the similarity scale.
        labels: ``(N,)`` class indices, or ``(N, K)`` bool.
        class_weights: ``(K,)``.
        label_smoothing: in [0, 1).
        anchor: ``(K, P)`` that the ridge pulls to.
        ridge: > 0.
    """
    targets, absent = _targets(labels, class_weights, label_smoothing)
    return HeadObjective(inputs, targets, absent, anchor, ridge)


def responses_around(
    weights: Array,
    scale: float,
    *,
    similarities: NDArray[np.float32],
    labels: NDArray[np.int64] | NDArray[np.bool_],
    validation: NDArray[np.bool_],
    patients: Sequence[str],
    class_weights: Array | None = None,
    label_smoothing: float = 0.0,
    nonnegative: bool = False,
) -> Responses:
    """The responses of a bundle whose last layer came from training.

    Args:
        weights: ``(K, P)`` of that last layer; the anchor is such that it is the optimum.
        scale: the network's similarity scale.
        similarities: ``(N, P)`` of training and validation images.
        labels: ``(N,)`` class indices, or ``(N, K)`` bool.
        validation: ``(N,)``.
        patients: N names; only which images share one is kept.
        class_weights: ``(K,)`` of the classes in training's loss; None for 1 each.
        label_smoothing: of training's loss.
        nonnegative: see :class:`Responses`.
    """
    classes, weights = len(weights), weights.astype(np.float64)
    responses = Responses(
        similarities.astype(np.float32),
        labels.astype(bool) if labels.ndim == 2 else labels.astype(np.int64),
        validation.astype(bool),
        running_groups(patients),
        np.zeros(weights.shape),
        np.ones(classes) if class_weights is None else class_weights.astype(np.float64),
        label_smoothing,
        RIDGE,
        nonnegative,
    )
    return replace(responses, anchor=implied_anchor(weights, objective_of(responses, scale)))


def implied_anchor(weights: Array, objective: HeadObjective) -> Array:
    """The anchor under which a trained last layer is the optimum.

    A last layer from training is not the optimum of any textbook loss: it was pulled to its weights
    of the joint phase and stopped after some steps. With the anchor at W + gradient / ridge the
    whole gradient at W is zero, so that an edit which changes nothing gives W back, and what an
    edit costs is measured from there.

    Args:
        weights: ``(K, P)`` of the trained last layer.
        objective: its anchor does not matter.

    Returns:
        ``(K, P)``.
    """
    slope = objective.gradient(weights) - objective.ridge * (weights - objective.anchor)
    return np.asarray(weights + slope / objective.ridge)


def _targets(
    labels: NDArray[np.int64] | NDArray[np.bool_], class_weights: Array, smoothing: float
) -> tuple[Array, Array | None]:
    """As torch weighs them: cross_entropy with weight and label_smoothing, or
    binary_cross_entropy_with_logits with pos_weight on smoothed targets."""
    classes = len(class_weights)
    if labels.ndim == 2:
        present = labels.astype(np.float64) * (1.0 - smoothing) + smoothing / 2
        return present * class_weights / labels.size, (1.0 - present) / labels.size
    one_hot = np.eye(classes)[labels]
    whole = class_weights[labels].sum()
    return (one_hot * (1.0 - smoothing) + smoothing / classes) * class_weights / whole, None


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _sigmoid(logits: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)))
