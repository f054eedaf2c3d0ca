"""REFINED's places of attributes (Bazgir et al. 2020, "Representation of features as images with
neighborhood dependencies"): multidimensional scaling, then hill climbing.

As published, attributes whose values over the training rows lie close are to be close on the grid.
Two things are ours: one process climbs, attribute by attribute, and what it compares is free of
scale, so that neither the number of rows nor that of cells says which places are good.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

ROUNDS = 5  # in which every attribute may move once, as published
_AROUND = tuple(step for step in product((-1, 0, 1), repeat=2) if step != (0, 0))


def refined_places(units: np.ndarray, seed: int) -> tuple[tuple[int, int], ...]:
    """Row and column of each attribute, on a square of as few cells as hold all of them.

    Args:
        units: ``(N, A)`` of the training rows, in [0, 1].
        seed: of the scaling's start.
    """
    from scipy.spatial.distance import pdist, squareform

    side = math.ceil(math.sqrt(units.shape[1]))
    apart = squareform(pdist(units.T))
    if not apart.any():  # one attribute, or all the same
        return tuple(divmod(number, side) for number in range(len(apart)))
    places = climbed(_start(apart, side, seed), apart, side)
    return tuple((int(row), int(column)) for row, column in places)


def _start(apart: np.ndarray, side: int, seed: int) -> np.ndarray:
    """``(A, 2)`` cells nearest to the attributes' ranks in the plane, no cell twice."""
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist
    from sklearn.manifold import MDS

    plane = MDS(
        n_components=2, metric="precomputed", n_init=1, init="random", random_state=seed
    ).fit_transform(apart)
    ranks = (plane.argsort(axis=0).argsort(axis=0) + 0.5) * side / len(apart)
    cells = np.array(list(product(range(side), repeat=2)))
    return cells[linear_sum_assignment(cdist(ranks, cells + 0.5, "sqeuclidean"))[1]]


def climbed(places: np.ndarray, apart: np.ndarray, side: int) -> np.ndarray:
    """Places after each attribute changed with the neighbour that brings most, as long as one does.

    Args:
        places: ``(A, 2)`` cells, no cell twice.
        apart: ``(A, A)`` distances of the attributes.
        side: rows and columns of the grid.

    Returns:
        ``(A, 2)`` cells, no cell twice. The cosine of their distances and the attributes' is no
        lower.
    """
    sums = _sums(places, list(range(len(places))), apart)
    for _ in range(ROUNDS):
        before = places
        for attribute in range(len(places)):
            found = [(sums, places)]
            for changed, moved in _changes(places, attribute, side):
                # The rows of the moved attributes change, and their columns.
                gain = _sums(changed, moved, apart) - _sums(places, moved, apart)
                found.append((sums + 2 * gain, changed))
            sums, places = max(found, key=lambda one: round(_cosine(one[0]), 9))
        if places is before:
            break
    return places


def _sums(places: np.ndarray, rows: Sequence[int], apart: np.ndarray) -> np.ndarray:
    """Of some rows of the distances on the grid: the sum of their products with the attributes'
    own distances, and of their squares."""
    from scipy.spatial.distance import cdist

    near = cdist(places[rows], places)
    return np.array([(near * apart[rows]).sum(), (near**2).sum()])


def _cosine(sums: np.ndarray) -> float:
    """Of both distances, times the norm of the attributes', which no change of places moves."""
    return float(sums[0] / np.sqrt(sums[1]))


def _changes(
    places: np.ndarray, attribute: int, side: int
) -> Iterator[tuple[np.ndarray, list[int]]]:
    """What an attribute may do: change with each cell around it, taken or not; with the attributes
    that are moved by it."""
    for step in _AROUND:
        cell = places[attribute] + step
        if (cell < 0).any() or (cell >= side).any():
            continue
        moved = [attribute, *np.flatnonzero((places == cell).all(axis=1)).tolist()]
        changed = places.copy()
        changed[moved[1:]] = places[attribute]
        changed[attribute] = cell
        yield changed, moved
