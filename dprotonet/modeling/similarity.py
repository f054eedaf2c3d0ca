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
    return rows / np.maximum(norms, _TINY)


def similarity_f64(vectors: np.ndarray, prototypes: np.ndarray, kind: SimilarityKind) -> np.ndarray:
    """``vectors (B, P, D)`` to ``prototypes (P, D)``: ``(B, P)`` float64."""
    if kind == "log":
        apart = np.ascontiguousarray(vectors, dtype=np.float64) - prototypes
        distance = (apart * apart).sum(axis=-1)
        return np.log((distance + 1.0) / (distance + 1e-4))
    products = np.ascontiguousarray(unit_f64(vectors) * unit_f64(prototypes))
    cosine = np.clip(products.sum(axis=-1), -1.0, 1.0)
    return cosine if kind == "cosine" else (cosine + 1.0) / 2.0
