"""How similar an image is to a prototype, among the images that its model was fitted on.

A cosine of 0.83 says nothing by itself; that it is higher than in 92 of 100 images with the class,
and than in all without it, does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.domain.permissions import within
from app.domain.text import percent
from app.services.adapters.bundle_registry import Registry
from app.services.workplace import Workplace
from dprotonet.errors import ReadableError

_KEPT = 4  # models


@dataclass(frozen=True, eq=False)
class Distribution:
    """The similarities of a prototype, sorted; of images with its class and of those without."""

    with_class: np.ndarray
    without: np.ndarray

    def sentence(self, similarity: float, class_name: str) -> str:
        """Similarity higher than in 92 % of training images with pneumonia, 99 % without."""
        parts = [
            f"{percent(_below(values, similarity))} of those {word} “{class_name}”"
            for values, word in ((self.with_class, "with"), (self.without, "without"))
            if len(values)
        ]
        return f"More similar than {' and '.join(parts)} among the model's own images."


@within
def of_model(workplace: Workplace, digest: str) -> dict[str, Distribution]:
    """The distributions of a bundle's prototypes, by id; empty where the bundle keeps none."""
    return _distributions(workplace.models, digest)


@lru_cache(maxsize=_KEPT)
def _distributions(models: Registry, digest: str) -> dict[str, Distribution]:
    try:
        bundle = models.bundle(digest)
        responses = bundle.responses
    except ReadableError:
        return {}
    if responses is None:
        return {}
    classes = {name: number for number, name in enumerate(bundle.classes)}
    found = {}
    for column, record in enumerate(bundle.prototypes):
        own = classes[record.class_name]
        labels = responses.labels
        has_class = labels[:, own].astype(bool) if responses.multi_label else labels == own
        values = responses.similarities[:, column]
        found[record.id] = Distribution(np.sort(values[has_class]), np.sort(values[~has_class]))
    return found


def _below(values: np.ndarray, similarity: float) -> float:
    return float(np.searchsorted(values, similarity, side="left")) / len(values)
