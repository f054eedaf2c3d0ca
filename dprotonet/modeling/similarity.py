"""The similarities of model.py again in numpy and float64, row by row.

Each row is reduced by itself over its contiguous last axis, so that its result does not depend on
how many rows stand beside it. Updates and statistics rest on that.
"""

from __future__ import annotations

import numpy as np

from dprotonet.modeling.options import SimilarityKind

_TINY = 1e-12


def unit_f64(vectors: np.ndarray) -> np.ndarray:
    """``(…, D)`` in float64, each row scaled to length 1 (a zero row stays zero)."""
    rows = np.ascontiguousarray(vectors, dtype=np.float64)
    norms = np.sqrt((rows * rows).sum(axis=-1, keepdims=True))
    unit: np.ndarray = rows / np.maximum(norms, _TINY)
    return unit


def similarity_f64(vectors: np.ndarray, prototypes: np.ndarray, kind: SimilarityKind) -> np.ndarray:
    """``vectors (B, P, D)`` to ``prototypes (P, D)``: ``(B, P)`` float64."""
    similarity: np.ndarray
    if kind == "log":
        apart = np.ascontiguousarray(vectors, dtype=np.float64) - prototypes
        distance = (apart * apart).sum(axis=-1)
        similarity = np.log((distance + 1.0) / (distance + 1e-4))
        return similarity
    products = np.ascontiguousarray(unit_f64(vectors) * unit_f64(prototypes))
    similarity = np.clip(products.sum(axis=-1), -1.0, 1.0)
    return similarity if kind == "cosine" else (similarity + 1.0) / 2.0
