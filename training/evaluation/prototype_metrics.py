"""Figures of prototypes: consistency, stability, purity, class purity, misalignment.

Letters: N images, P prototypes, S the network's side. A prototype's place in an image is the peak
of its mask, upsampled bilinearly to the network grid. Parts are ``name -> (row, column)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

BOX = 72 / 224  # side of the box around a peak (Huang et al. 2023, section 3.2), fraction of S
VISIBLE_FRACTION = 0.8  # of the images that show a part; they must have it in the box (same)
NOISE = 0.2  # standard deviation of the noise on the normalised image (same, section 3.3)
TOP = 10  # images of a purity (Nauta et al. 2023, PIP-Net, section 5)

Parts = Mapping[str, tuple[float, float]]
Array = NDArray[np.float64]
Activations = Callable[["Tensor"], tuple["Tensor", "Tensor"]]


def peaks(masks: Tensor, size: int) -> NDArray[np.int64]:
    """``(N, P, h, w)`` masks to ``(N, P, 2)`` rows and columns of their peaks in px of S."""
    from torch.nn import functional

    large = functional.interpolate(
        masks.float(), size=(size, size), mode="bilinear", align_corners=False
    )
    flat = large.flatten(2).argmax(dim=-1).cpu().numpy()
    return np.stack([flat // size, flat % size], axis=-1)


def in_box(peak: NDArray[np.int64], parts: Parts, size: int) -> set[str]:
    """Names of the parts inside the box around a peak."""
    half = BOX * size / 2
    return {
        name
        for name, (row, column) in parts.items()
        if abs(row - peak[0]) <= half and abs(column - peak[1]) <= half
    }


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


def top_images(similarities: Array, p: int, k: int) -> NDArray[np.int64]:
    """The k images most similar to prototype p; ties go to the first."""
    return np.argsort(-similarities[:, p], kind="stable")[:k]


def purity(
    centres: NDArray[np.int64], parts: Sequence[Parts], similarities: Array, size: int, k: int = TOP
) -> Array:
    """Fraction of the k most similar images that have the commonest part in the box, ``(P,)``."""
    result = np.full(centres.shape[1], np.nan)
    for p in range(centres.shape[1]):
        rows = top_images(similarities, p, k)
        fractions = part_fractions(centres, parts, rows, p, size)
        if fractions:
            result[p] = max(fractions.values())
    return result


def class_purity(similarities: Array, own: NDArray[np.bool_], k: int = TOP) -> Array:
    """Fraction of the k most similar images that have the prototype's class, ``(P,)``.

    Args:
        own: ``(N, P)``, the image has the prototype's class.
    """
    tops = [top_images(similarities, p, k) for p in range(similarities.shape[1])]
    return np.array([float(own[top, p].mean()) for p, top in enumerate(tops)])


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


def misalignment(
    activations: Activations, images: Tensor, others: Tensor, chosen: NDArray[np.int64]
) -> Array:
    """Relative change of a similarity when all outside of its peak's box is replaced, ``(N,)``.

    After Sacha et al. 2024 (Interpretability benchmark for spatial misalignment), with a plain
    replacement in place of their attack: a lower bound of what an attack would move.

    Args:
        activations: ``(N, 3, S, S)`` to similarities ``(N, P)`` and masks ``(N, P, h, w)``.
        images: ``(N, 3, S, S)``.
        others: of the same shape, shown outside of the box.
        chosen: ``(N,)``, the prototype of each image.
    """
    import torch

    size, half = images.shape[-1], BOX * images.shape[-1] / 2
    similarities, masks = activations(images)
    centres = peaks(masks, size)
    pixels = torch.arange(size)
    boxes = torch.zeros(len(images), 1, size, size, dtype=torch.bool)
    for i, p in enumerate(chosen.tolist()):
        row, column = centres[i, p].tolist()
        in_rows, in_columns = (pixels - row).abs() <= half, (pixels - column).abs() <= half
        boxes[i, 0] = in_rows[:, None] & in_columns
    after, _ = activations(torch.where(boxes.to(images.device), images, others))
    rows = np.arange(len(images))
    before_values = similarities.detach().cpu().double().numpy()[rows, chosen]
    after_values = after.detach().cpu().double().numpy()[rows, chosen]
    return np.abs(after_values - before_values) / np.maximum(np.abs(before_values), 1e-6)
