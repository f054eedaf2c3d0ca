"""How distinct the prototypes of a class are, by their vectors alone.

Letters: P prototypes, D depth, K classes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEVELS = {"pairs_above_95": 0.95, "pairs_above_90": 0.9}
"""Keys of the counts of nearly equal pairs, with the cosine from which a pair counts."""


def within_class_cosines(prototypes: Array, owner: NDArray[np.int64]) -> Array:
    """The cosine of every pair of prototypes of one class, each pair once.

    Args:
        prototypes: ``(P, D)``.
        owner: ``(P,)`` class index of each.

    Returns:
        ``(pairs,)`` in [-1, 1]; empty where no class has two.
    """
    first, second = np.triu_indices(len(owner), k=1)
    same = owner[first] == owner[second]
    return _cosines(prototypes)[first[same], second[same]]


def across_class_cosines(prototypes: Array, owner: NDArray[np.int64]) -> Array:
    """The same for every pair of prototypes of two classes."""
    first, second = np.triu_indices(len(owner), k=1)
    other = owner[first] != owner[second]
    return _cosines(prototypes)[first[other], second[other]]


def effective_rank(prototypes: Array) -> float:
    """How many directions some prototypes span, from 1 to the smaller of P and D.

    The exponential of the entropy of the singular values, as fractions of their sum (Roy and
    Vetterli 2007, section 2). The prototypes count with their directions only, so that no long
    vector outweighs the others.

    Args:
        prototypes: ``(P, D)``.
    """
    values = np.linalg.svd(_unit(prototypes), compute_uv=False)
    fractions = values / max(float(values.sum()), 1e-12)
    known = fractions[fractions > 0]
    return float(np.exp(-(known * np.log(known)).sum()))


def effective_ranks(prototypes: Array, owner: NDArray[np.int64], classes: int) -> list[float]:
    """:func:`effective_rank` of each of the K classes."""
    return [effective_rank(prototypes[owner == k]) for k in range(classes)]


def vector_figures(
    prototypes: Array, owner: NDArray[np.int64], classes: tuple[str, ...]
) -> dict[str, Any]:
    """All figures of this module as plain values; None where no class has two prototypes.

    Args:
        prototypes: ``(P, D)``.
        owner: ``(P,)`` class index of each.
    """
    cosines = within_class_cosines(prototypes, owner)
    across = across_class_cosines(prototypes, owner)
    ranks = effective_ranks(prototypes, owner, len(classes))
    return {
        "within_class_cosine": _rounded(cosines.mean()) if len(cosines) else None,
        "largest_cosine": _rounded(cosines.max()) if len(cosines) else None,
        "largest_cosine_across_classes": _rounded(across.max()) if len(across) else None,
        "pairs": len(cosines),
        **{key: int((cosines > level).sum()) for key, level in LEVELS.items()},
        "effective_rank": _rounded(np.mean(ranks)),
        "effective_rank_by_class": {
            name: _rounded(rank) for name, rank in zip(classes, ranks, strict=True)
        },
    }


def _unit(prototypes: Array) -> Array:
    lengths = np.linalg.norm(prototypes, axis=1, keepdims=True)
    return prototypes / np.maximum(lengths, 1e-12)


def _cosines(prototypes: Array) -> Array:
    unit = _unit(prototypes)
    return np.clip(unit @ unit.T, -1.0, 1.0)


def _rounded(value: Any) -> float:
    return round(float(value), 4)
