"""The training patches nearest to each prototype: what they say of it, and which ones to drop.

One patch of an image counts, its nearest: an image is as similar to a prototype as that patch is.
No torch here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEAREST = 6
"""Patches of a prototype that are looked at (Chen et al. 2019, section 2.5: k = 6)."""
LEAST = 3
"""Of them that are to be of its class (the same: fewer than 3, and it is pruned)."""


def nearest_images(similarities: NDArray[np.floating], p: int, k: int) -> NDArray[np.int64]:
    """Rows of the k images ``(N, P)`` that are most similar to prototype p, the nearest first;
    ties go to the first."""
    return np.asarray(np.argsort(-similarities[:, p], kind="stable")[:k])


def of_their_class(
    similarities: NDArray[np.floating],
    own: NDArray[np.bool_],
    owner: NDArray[np.int64],
    *,
    nearest: int = NEAREST,
    least: int = LEAST,
) -> tuple[int, ...]:
    """Rows of the prototypes to keep, ascending: of its nearest patches enough are of its class.

    Chen et al. 2019, section 2.5. Theirs may leave a class without any prototype; ours keeps its
    best then: the one with most patches of its class, then the one whose nearest image of its class
    is the most similar, then the first.

    Args:
        similarities: ``(N, P)`` of all training images.
        own: ``(N, P)``: the image has the prototype's class.
        owner: ``(P,)`` class index of each prototype.
        nearest: patches that are looked at.
        least: of them that are to be of the prototype's class.

    Raises:
        ValueError: ``least`` is no number from 1 to ``nearest``.
    """
    if not 1 <= least <= nearest:
        raise ValueError(f"least must lie between 1 and {nearest}, not be {least}.")
    counts = [
        int(own[nearest_images(similarities, p, nearest), p].sum()) for p in range(len(owner))
    ]
    closest = np.where(own, similarities, -np.inf).max(axis=0)
    rows = {p for p, count in enumerate(counts) if count >= least}
    for k in np.unique(owner):
        theirs = np.flatnonzero(owner == k).tolist()
        if not rows.intersection(theirs):
            rows.add(max(theirs, key=lambda p: (counts[p], closest[p], -p)))
    return tuple(sorted(rows))
