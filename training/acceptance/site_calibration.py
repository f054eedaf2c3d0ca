"""A site's own calibration and threshold, with figures of images that they were not fitted on.

Letters: N images, K classes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.inference.calibration import fit_threshold, sigmoid, softmax
from training.evaluation.scored_predictions import ScoredPredictions

Array = NDArray[np.float64]
FOLDS = 5
LEAST = 10
"""Images with a finding, and as many without, below which nothing is fitted."""
PRIOR = 1.0
"""How strongly the fit is drawn towards the bundle's own calibration: in log-odds, as much as one
image. Few images then change little, and separable ones cannot drive the temperature to zero."""
_COLDEST, _HOTTEST = 0.05, 20.0


@dataclass(frozen=True, eq=False)
class Calibration:
    """What turns logits into probabilities and calls.

    Attributes:
        temperature: divides the logits.
        offsets: ``(K,)``, added to what comes out.
        threshold: on 1 - p(negative); None without a negative class, and of several labels.
        thresholds: ``(K,)`` of a multi-label model; None of others.
    """

    temperature: float
    offsets: Array
    threshold: float | None = None
    thresholds: Array | None = None

    def probabilities(self, logits: Array) -> Array:
        """``(N, K)`` logits to probabilities."""
        return _probabilities(logits / self.temperature + self.offsets, self.thresholds is not None)

    def applied_to(self, scored: ScoredPredictions, probabilities: Array) -> ScoredPredictions:
        """The same images under this calibration.

        Args:
            probabilities: ``(N, K)`` of :meth:`probabilities`.
        """
        thresholds = self.thresholds
        return replace(
            scored,
            probabilities=probabilities,
            threshold=self.threshold,
            thresholds=None
            if thresholds is None
            else dict(zip(scored.classes, thresholds.tolist(), strict=True)),
            called=None,
        )


def too_few(labels: NDArray[Any], negative: int | None, patients: NDArray[Any]) -> str:
    """Why nothing can be fitted on these images, "" where it can."""
    if len(set(patients.tolist())) < FOLDS:
        return f"images of {len(set(patients.tolist()))} patient(s), fewer than {FOLDS}"
    if labels.ndim == 2:
        return _too_few_of_class(labels.sum(axis=0), (~labels).sum(axis=0))
    if negative is not None:
        found = int((labels != negative).sum())
        return _too_few_of_class(np.array([found]), np.array([len(labels) - found]))
    counts = np.unique(labels, return_counts=True)[1]
    if len(counts) < 2 or counts.min() < LEAST:
        return f"fewer than {LEAST} images of a class"
    return ""


def _too_few_of_class(having: NDArray[Any], lacking: NDArray[Any]) -> str:
    for count, what in ((int(having.min()), "with"), (int(lacking.min()), "without")):
        if count < LEAST:
            return f"{count} image(s) {what} a finding, fewer than {LEAST}"
    return ""


def fit(
    logits: Array, labels: NDArray[Any], *, negative: int | None, temperature: float, offsets: Array
) -> Calibration:
    """Temperature and offsets of least log-loss, then the threshold of the largest sensitivity +
    specificity.

    The offsets move the classes against each other, as another frequency of findings asks for
    (Alexandari, Kundaje and Shrikumar 2020, bias-corrected temperature scaling; of several labels
    Platt 1999).

    Args:
        logits: ``(N, K)``.
        labels: ``(N,)`` class indices; ``(N, K)`` bool of several labels.
        negative: index of the negative class, None without one.
        temperature: the bundle's, which the fit is drawn to.
        offsets: ``(K,)``, the bundle's; zeros where it has none.
    """
    from scipy.optimize import minimize

    multi_label = labels.ndim == 2
    truth = labels.astype(float) if multi_label else np.eye(logits.shape[1])[labels]
    start = np.concatenate(([np.log(temperature)], offsets))

    def loss(values: Array) -> float:
        scaled = logits / np.exp(values[0]) + values[1:]
        p = np.clip(_probabilities(scaled, multi_label), 1e-12, 1.0)
        of_truth = truth * np.log(p)
        if multi_label:
            of_truth += (1 - truth) * np.log(np.clip(1 - p, 1e-12, 1.0))
        return float(-of_truth.sum() + 0.5 * PRIOR * ((values - start) ** 2).sum())

    bounds = [(np.log(_COLDEST), np.log(_HOTTEST)), *((-10.0, 10.0) for _ in offsets)]
    best = minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
    fitted = Calibration(float(np.exp(best[0])), best[1:], thresholds=None)
    if multi_label:
        p = _probabilities(logits / fitted.temperature + fitted.offsets, several=True)
        each = [fit_threshold(p[:, k], labels[:, k]) for k in range(logits.shape[1])]
        return Calibration(fitted.temperature, fitted.offsets, thresholds=np.array(each))
    if negative is None:
        return fitted
    finding = 1.0 - fitted.probabilities(logits)[:, negative]
    return Calibration(
        fitted.temperature, fitted.offsets, threshold=fit_threshold(finding, labels != negative)
    )


def folds_of(labels: NDArray[Any], patients: NDArray[Any], seed: int = 0) -> NDArray[np.int64]:
    """``(N,)`` fold of each image: a patient is in one, and classes are spread over all."""
    names, first = np.unique(patients, return_index=True)
    order = np.random.default_rng(seed).permutation(len(names))
    # Of several labels: by how many an image has.
    kind = labels[first] if labels.ndim == 1 else labels[first].sum(axis=1)
    dealt = order[np.argsort(kind[order], kind="stable")]
    fold_of = dict(zip(names[dealt].tolist(), np.arange(len(names)) % FOLDS, strict=True))
    return np.array([fold_of[patient] for patient in patients.tolist()], dtype=np.int64)


def out_of_fold(
    logits: Array, scored: ScoredPredictions, *, temperature: float, offsets: Array
) -> ScoredPredictions:
    """What the images would be called under settings fitted on the other folds' images.

    The pooled figures are those to expect of images that come later; the settings themselves are
    fitted on all images.
    """
    classes = scored.classes
    negative = None if scored.negative_class is None else classes.index(scored.negative_class)
    folds = folds_of(scored.labels, scored.patients)
    probabilities = np.empty_like(logits)
    called = np.zeros(scored.labels.shape, dtype=bool if scored.multi_label else np.int64)
    for fold in range(FOLDS):
        held = folds == fold
        if not held.any():
            continue
        fitted = fit(
            logits[~held],
            scored.labels[~held],
            negative=negative,
            temperature=temperature,
            offsets=offsets,
        )
        probabilities[held] = fitted.probabilities(logits[held])
        called[held] = fitted.applied_to(scored.subset(held), probabilities[held]).calls()
    return ScoredPredictions(
        classes,
        scored.negative_class,
        probabilities,
        scored.labels,
        scored.patients,
        scored.views,
        None,
        called,
    )


def _probabilities(scaled: Array, several: bool) -> Array:
    return sigmoid(scaled) if several else softmax(scaled)
