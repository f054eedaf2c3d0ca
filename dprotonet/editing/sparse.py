"""The last layer of least loss under an L1 penalty on some weights: a convex problem.

ProtoPNet fits its last layer so (Chen et al. 2019, section 2.2, "convex optimization of last
layer"): cross-entropy plus L1 on the weights from a prototype to classes that are not its own, so
that a class is called for what is there. The ridge of the objective is ours: with it there is one
optimum also where the images can be separated.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dprotonet.editing.objective import HeadObjective

Array = NDArray[np.float64]
L1 = 1e-4
"""Weight of the penalty (Chen et al. 2019, supplement: settings of the last layer)."""
_STEPS = 5000
_MOVE = 1e-8  # of any weight, below which a step is the last


def fit_sparse(
    objective: HeadObjective, penalised: NDArray[np.bool_], start: Array, *, l1: float = L1
) -> Array:
    """The weights of least ``objective.value(W) + l1 · Σ |W[penalised]|``.

    Proximal gradient steps with momentum (FISTA, Beck & Teboulle 2009, section 4), whose length is
    found by halving, and whose momentum begins again where it leads uphill (O'Donoghue & Candès
    2015).

    Args:
        objective: convex.
        penalised: ``(K, P)``.
        start: ``(K, P)``; the optimum does not depend on it.
        l1: >= 0.

    Returns:
        ``(K, P)``, with zeros where the penalty holds a weight.

    Raises:
        ValueError: ``l1`` is negative, or the shapes differ.
    """
    if l1 < 0:
        raise ValueError(f"l1 must be at least 0, not {l1}.")
    if penalised.shape != start.shape:
        raise ValueError("There are not as many penalties as weights.")
    thresholds = np.where(penalised, l1, 0.0)
    current = ahead = start.astype(np.float64)
    length, momentum = 1.0, 1.0
    for _ in range(_STEPS):
        slope, value = objective.gradient(ahead), objective.value(ahead)
        length *= 2.0
        while True:
            following = _shrunk(ahead - length * slope, length * thresholds)
            step = following - ahead
            bound = value + float((slope * step).sum()) + float(np.square(step).sum()) / length / 2
            if objective.value(following) <= bound + 1e-12 or length < 1e-12:
                break
            length /= 2.0
        move = following - current
        if float(((ahead - following) * move).sum()) > 0:  # uphill
            ahead, momentum = following, 1.0
        else:
            grown = (1.0 + np.sqrt(1.0 + 4.0 * momentum**2)) / 2.0
            ahead, momentum = following + (momentum - 1.0) / grown * move, grown
        current = following
        if float(np.abs(move).max()) < _MOVE and float(np.abs(step).max()) < _MOVE:
            break
    return current


def _shrunk(weights: Array, by: Array) -> Array:
    """Each weight moved towards 0, at most onto it."""
    return np.asarray(np.sign(weights) * np.maximum(np.abs(weights) - by, 0.0))
