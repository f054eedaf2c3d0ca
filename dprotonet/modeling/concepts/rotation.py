"""Turns the axes so that each concept lies along its own, without leaving the rotations.

Source: Chen, Bei & Rudin 2020, section 3.3 and algorithm 1, and its released code; the step along
the Stiefel manifold is that of Wen & Yin 2013, "A feasible method for optimization with
orthogonality constraints", whose lemma 4 needs the inverse of a 2k × 2k matrix alone.
Letters: C channels, k concepts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from dprotonet.modeling.concepts.activation import places
from dprotonet.modeling.concepts.options import DEFAULT_MODE, ActivationMode
from dprotonet.modeling.concepts.whitening import ConceptWhitening

KEPT = 0.95  # of a concept's gradient, a batch
SUFFICIENT_DECREASE, CURVATURE = 1e-4, 0.9  # Wolfe's two conditions
FIRST_STEP = 1000.0
MOST_LOOKS = 100  # at steps of one search; halving 1000 so often leaves none
STEPS = 2  # of each update


@dataclass(frozen=True)
class Search:
    """One step: how long it was, and what it gained.

    Attributes:
        step: τ, 0 where the search found none.
        looks: steps that were tried.
        before: the mean activation of the concepts on their own axes, by the gradients at hand.
        after: the same afterwards.
    """

    step: float
    looks: int
    before: float
    after: float


class ConceptGradients:
    """The moving means of each concept's gradient, ``(k, C)``, beside the layer.

    What the released code keeps in a sum that is never cleared is a mean here.
    """

    def __init__(self, concepts: int, channels: int) -> None:
        self.sums = torch.zeros(concepts, channels, dtype=torch.float64)
        self._weights = torch.zeros(concepts, dtype=torch.float64)

    def add(
        self,
        layer: ConceptWhitening,
        features: Tensor,
        concept: int,
        mode: ActivationMode = DEFAULT_MODE,
    ) -> None:
        """Take in a batch ``(N, C, h, w)`` of images that show a concept, in front of the layer."""
        with torch.no_grad():
            whitened = layer.whitened(features)
            axis = torch.einsum("c,nchw->nhw", layer.rotation[concept], whitened)
            weights = places(axis[:, None], mode)
            mean = (whitened * weights).sum(dim=(2, 3)).mean(dim=0).double().cpu()
        self.sums[concept].lerp_(-mean, 1.0 - KEPT)
        self._weights[concept].lerp_(torch.ones((), dtype=torch.float64), 1.0 - KEPT)

    def state_dict(self) -> dict[str, Tensor]:
        """For a checkpoint."""
        return {"sums": self.sums, "weights": self._weights}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a checkpoint."""
        self.sums.copy_(state["sums"])
        self._weights.copy_(state["weights"])

    @property
    def means(self) -> Tensor:
        """``(k, C)``: minus the direction of each concept; 0 of one that had no batch yet."""
        return self.sums / self._weights.clamp_min(torch.finfo(torch.float64).tiny)[:, None]


def turn(layer: ConceptWhitening, gradients: ConceptGradients) -> list[Search]:
    """Turn a layer's axes towards the concepts, in place; returns the searches of its steps."""
    searches = []
    rotation = layer.rotation.detach().double().cpu()
    for _ in range(STEPS):
        rotation, search = cayley_step(rotation, gradients.means)
        searches.append(search)
    layer.rotation.copy_(_orthonormal(rotation))
    return searches


def cayley_step(rotation: Tensor, gradient: Tensor) -> tuple[Tensor, Search]:
    """One step down the linear function F(R) = ⟨G, R⟩ among the rotations.

    A = G Rᵀ − R Gᵀ, R(τ) = (I + τ/2 A)⁻¹ (I − τ/2 A) R, and τ by bisection until Wolfe's two
    conditions hold.

    Args:
        rotation: ``(C, C)`` orthonormal.
        gradient: ``(k, C)``, the first k rows of G; the others are 0.

    Returns:
        The rotation afterwards, and how it was found.
    """
    concepts, channels = gradient.shape
    along = rotation @ gradient.T  # (C, k)
    own = torch.eye(channels, concepts, dtype=rotation.dtype, device=rotation.device)
    left, right = torch.cat([own, along], dim=1), torch.cat([along, -own], dim=1)  # A = left rightᵀ
    inner = right.T @ left
    small = torch.eye(2 * concepts, dtype=rotation.dtype, device=rotation.device)

    def undone(step: float, matrix: Tensor) -> Tensor:
        """(I + τ/2 A)⁻¹ of a matrix, by Sherman, Morrison and Woodbury."""
        core: Tensor = torch.linalg.solve(small + step / 2 * inner, right.T @ matrix)
        return matrix - step / 2 * left @ core

    def value(turned: Tensor) -> float:
        return float((gradient * turned[:concepts]).sum())

    before = value(rotation)
    slope = -0.5 * float((left @ right.T).square().sum())
    if slope == 0.0:
        return rotation, Search(0.0, 0, -before / concepts, -before / concepts)
    step, shortest, longest = FIRST_STEP, 0.0, float("inf")
    for looks in range(1, MOST_LOOKS + 1):
        turned = rotation - step * undone(step, left @ (right.T @ rotation))
        here = -value(undone(step, left @ (right.T @ ((rotation + turned) / 2))))
        if value(turned) > before + SUFFICIENT_DECREASE * step * slope:
            longest = step
        elif here < CURVATURE * slope and longest < float("inf"):
            shortest = step
        else:
            return turned, Search(step, looks, -before / concepts, -value(turned) / concepts)
        step = (shortest + longest) / 2
    return rotation, Search(0.0, MOST_LOOKS, -before / concepts, -before / concepts)


def _orthonormal(rotation: Tensor) -> Tensor:
    """The nearest rotation: many steps in finite arithmetic leave them by a little."""
    left, _, right = torch.linalg.svd(rotation)
    nearest: Tensor = left @ right
    return nearest
