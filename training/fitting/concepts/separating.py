"""Directions at right angles that, all together, tell images which show concepts from those which
do not.

The best direction for each concept alone is not at right angles to the others', and the rotation
nearest to them gives up what they share. Here a logistic regression for each concept is fitted
under the condition itself, so that each finds another way to say nearly the same. Ours.

Letters: n images, D axes, k concepts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.data.concept_table import UNKNOWN, YES
from training.evaluation.metrics import Array, binary_auroc

SOFTNESS = (0.003, 0.03, 0.3, 3.0, 30.0, 300.0)  # as sklearn's C: the best on validation
_STEPS = 200  # of L-BFGS
_TURNS = 40  # of Newton's iteration towards orthogonal rows


class Shown(NamedTuple):
    """Whitened mean cells ``(n, D)`` of images, and what they show, ``(n, k)`` as in a concept
    table."""

    cells: Array
    values: NDArray[np.int8]

    def known(self, concept: int) -> tuple[Array, NDArray[np.bool_]]:
        """The cells of images of which a concept is known, and whether they show it."""
        known = self.values[:, concept] != UNKNOWN
        return self.cells[known], self.values[known, concept] == YES


def separating_directions(train: Shown, validation: Shown, start: Array) -> Array:
    """Orthonormal directions, as smooth as is best on validation images.

    Args:
        start: ``(k, D)``, linearly independent.

    Returns:
        ``(k, D)``; where validation images do not say, as smooth as can be.
    """
    found = [_fitted(train, start, softness) for softness in SOFTNESS]
    told = [mean_auroc(directions, validation) for directions in found]
    return found[int(np.argmax(told))]


def mean_auroc(directions: Array, images: Shown) -> float:
    """Of ``(k, D)`` directions for their concepts; those that images do not say are left out."""
    told = []
    for concept, towards in enumerate(directions):
        cells, shown = images.known(concept)
        if shown.any() and not shown.all():
            told.append(float(binary_auroc(cells @ towards, shown, np.ones((1, len(shown))))[0]))
    return float(np.mean(told)) if told else 0.0


def _fitted(train: Shown, start: Array, softness: float) -> Array:
    cells = torch.from_numpy(np.ascontiguousarray(train.cells, dtype=np.float64))
    shown = torch.from_numpy(train.values == YES)
    weights = torch.from_numpy(_weights(train.values))
    free = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    scale = torch.ones(len(start), dtype=torch.float64, requires_grad=True)
    offset = torch.zeros(len(start), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [free, scale, offset], max_iter=_STEPS, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits = cells @ _orthonormal(free).T * scale + offset
        told = torch.nn.functional.softplus(torch.where(shown, -logits, logits))
        total = (weights * told).sum() + scale.square().sum() / (2 * softness)
        total.backward()
        return total

    optimizer.step(loss)
    left, _, right = np.linalg.svd(free.detach().numpy(), full_matrices=False)
    directions: Array = np.sign(scale.detach().numpy())[:, None] * (left @ right)
    return directions


def _weights(values: NDArray[np.int8]) -> Array:
    """Images that show a concept count together as much as those that do not; unknown ones not."""
    weights = np.zeros(values.shape)
    for concept, column in enumerate(values.T):
        known = column != UNKNOWN
        for among in (known & (column == YES), known & (column != YES)):
            weights[among, concept] = known.sum() / max(2 * among.sum(), 1)
    return weights


def _orthonormal(rows: Tensor) -> Tensor:
    """The nearest orthonormal rows, by Newton's iteration, whose gradient needs no distinct
    singular values."""
    turned = rows / torch.linalg.matrix_norm(rows)
    for _ in range(_TURNS):
        turned = 1.5 * turned - 0.5 * turned @ turned.T @ turned
    return turned


def unit_rows(aims: Sequence[Array]) -> Array:
    """Directions of length one, ``(k, D)``."""
    rows = np.stack(list(aims))
    lengths: Array = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    units: Array = rows / lengths
    return units
