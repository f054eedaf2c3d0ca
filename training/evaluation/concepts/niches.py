"""What the axes outside of a concept's niche still tell of it.

After the niche impurity score (Espinosa Zarlenga et al. 2023, "Towards robust metrics for concept
representation evaluation"). That the niche is made by correlation follows the paper; that a
logistic regression is what reads the other axes is inferred.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data.concept_table import UNKNOWN, YES, ConceptTable
from training.evaluation.metrics import Array, binary_auroc

THRESHOLDS = np.linspace(0.05, 0.95, 19)
NOTHING = 0.5  # AUROC of what tells nothing
_STEPS = 2000


def niche_impurity(
    activations: Array, table: ConceptTable, train: NDArray[np.int64], test: NDArray[np.int64]
) -> float | None:
    """How well the axes outside of each concept's niche find it: the mean over concepts and over
    thresholds.

    An axis belongs to a concept's niche where its correlation with the concept, in either
    direction, is above the threshold. The reader of the others is fitted to training images.

    Args:
        activations: ``(N, k)`` of all images.
        train: rows to choose niches by, and to fit to.
        test: rows to measure on.

    Returns:
        0.5 where nothing outside of its niche tells of a concept, 1 where all of it does; None
        where a concept is not shown, or not absent, in one of the two parts.
    """
    found = []
    for concept in range(table.values.shape[1]):
        shown = table.values[:, concept]
        parts = [rows[shown[rows] != UNKNOWN] for rows in (train, test)]
        if any(len(set((shown[rows] == YES).tolist())) < 2 for rows in parts):
            return None
        found.append(_outside(activations, shown == YES, *parts))
    return float(np.mean(found)) if found else None


def _outside(
    activations: Array, shown: NDArray[np.bool_], train: NDArray[np.int64], test: NDArray[np.int64]
) -> float:
    """Of one concept, the mean over the thresholds."""
    closeness = np.array([_correlation(axis, shown[train]) for axis in activations[train].T])
    known: dict[tuple[int, ...], float] = {}
    told = []
    for threshold in THRESHOLDS:
        others = tuple(np.flatnonzero(closeness <= threshold).tolist())
        if others not in known:
            known[others] = (
                _auroc(activations[:, others], shown, train, test) if others else NOTHING
            )
        told.append(known[others])
    return float(np.mean(told))


def _correlation(axis: Array, shown: NDArray[np.bool_]) -> float:
    """|r|; 0 of an axis that is the same in every image."""
    spread = axis.std() * shown.std()
    if spread < 1e-12:
        return 0.0
    return float(abs(((axis - axis.mean()) * (shown - shown.mean())).mean() / spread))


def _auroc(
    features: Array, shown: NDArray[np.bool_], train: NDArray[np.int64], test: NDArray[np.int64]
) -> float:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    reader = make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=_STEPS)
    ).fit(features[train], shown[train])
    scores = reader.decision_function(features[test])
    return float(binary_auroc(scores, shown[test], np.ones((1, len(test))))[0])
