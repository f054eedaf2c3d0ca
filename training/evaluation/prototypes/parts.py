"""Figures against named parts and masks: consistency, stability, purity, peaks inside findings.

Letters: N images, P prototypes, S the network's side. A prototype's place in an image is the peak
of its own map. Parts are ``name -> (row, column)`` on the network grid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dprotonet.prototypes.nearest_patches import nearest_images
from training.evaluation.prototypes.nearest import TOP
from training.evaluation.prototypes.own_maps import near_peak

VISIBLE_FRACTION = 0.8  # of the images that show a part; they must have it in the box (Huang et al.
# 2023, section 3.2)

Parts = Mapping[str, tuple[float, float]]
Array = NDArray[np.float64]


def in_box(peak: NDArray[np.int64], parts: Parts, size: int) -> set[str]:
    """Names of the parts inside the box around a peak."""
    return {name for name, place in parts.items() if near_peak(peak, place, size)}


def part_fractions(
    centres: NDArray[np.int64], parts: Sequence[Parts], rows: NDArray[np.int64], p: int, size: int
) -> dict[str, float]:
    """For each part the fraction of the images showing it that have it in prototype p's box."""
    hits: dict[str, list[bool]] = {}
    for i in rows.tolist():
        near = in_box(centres[i, p], parts[i], size)
        for name in parts[i]:
            hits.setdefault(name, []).append(name in near)
    return {name: float(np.mean(values)) for name, values in hits.items()}


def consistency(
    centres: NDArray[np.int64], parts: Sequence[Parts], own: NDArray[np.bool_], size: int
) -> Array:
    """1 for a prototype that keeps to one part in its class's images, otherwise 0, ``(P,)``.

    Args:
        centres: ``(N, P, 2)`` peaks.
        parts: of each image, on the network grid, visible ones only.
        own: ``(N, P)``, the image is of the prototype's class.

    Returns:
        nan for a prototype whose class's images show no part.
    """
    result = np.full(own.shape[1], np.nan)
    for p in range(own.shape[1]):
        fractions = part_fractions(centres, parts, np.flatnonzero(own[:, p]), p, size)
        if fractions:
            result[p] = float(max(fractions.values()) >= VISIBLE_FRACTION)
    return result


def stability(
    centres: NDArray[np.int64],
    noisy: NDArray[np.int64],
    parts: Sequence[Parts],
    own: NDArray[np.bool_],
    size: int,
) -> Array:
    """Fraction of a class's images in which a prototype's box holds the same parts under noise."""
    result = np.full(own.shape[1], np.nan)
    for p in range(own.shape[1]):
        rows = [i for i in np.flatnonzero(own[:, p]).tolist() if parts[i]]
        same = [
            in_box(centres[i, p], parts[i], size) == in_box(noisy[i, p], parts[i], size)
            for i in rows
        ]
        if same:
            result[p] = float(np.mean(same))
    return result


def purity(
    centres: NDArray[np.int64], parts: Sequence[Parts], similarities: Array, size: int, k: int = TOP
) -> Array:
    """Fraction of the k most similar images that have the commonest part in the box, ``(P,)``."""
    result = np.full(centres.shape[1], np.nan)
    for p in range(centres.shape[1]):
        rows = nearest_images(similarities, p, k)
        fractions = part_fractions(centres, parts, rows, p, size)
        if fractions:
            result[p] = max(fractions.values())
    return result


def inside_masks(
    centres: NDArray[np.int64], masks: Sequence[NDArray[np.bool_] | None], own: NDArray[np.bool_]
) -> Array:
    """Fraction of a class's masked images whose peak lies inside the mask ``(S, S)``, ``(P,)``."""
    result = np.full(own.shape[1], np.nan)
    for p in range(own.shape[1]):
        hits = [
            bool(mask[tuple(centres[i, p])])
            for i in np.flatnonzero(own[:, p]).tolist()
            if (mask := masks[i]) is not None
        ]
        if hits:
            result[p] = float(np.mean(hits))
    return result
