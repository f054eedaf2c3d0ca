"""The set of near-optimal last layers, as an ellipsoid around the trained one.

After Proto-RSet (Donnelly et al. 2025, "Rashomon sets for prototypical-part networks", section 3):
to second order the loss around its optimum W* is loss(W*) + ½ (W − W*)ᵀ H (W − W*), so that all
last layers whose loss is above the optimum by no more than a tolerance fill an ellipsoid. Whether
one of them does without a prototype, or gives one at least some weight, is a closed form.

Inferred: a prototype that is off weighs 0 for every class, not only for its own; the tolerance is a
fraction of the cross-entropy without the ridge, whose zero is arbitrary here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dprotonet.editing.objective import HeadObjective
from dprotonet.editing.quadratic import Constraints, quadratic_step

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RashomonSet:
    """Last layers whose loss is near that of the best one.

    Attributes:
        centre: ``(K, P)``: the best one, W*.
        free: ``(K, P)``: the weights that may differ from 0.
        hessian: ``(F, F)`` of the loss at the centre, of the F free weights.
        gradient: ``(F,)`` at the centre: 0 but where a weight is held at its bound.
        loss: > 0, cross-entropy at the centre.
    """

    centre: Array
    free: NDArray[np.bool_]
    hessian: Array
    gradient: Array
    loss: float

    @classmethod
    def around(
        cls, objective: HeadObjective, centre: Array, free: NDArray[np.bool_]
    ) -> RashomonSet:
        """The set around the optimum of an objective."""
        return cls(
            centre,
            free,
            objective.hessian(centre, free),
            objective.gradient(centre)[free],
            max(objective.cross_entropy(centre), 1e-9),
        )

    def nearest(self, constraints: Constraints) -> tuple[Array, float]:
        """The weights of least loss, to second order, that obey some conditions.

        Args:
            constraints: its free weights are among those of the set.

        Returns:
            ``(K, P)`` weights, and by what fraction of the loss at the centre they raise it. They
            lie in the set of a tolerance where that is not above it.

        Raises:
            ValueError: no weights obey the conditions.
        """
        on = constraints.free[self.free]
        present = self.centre[self.free]
        step = np.where(on, 0.0, -present)
        held = self.hessian[np.ix_(on, ~on)] @ step[~on]
        step[on] = quadratic_step(
            self.hessian[np.ix_(on, on)],
            self.gradient[on] + held,
            constraints.rows,
            constraints.least - constraints.rows @ present[on],
        )
        increase = float(self.gradient @ step + 0.5 * step @ self.hessian @ step)
        weights = np.zeros_like(self.centre)
        weights[self.free] = present + step
        return weights, increase / self.loss

    def removal_increases(self) -> Array:
        """``(P,)``: by what fraction the loss rises, to second order, without each prototype alone.

        In closed form: ½ wᵀ ((H⁻¹) restricted to its weights)⁻¹ w. Bounds at 0 are not kept, so
        that with non-negative weights it is the least it could be.
        """
        inverse = np.linalg.inv(self.hessian)
        prototype_of = np.nonzero(self.free)[1]
        present = self.centre[self.free]
        increases = np.zeros(self.centre.shape[1])
        for p in range(len(increases)):
            at = prototype_of == p
            block = np.linalg.inv(inverse[np.ix_(at, at)])
            increases[p] = 0.5 * present[at] @ block @ present[at]
        return increases / self.loss
