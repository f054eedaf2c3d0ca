"""What a concept network says of images by axis, and how well each axis finds its concept.

Letters: N images, D axes, k concepts, K classes, B resamples by patient, S networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dprotonet.modeling.concepts.model import ConceptNet
from training.data.concept_table import UNKNOWN, YES, ConceptTable
from training.data.inputs import Inputs
from training.evaluation.metrics import Array, binary_auroc, patient_draws


@dataclass(frozen=True, eq=False)
class AxisReadings:
    """Of N images.

    Attributes:
        activations: ``(N, D)`` of the axes.
        features: ``(N, D)`` means of the cells in front of the whitening, for the rivals.
        correlation: ``(k, k)`` of the concepts' axes over all cells of some images.
    """

    activations: Array
    features: Array
    correlation: Array


def read_axes(
    network: ConceptNet, inputs: Inputs, rows: Tensor, device: str, *, correlated: Tensor
) -> AxisReadings:
    """Pass images as they are through a finished network, each once.

    Args:
        rows: ``(N,)``.
        correlated: those of them whose cells count in the correlation.
    """
    network.eval()
    concepts = len(network.options.concepts)
    activations: list[Tensor] = []
    features: list[Tensor] = []
    sums = torch.zeros(concepts, dtype=torch.float64)
    squares = torch.zeros(concepts, concepts, dtype=torch.float64)
    cells = 0
    with torch.inference_mode():
        for batch in rows.split(inputs.images_a_pass):
            before = network.cells(inputs.clean(batch).to(device)).float()
            said = network.of_cells(before)
            activations.append(said.activations.double().cpu())
            features.append(before.mean(dim=(2, 3)).double().cpu())
            counted = said.maps[torch.isin(batch, correlated).to(device), :concepts]
            own = counted.transpose(0, 1).flatten(1).double().cpu()
            sums += own.sum(dim=1)
            squares += own @ own.T
            cells += own.shape[1]
    mean = sums / cells
    covariance = squares / cells - torch.outer(mean, mean)
    scale = covariance.diagonal().clamp_min(1e-12).sqrt()
    return AxisReadings(
        torch.cat(activations).numpy(),
        torch.cat(features).numpy(),
        (covariance / torch.outer(scale, scale)).numpy(),
    )


def mean_correlation(correlation: Array) -> float | None:
    """Mean of |r| over the pairs of concepts; None of a single one."""
    pairs = correlation[np.triu_indices(len(correlation), k=1)]
    return float(np.abs(pairs).mean()) if len(pairs) else None


@dataclass(frozen=True)
class Spread:
    """A figure over resamples of patients; None where it cannot be had."""

    value: float | None
    sd: float | None

    def to_json(self) -> dict[str, float | None]:
        """Plain values, rounded to the digits that the data support."""
        return {k: None if v is None else round(v, 4) for k, v in vars(self).items()}


def concept_auroc(
    scores: Array,
    shown: NDArray[np.int8],
    patients: Sequence[str] | NDArray[np.str_],
    resamples: int,
) -> Spread:
    """How well scores find the images that show a concept; unknown ones are left out.

    Args:
        scores: ``(N,)``; or ``(S, N)`` of S networks, for the mean of their figures.
        shown: ``(N,)``, a column of :attr:`ConceptTable.values`.
    """
    known = shown != UNKNOWN
    positive = shown[known] == YES
    if not known.any() or positive.all() or not positive.any():
        return Spread(None, None)
    each = np.atleast_2d(scores)[:, known]

    def area(weights: Array) -> Array:
        return np.mean([binary_auroc(one, positive, weights) for one in each], axis=0)

    draws = patient_draws(np.asarray(patients)[known], resamples)
    drawn = area(draws)
    drawn = drawn[~np.isnan(drawn)]
    one = float(area(np.ones((1, int(known.sum()))))[0])
    return Spread(one, float(drawn.std(ddof=1)) if len(drawn) > 1 else None)


def impurity(activations: Array, table: ConceptTable, rows: NDArray[np.int64]) -> float | None:
    """How much more of one concept another one's axis tells than the concepts tell of each other.

    The oracle impurity score (Espinosa Zarlenga et al. 2023, "Towards robust metrics for concept
    representation evaluation", section 3) with the AUROC of a single number, in either direction,
    as the helper's: 0 where axes tell no more than the labels do, 1 where each tells all of all.

    Args:
        activations: ``(n, k)`` of these rows.
        rows: ``(n,)``.

    Returns:
        None where a concept is not shown, or not absent, in these images.
    """
    values = table.values[rows]
    concepts = values.shape[1]
    told, known = np.zeros((concepts, concepts)), np.zeros((concepts, concepts))
    for i in range(concepts):
        for j in range(concepts):
            both = (values[:, i] != UNKNOWN) & (values[:, j] != UNKNOWN)
            positive = values[both, j] == YES
            if not both.any() or positive.all() or not positive.any():
                return None
            told[i, j] = _either_way(activations[both, i], positive)
            known[i, j] = _either_way(values[both, i].astype(np.float64), positive)
    return float(2.0 * np.linalg.norm(told - known) / concepts)


def _either_way(scores: Array, positive: NDArray[np.bool_]) -> float:
    found = float(binary_auroc(scores, positive, np.ones((1, len(scores))))[0])
    return max(found, 1.0 - found)
