"""What the images nearest to a prototype say of it: are they of its class, are they others' too?

Letters: N images, P prototypes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dprotonet.prototypes.nearest_patches import nearest_images

Array = NDArray[np.float64]
TOP = 10  # images of a purity (Nauta et al. 2023, PIP-Net, section 5)
SHOWN = 5  # images that a page shows of a prototype


def class_purity(
    similarities: Array, own: NDArray[np.bool_], k: int = TOP, *, attainable: bool = False
) -> Array:
    """Fraction of the k most similar images that have the prototype's class, ``(P,)``.

    Args:
        similarities: ``(N, P)``.
        own: ``(N, P)``, the image has the prototype's class.
        attainable: where a class has fewer than k images, take as many as it has, so that 1 can be
            reached. A class without any has 0.
    """
    counts = own.sum(axis=0).tolist()
    tops = [
        nearest_images(similarities, p, max(1, min(k, count)) if attainable else k)
        for p, count in enumerate(counts)
    ]
    return np.array([float(own[top, p].mean()) for p, top in enumerate(tops)])


def distinct(similarities: Array, owner: NDArray[np.int64], k: int = SHOWN) -> Array:
    """How many different images the prototypes of each class show, as a fraction of the most
    that they could, one figure for each class that has prototypes.

    The different images among the k most similar ones of all prototypes of a class, divided by
    k × the number of its prototypes: 1 where no image is shown twice, 1 / prototypes where all
    show the same ones. With fewer than k images, k is their number.

    Args:
        similarities: ``(N, P)``.
        owner: ``(P,)`` class index of each prototype.
    """
    k = min(k, len(similarities))
    fractions = []
    for name in np.unique(owner):
        rows = np.flatnonzero(owner == name).tolist()
        images = np.concatenate([nearest_images(similarities, p, k) for p in rows])
        fractions.append(len(np.unique(images)) / (k * len(rows)))
    return np.array(fractions)
