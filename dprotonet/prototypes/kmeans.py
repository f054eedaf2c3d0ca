"""k-means among the images of one class, where each prototype sees an image with its own mask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dprotonet.modeling.options import SimilarityKind
from dprotonet.modeling.similarity import similarity_f64, unit_f64

_MOST_ROUNDS = 30


class Clusters(NamedTuple):
    """Attributes:
    centres: ``(J, D)`` float64.
    members: for each centre the rows of the images it is the mean of.
    similarities: ``(N, J)`` of every image to the finished centres.
    """

    centres: np.ndarray
    members: tuple[tuple[int, ...], ...]
    similarities: np.ndarray


def class_kmeans(vectors: np.ndarray, start: np.ndarray, kind: SimilarityKind) -> Clusters:
    """Divide the images among the prototypes, each image to its most similar one.

    Lloyd's rounds; image i meets centre j with the vector that prototype j's own mask pooled. A
    centre that nothing is closest to takes the image that fits its present centre worst.

    Args:
        vectors: ``(N, J, D)``, the images in a canonical order, N >= 1.
        start: ``(J, D)`` first centres.
        kind: the similarity; under all but "log" only directions count.
    """
    cosine = kind != "log"
    vectors = unit_f64(vectors) if cosine else vectors.astype(np.float64)
    centres = unit_f64(start) if cosine else start.astype(np.float64)
    assignment = np.zeros(vectors.shape[:2])
    for _ in range(_MOST_ROUNDS):
        new_assignment = _assign(similarity_f64(vectors, centres, kind))
        if (new_assignment == assignment).all():
            break
        assignment = new_assignment
        weights = assignment / assignment.sum(axis=0)
        centres = (weights[:, :, None] * vectors).sum(axis=0)
        if cosine:
            centres = unit_f64(centres)
    members = tuple(tuple(np.flatnonzero(column).tolist()) for column in assignment.T)
    return Clusters(centres, members, similarity_f64(vectors, centres, kind))


def _assign(similarities: np.ndarray) -> np.ndarray:
    """``(N, J)`` of 0 and 1: 1 where image i belongs to centre j; no column is empty."""
    nearest = similarities.argmax(axis=1)
    assignment = np.zeros_like(similarities)
    assignment[np.arange(len(nearest)), nearest] = 1.0
    empty = np.flatnonzero(assignment.sum(axis=0) == 0)
    worst_first = np.argsort(similarities.max(axis=1), kind="stable")
    assignment[worst_first[np.arange(len(empty)) % len(worst_first)], empty] = 1.0
    return assignment
