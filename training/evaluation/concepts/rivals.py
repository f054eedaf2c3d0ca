"""What the same features tell of a concept without axes: a direction that is fitted afterwards.

The three rivals that Concept Whitening was compared with: a linear support vector machine, a
concept activation vector (Kim et al. 2018: here by logistic regression), and the best single
channel. Each is fitted to the training images alone.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from training.data.concept_table import UNKNOWN, YES
from training.evaluation.metrics import Array, binary_auroc

Rival = Literal["svm", "cav", "channel"]
RIVALS: tuple[Rival, ...] = get_args(Rival)
_STEPS = 5000  # of either solver, at most


def rival_scores(
    rival: Rival, features: Array, shown: NDArray[np.int8], train: NDArray[np.int64]
) -> Array:
    """How far each image shows a concept, by a rival.

    Args:
        features: ``(N, D)`` of all images.
        shown: ``(N,)``, a column of the concept table.
        train: ``(n,)`` rows to fit to; those where the concept is unknown are left out.

    Returns:
        ``(N,)``; higher is more.
    """
    fitted = train[shown[train] != UNKNOWN]
    positive = shown[fitted] == YES
    if rival == "channel":
        return _best_channel(features, fitted, positive)
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    model = (
        LinearSVC(class_weight="balanced", max_iter=_STEPS, random_state=0)
        if rival == "svm"
        else LogisticRegression(class_weight="balanced", max_iter=_STEPS)
    )
    machine = make_pipeline(StandardScaler(), model).fit(features[fitted], positive)
    scores: Array = machine.decision_function(features)
    return scores


def _best_channel(features: Array, fitted: NDArray[np.int64], positive: NDArray[np.bool_]) -> Array:
    weights = np.ones((1, len(fitted)))
    found = np.array(
        [
            float(binary_auroc(features[fitted, d], positive, weights)[0])
            for d in range(features.shape[1])
        ]
    )
    best = int(np.argmax(np.abs(found - 0.5)))
    return features[:, best] if found[best] >= 0.5 else -features[:, best]
