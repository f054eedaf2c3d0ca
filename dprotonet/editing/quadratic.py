"""The minimum of a quadratic under linear inequalities, and of a convex loss by such steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import nnls

from dprotonet.editing.objective import HeadObjective

Array = NDArray[np.float64]
_STEPS, _HALVINGS = 40, 30
_DECREMENT = 1e-11  # of the loss, below which a Newton step is the last


@dataclass(frozen=True, eq=False)
class Constraints:
    """What last-layer weights ``(K, P)`` must obey.

    Attributes:
        free: ``(K, P)``: the others are 0.
        rows: ``(R, F)``: of linear inequalities on the F free weights, row by row: rows @ w >=
            least.
        least: ``(R,)``.
    """

    free: NDArray[np.bool_]
    rows: Array
    least: Array

    def spread(self, values: Array) -> Array:
        """``(F,)`` values of free weights as ``(K, P)`` weights."""
        weights = np.zeros(self.free.shape)
        weights[self.free] = values
        return weights


def quadratic_step(hessian: Array, gradient: Array, rows: Array, least: Array) -> Array:
    """The step d of least ½ dᵀHd + gᵀd under rows @ d >= least.

    Least-distance programming by non-negative least squares (Lawson and Hanson 1974, chapter 23).

    Args:
        hessian: ``(F, F)``, positive definite.
        gradient: ``(F,)``.
        rows: ``(R, F)``.
        least: ``(R,)``.

    Returns:
        ``(F,)``.

    Raises:
        ValueError: no step obeys the inequalities.
    """
    factor = cho_factor(hessian, lower=True)
    unbound = -cho_solve(factor, gradient)
    if not len(rows) or (rows @ unbound >= least).all():
        return np.asarray(unbound)
    across = solve_triangular(np.tril(factor[0]), rows.T, lower=True).T  # rows @ L⁻ᵀ
    missing = least - rows @ unbound
    size = max(1.0, float(np.abs(missing).max()))  # so that the 1 below stands beside numbers of 1
    stacked = np.vstack([across.T, missing[None] / size])
    goal = np.zeros(len(stacked))
    goal[-1] = 1.0
    solution, distance = nnls(stacked, goal, maxiter=50 * stacked.shape[1])
    residual = stacked @ solution - goal
    if distance < 1e-10:
        raise ValueError("No weights obey these conditions.")
    away = -residual[:-1] / residual[-1] * size
    return np.asarray(unbound + solve_triangular(np.tril(factor[0]).T, away, lower=False))


def fit_weights(objective: HeadObjective, constraints: Constraints, start: Array) -> Array:
    """The weights of least loss under constraints, by Newton steps that obey them.

    Args:
        objective: convex.
        constraints: what weights must obey.
        start: ``(K, P)``; where it does not obey them, the first step leads to where they hold.

    Returns:
        ``(K, P)``, where the loss falls by less than 1e-11 in one more step.

    Raises:
        ValueError: no weights obey the constraints.
    """
    free = constraints.free
    current = start[free].astype(np.float64)
    obeys = _obeys(constraints, current)
    for _ in range(_STEPS):
        weights = constraints.spread(current)
        slope = objective.gradient(weights)[free]
        step = quadratic_step(
            objective.hessian(weights, free),
            slope,
            constraints.rows,
            constraints.least - constraints.rows @ current,
        )
        if not obeys:  # a whole step: only its end is sure to obey
            current, obeys = current + step, True
            continue
        fall = float(slope @ step)
        if fall > -_DECREMENT:
            break
        current = _shortened(objective, constraints, current, step, fall)
    return constraints.spread(current)


def _obeys(constraints: Constraints, values: Array) -> bool:
    return bool((constraints.rows @ values >= constraints.least - 1e-9).all())


def _shortened(
    objective: HeadObjective, constraints: Constraints, current: Array, step: Array, fall: float
) -> Array:
    """The first of step, step / 2, … after which the loss fell enough (Armijo 1966)."""
    before = objective.value(constraints.spread(current))
    length = 1.0
    for _ in range(_HALVINGS):
        after = objective.value(constraints.spread(current + length * step))
        if after <= before + 0.1 * length * fall:
            return np.asarray(current + length * step)
        length /= 2
    return current
