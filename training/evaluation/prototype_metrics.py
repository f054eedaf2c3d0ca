"""What prototypes show, as figures: consistency, stability, purity, class purity, misalignment.

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

BOX = 72 / 224  # side of the box around a peak (Huang et al. 2023, section 3.2), share of S
VISIBLE_SHARE = 0.8  # of the images that show a part, that must have it in the box (same)
NOISE = 0.2  # standard deviation of the noise on the normalised image (same, section 3.3)
TOP = 10  # images of a purity (Nauta et al. 2023, PIP-Net, section 5)

Parts = Mapping[str, tuple[float, float]]
Array = NDArray[np.float64]
Look = Callable[["Tensor"], tuple["Tensor", "Tensor"]]


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


def part_shares(
    found: NDArray[np.int64], parts: Sequence[Parts], rows: NDArray[np.int64], p: int, size: int
) -> dict[str, float]:
    """For each part the share of the images showing it that have it in prototype p's box."""
    hits: dict[str, list[bool]] = {}
    for i in rows.tolist():
        near = in_box(found[i, p], parts[i], size)
        for name in parts[i]:
            hits.setdefault(name, []).append(name in near)
    return {name: float(np.mean(values)) for name, values in hits.items()}


def consistency(
    found: NDArray[np.int64], parts: Sequence[Parts], own: NDArray[np.bool_], size: int
) -> Array:
    """1 for a prototype that keeps to one part in its class's images, 0 for another, ``(P,)``.

    Args:
        found: ``(N, P, 2)`` peaks.
        parts: of each image, on the network grid, visible ones only.
        own: ``(N, P)``, the image is of the prototype's class; nan where none is.
    """
    result = np.full(own.shape[1], np.nan)
    for p in range(own.shape[1]):
        shares = part_shares(found, parts, np.flatnonzero(own[:, p]), p, size)
        if shares:
            result[p] = float(max(shares.values()) >= VISIBLE_SHARE)
    return result


def stability(
    found: NDArray[np.int64],
    noisy: NDArray[np.int64],
    parts: Sequence[Parts],
    own: NDArray[np.bool_],
    size: int,
) -> Array:
    """Share of a class's images in which a prototype's box holds the same parts under noise."""
    result = np.full(own.shape[1], np.nan)
    for p in range(own.shape[1]):
        rows = [i for i in np.flatnonzero(own[:, p]).tolist() if parts[i]]
        same = [
            in_box(found[i, p], parts[i], size) == in_box(noisy[i, p], parts[i], size) for i in rows
        ]
        if same:
            result[p] = float(np.mean(same))
    return result


def top_images(similarities: Array, p: int, k: int) -> NDArray[np.int64]:
    """The k images most similar to prototype p; of equals the first."""
    return np.argsort(-similarities[:, p], kind="stable")[:k]


def purity(
    found: NDArray[np.int64], parts: Sequence[Parts], similarities: Array, size: int, k: int = TOP
) -> Array:
    """Share of the k most similar images that have the commonest part in the box, ``(P,)``."""
    result = np.full(found.shape[1], np.nan)
    for p in range(found.shape[1]):
        rows = top_images(similarities, p, k)
        shares = part_shares(found, parts, rows, p, size)
        if shares:
            result[p] = max(shares.values())
    return result


def class_purity(similarities: Array, own: NDArray[np.bool_], k: int = TOP) -> Array:
    """Share of the k most similar images that have the prototype's class, ``(P,)``.

    Args:
        own: ``(N, P)``, the image has the prototype's class.
    """
    tops = [top_images(similarities, p, k) for p in range(similarities.shape[1])]
    return np.array([float(own[top, p].mean()) for p, top in enumerate(tops)])


def inside_masks(
    found: NDArray[np.int64], masks: Sequence[NDArray[np.bool_] | None], own: NDArray[np.bool_]
) -> Array:
    """Share of a class's masked images whose peak lies inside the mask ``(S, S)``, ``(P,)``."""
    result = np.full(own.shape[1], np.nan)
    for p in range(own.shape[1]):
        hits = [
            bool(mask[tuple(found[i, p])])
            for i in np.flatnonzero(own[:, p]).tolist()
            if (mask := masks[i]) is not None
        ]
        if hits:
            result[p] = float(np.mean(hits))
    return result


def misalignment(look: Look, images: Tensor, others: Tensor, chosen: NDArray[np.int64]) -> Array:
    """Relative change of a similarity when all outside of the shown box is replaced, ``(N,)``.

    After Sacha et al. 2024 (Interpretability benchmark for spatial misalignment), with a plain
    replacement in place of their attack: a lower bound of what an attack would move.

    Args:
        look: ``(N, 3, S, S)`` to similarities ``(N, P)`` and masks ``(N, P, h, w)``.
        images: ``(N, 3, S, S)``.
        others: of the same shape, what is shown outside of the box.
        chosen: ``(N,)``, the prototype looked at in each image.
    """
    import torch

    size, half = images.shape[-1], BOX * images.shape[-1] / 2
    similarities, masks = look(images)
    found = peaks(masks, size)
    at = torch.arange(size)
    shown = torch.zeros(len(images), 1, size, size, dtype=torch.bool)
    for i, p in enumerate(chosen.tolist()):
        row, column = found[i, p].tolist()
        shown[i, 0] = ((at - row).abs() <= half)[:, None] & ((at - column).abs() <= half)
    after, _ = look(torch.where(shown.to(images.device), images, others))
    rows = np.arange(len(images))
    before_values = similarities.detach().cpu().double().numpy()[rows, chosen]
    after_values = after.detach().cpu().double().numpy()[rows, chosen]
    return np.abs(after_values - before_values) / np.maximum(np.abs(before_values), 1e-6)
