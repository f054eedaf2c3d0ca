"""Whether a heatmap finds what is known to lie in the image, ties counted by chance.

A heatmap that is equal everywhere finds nothing. Were its ties broken by the order of the rows, it
would find whatever lies in the first rows; so each of several equal pixels counts as often as a
random order of them would choose it.

Letters: S the network's side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.evaluation.localisation import TOLERANCE, Mask, energy_inside

if TYPE_CHECKING:
    Heatmap = NDArray[np.floating]

TOPS = (0.02, 0.05, 0.10)
"""Fractions of the image in whose highest pixels the evidence is looked for."""
FOUND = 0.5  # of the evidence, from which it counts as found
FIGURES = ("recall_2", "recall_5", "recall_10", "hit_10", "peak_inside", "peak_near", "energy")


def top_membership(heatmap: Heatmap, valid_mask: Mask, fraction: float) -> NDArray[np.float64]:
    """How probably each pixel is among the highest fraction of the image, ties in random order.

    Args:
        heatmap: ``(S, S)``.
        valid_mask: ``(S, S)``, True on the image.
        fraction: of the image, in (0, 1].

    Returns:
        ``(S, S)`` in [0, 1], 0 in the padding; the sum is the number of pixels that are chosen, at
        least 1.
    """
    values = heatmap[valid_mask]
    count = max(1, round(fraction * values.size))
    lowest = np.partition(values, values.size - count)[values.size - count]
    above, equal = values > lowest, values == lowest
    members = np.zeros(heatmap.shape)
    members[valid_mask] = above + equal * ((count - above.sum()) / equal.sum())
    return members


def place_figures(heatmap: Heatmap, evidence: Mask, valid_mask: Mask) -> dict[str, float]:
    """Where a heatmap lies against what it should find.

    Args:
        heatmap: ``(S, S)`` in [0, 1].
        evidence: ``(S, S)``, True on what should be found, on the image at least once.
        valid_mask: ``(S, S)``, True on the image.

    Returns:
        ``recall_2``, ``recall_5``, ``recall_10``: the fraction of the evidence among the highest 2,
        5 and 10 % of the image. ``hit_10``: 1 where the last is at least a half. ``peak_inside``,
        ``peak_near``: whether the highest pixel lies in the evidence, or within
        :data:`~training.evaluation.localisation.TOLERANCE` px of it; of several that are equally
        high the fraction. ``energy``: the heatmap's fraction inside the evidence; of an empty one
        that of an even one.
    """
    evidence = evidence & valid_mask
    figures = {
        f"recall_{round(100 * top)}": float(
            top_membership(heatmap, valid_mask, top)[evidence].mean()
        )
        for top in TOPS
    }
    figures["hit_10"] = float(figures["recall_10"] >= FOUND)
    inside, near = peak_fractions(heatmap, evidence, valid_mask)
    image = np.where(valid_mask, heatmap, 0)
    if not image.any():
        image = valid_mask.astype(np.float32)
    return figures | {
        "peak_inside": inside,
        "peak_near": near,
        "energy": energy_inside(image, evidence),
    }


def peak_fractions(heatmap: Heatmap, evidence: Mask, valid_mask: Mask) -> tuple[float, float]:
    """The fractions of the image's highest pixels in the evidence, and near it.

    The lenient distance is that of the pointing game (Zhang et al. 2018, section 4.2).
    """
    from scipy.ndimage import distance_transform_edt

    highest = valid_mask & (heatmap == heatmap[valid_mask].max())
    distance = distance_transform_edt(~evidence)
    near = distance <= TOLERANCE
    return float(evidence[highest].mean()), float(near[highest].mean())
