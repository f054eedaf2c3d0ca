"""Places where a region of the same shape could have been drawn instead: the control. No torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

IN_BODY = 0.9
"""Fraction of a region that must lie in the body where there is one."""
APART = 0.5
"""Most of a region's own pixels that a random one may cover again, as a fraction, where that leaves
a choice."""


@dataclass(frozen=True, eq=False)
class RandomRegions:
    """Regions of one shape.

    Attributes:
        masks: ``(N, S, S)`` bool, no two the same; N may be 0.
        in_body: whether each lies in the body, as far as :data:`IN_BODY` says.
    """

    masks: np.ndarray
    in_body: bool


def random_regions(
    mask: np.ndarray,
    draws: int,
    *,
    valid_mask: np.ndarray,
    body: np.ndarray | None,
    seed: int,
) -> RandomRegions:
    """The region moved to random places, wholly inside the image, none twice, never its own.

    Where a body is known, places in it are taken as long as there are any; of these, those that
    lie apart from the region itself.

    Args:
        mask: ``(S, S)`` bool, the region, inside the image.
        draws: how many places are wanted; fewer come where there are fewer.
        valid_mask: ``(S, S)`` bool, a rectangle of True where the image lies.
        body: ``(S, S)`` bool; None where none was separated.
        seed: of the choice.
    """
    rows, columns = _span(valid_mask)
    image = mask[rows, columns]
    inner = _span(image)
    shape = image[inner]
    area = int(shape.sum())
    overlap = _counts(image, shape)
    free = np.ones_like(overlap, bool)
    free[inner[0].start, inner[1].start] = False
    candidates = free
    in_body = False
    if body is not None:
        inside = free & (_counts(body[rows, columns], shape) >= IN_BODY * area)
        in_body = int(inside.sum()) > 1
        candidates = inside if in_body else free
    apart = candidates & (overlap <= APART * area)
    candidates = apart if int(apart.sum()) >= draws else candidates
    places = np.argwhere(candidates)
    chosen = np.random.default_rng(seed).permutation(len(places))[:draws]
    masks = np.zeros((len(chosen), *mask.shape), bool)
    for moved, (down, across) in zip(masks, places[chosen], strict=True):
        top, left = rows.start + down, columns.start + across
        moved[top : top + shape.shape[0], left : left + shape.shape[1]] = shape
    return RandomRegions(masks, in_body)


def _span(mask: np.ndarray) -> tuple[slice, slice]:
    """The rows and columns that a mask, True somewhere, reaches over."""
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _counts(pixels: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """How many of some pixels the shape covers at each place where it fits: int, one a place."""
    size = pixels.shape[0], pixels.shape[1]
    spectrum = np.fft.rfft2(pixels.astype(np.float64)) * np.conj(
        np.fft.rfft2(shape.astype(np.float64), size)
    )
    found = np.fft.irfft2(spectrum, size)  # a correlation: wraps round where the shape does not fit
    fits = found[: size[0] - shape.shape[0] + 1, : size[1] - shape.shape[1] + 1]
    return np.rint(fits).astype(np.int64)
