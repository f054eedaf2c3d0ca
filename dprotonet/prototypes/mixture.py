"""The prototypes of one class as a mixture of Gaussians, found by EM over the class's images.

MGProto (Wang et al., TPAMI 2025, section 3.2): a class is a mixture, its means are the prototypes,
its mixing weights say how much each one is used, and a repulsion exp(-d), d the squared distance,
keeps the means of a class apart. Theirs takes gradient steps on a memory of recent vectors; here
all images of the class are seen at once, in a canonical order and in float64, so that the same
images give the same bits. What follows from that, and what differs:

* Prototype j meets an image with the vector that its own mask pooled, as in k-means here.
* The variance is isotropic, shared by the class, and estimated; theirs is fixed. Where only
  directions count, vectors and means have length 1, which makes a component a von Mises-Fisher
  distribution with the concentration 1 / variance.
* The M-step is the mean itself and one step of the repulsion, instead of a step of Adam.
* Their momentum of .99 on the mixing weights is read by image: a pass over N images leaves .99^N of
  the old weight, so that few images cannot make a prototype look unused, and hundreds can.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dprotonet.modeling.options import SimilarityKind
from dprotonet.modeling.similarity import similarity_f64, unit_f64

SMOOTHING = (0.1, 0.1, 0.001)
"""What each loop adds to every responsibility before they are scaled to sum to 1. Theirs adds .1
always; of ten components each mean would then be nearly half the class's mean, so the last loop
adds next to nothing."""
MOMENTUM = 0.99  # of the mixing weights, an image
REPULSION = 0.1  # of the way between two means, times exp(-d)
UNUSED = 0.25
"""A prototype whose mixing weight is below this fraction of an even one is hardly used."""

_LEAST_VARIANCE = 1e-8
_CANDIDATES = 256  # images among which the first means are looked for


class Mixture(NamedTuple):
    """Attributes:
    means: ``(J, D)`` float64; of length 1 where only directions count.
    weights: ``(J,)`` mixing weights, which sum to 1.
    responsibilities: ``(N, J)``, smoothed; each row sums to 1.
    similarities: ``(N, J)`` of every image to the finished means.
    """

    means: np.ndarray
    weights: np.ndarray
    responsibilities: np.ndarray
    similarities: np.ndarray


def class_mixture(vectors: np.ndarray, start: np.ndarray | None, kind: SimilarityKind) -> Mixture:
    """Three loops of EM.

    Args:
        vectors: ``(N, J, D)``, the images in a canonical order, N >= 1.
        start: ``(J, D)`` first means; None to look for them among the images, see
            :func:`representatives`.
        kind: the similarity; under all but "log" only directions count.
    """
    cosine = kind != "log"
    vectors = unit_f64(vectors) if cosine else vectors.astype(np.float64)
    if start is None:
        start = representatives(vectors)
    means = unit_f64(start) if cosine else start.astype(np.float64)
    count, components, depth = vectors.shape
    weights = np.full(components, 1.0 / components)
    left = MOMENTUM**count
    distance = _squared(vectors, means)
    variance = _variance(distance.min(axis=1).mean(), depth)
    for smoothing in SMOOTHING:
        responsibilities = _responsibilities(distance, weights, variance, smoothing)
        used = responsibilities.sum(axis=0)
        means = (responsibilities[:, :, None] * vectors).sum(axis=0) / used[:, None]
        means = _apart(means)
        if cosine:
            means = unit_f64(means)
        distance = _squared(vectors, means)
        variance = _variance((responsibilities * distance).sum() / count, depth)
        weights = left * weights + (1.0 - left) * used / count
    responsibilities = _responsibilities(distance, weights, variance, SMOOTHING[-1])
    return Mixture(means, weights, responsibilities, similarity_f64(vectors, means, kind))


def representatives(vectors: np.ndarray) -> np.ndarray:
    """J images that stand for all, one for each component, found greedily.

    Each next one is the image that takes most off the sum of the squared distances to the nearest
    (the build phase of PAM, Kaufman & Rousseeuw 1990, chapter 2), so that it is neither an outlier
    nor near one that is there already. Of many images 256 at even distances are candidates.

    Args:
        vectors: ``(N, J, D)`` float64, in a canonical order; ties go to the first.

    Returns:
        ``(J, D)``.
    """
    count, components, _ = vectors.shape
    candidates = np.unique(np.linspace(0, count - 1, min(count, _CANDIDATES)).round().astype(int))
    nearest = np.full(count, np.inf)
    chosen = []
    for j in range(components):
        own = np.ascontiguousarray(vectors[:, j])
        distances = np.stack([np.square(own - own[c]).sum(axis=1) for c in candidates])
        best = int(np.minimum(distances, nearest).sum(axis=1).argmin())
        nearest = np.minimum(distances[best], nearest)
        chosen.append(own[candidates[best]])
    return np.stack(chosen)


def hardly_used(weights: np.ndarray) -> np.ndarray:
    """``(J,)`` bool: which components of one class have so small a mixing weight that they can go;
    never all of them."""
    low: np.ndarray = weights < UNUSED / len(weights)
    return low


def _squared(vectors: np.ndarray, means: np.ndarray) -> np.ndarray:
    """``(N, J)`` squared distances."""
    distance: np.ndarray = np.square(vectors - means).sum(axis=-1)
    return distance


def _variance(mean_distance: float, depth: int) -> float:
    """Of one dimension, from the mean squared distance over all D."""
    return max(float(mean_distance) / depth, _LEAST_VARIANCE)


def _responsibilities(
    distance: np.ndarray, weights: np.ndarray, variance: float, smoothing: float
) -> np.ndarray:
    """``(N, J)``: the E-step, with additive smoothing so that no image goes to one alone."""
    scores = np.log(weights) - distance / (2.0 * variance)
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    plain = scores / scores.sum(axis=1, keepdims=True)
    smooth: np.ndarray = (plain + smoothing) / (1.0 + smoothing * len(weights))
    return smooth


def _apart(means: np.ndarray) -> np.ndarray:
    """Every mean moved away from the others of its class, the more the nearer they are."""
    if len(means) < 2:
        return means
    between = means[:, None] - means[None]
    push = np.exp(-np.square(between).sum(axis=-1))[:, :, None] * between
    moved: np.ndarray = means + REPULSION * push.sum(axis=1) / (len(means) - 1)
    return moved
