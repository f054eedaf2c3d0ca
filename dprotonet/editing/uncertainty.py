"""How sure the difference is that an edit makes on validation: a bootstrap by patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dprotonet.bundle.bundle import Bundle
from dprotonet.editing.figures import auroc
from dprotonet.editing.head import last_layer
from dprotonet.editing.propose import LastLayerEdit, responses_of
from dprotonet.inference.calibration import class_probabilities

Array = NDArray[np.float64]


@dataclass(frozen=True)
class AurocChange:
    """AUROC on validation with an edit minus that without.

    Attributes:
        value: on all images.
        low: lower end of the 95 % interval.
        high: upper end.
    """

    value: float
    low: float
    high: float


def auroc_change(
    bundle: Bundle, edit: LastLayerEdit, *, resamples: int = 500, seed: int = 0
) -> AurocChange | None:
    """The change of AUROC with its interval over resampled patients.

    Patients are drawn with replacement, both last layers judged on the same draw. This takes a
    second or two, and the proposal itself none of it.

    Args:
        bundle: that the edit was proposed for.
        edit: the proposal.

    Returns:
        None where a class is never or always there.

    Raises:
        WrongRequest: the bundle keeps no responses.
    """
    responses, layer = responses_of(bundle), last_layer(bundle)
    at = responses.validation
    inputs, labels = responses.similarities[at].astype(np.float64), responses.labels[at]
    truth: NDArray[np.bool_] = (
        labels.astype(bool) if labels.ndim == 2 else np.eye(len(bundle.classes), dtype=bool)[labels]
    )
    # A temperature or an offset leaves the order of one class's images as it is under a sigmoid;
    # under a softmax of more than two classes it may not, so each side keeps its own.
    before = class_probabilities(inputs @ layer.weights.T * layer.scale, labels, bundle.temperature)
    after = class_probabilities(
        inputs @ edit.head.T.astype(np.float64) * layer.scale,
        labels,
        edit.calibration.temperature,
    )
    whole = _difference(before, after, truth, np.arange(len(truth)))
    if whole is None:
        return None
    _, group = np.unique(responses.groups[at], return_inverse=True)
    members = [np.flatnonzero(group == g) for g in range(int(group.max()) + 1)]
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        drawn = chance.integers(0, len(members), len(members))
        difference = _difference(before, after, truth, np.concatenate([members[g] for g in drawn]))
        if difference is not None:
            found.append(difference)
    low, high = np.percentile(found, (2.5, 97.5)) if found else (whole, whole)
    return AurocChange(whole, float(low), float(high))


def _difference(
    before: Array, after: Array, truth: NDArray[np.bool_], rows: NDArray[np.int64]
) -> float | None:
    old, new = auroc(before[rows], truth[rows]), auroc(after[rows], truth[rows])
    return None if old is None or new is None else new - old
