"""How similar an image is to a prototype, among the images that its model was fitted on.

A cosine of 0.83 says nothing by itself; that it is higher than in 92 of 100 images with the class,
and than in all without it, does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.domain.noun import IMAGE, Noun
from app.domain.permissions import within
from app.domain.text import number, percent
from app.services.adapters.bundle_registry import Registry
from app.services.workplace import Workplace
from dprotonet.errors import ReadableError

_KEPT = 4  # models


@dataclass(frozen=True, eq=False)
class Distribution:
    """The similarities of a prototype, sorted; of images with its class and of those without."""

    with_class: np.ndarray
    without: np.ndarray

    def sentence(self, similarity: float, class_name: str, noun: Noun = IMAGE) -> str:
        """More similar than 92 % of the model's own images with “pneumonia”, and than 99 % of
        those without."""
        parts = []
        if len(self.with_class):
            parts.append(f"than {percent(_below(self.with_class, similarity))} of those with it")
        if len(self.without):
            parts.append(f"than {percent(_below(self.without, similarity))} of those without")
        those = f"Of the model's own {noun.several} for “{class_name}”"
        return f"{those}: more similar {', '.join(parts)}."


def axis_text(value: float, known: Distribution | None, noun: Noun = IMAGE) -> str:
    """Its axis is 2.10 above the mean of the training images, higher than in 97 % of them.

    Args:
        value: of a concept's axis, less its mean over the training images.
        known: the same of the model's own images; None where they are not kept.
    """
    side = "above" if value >= 0 else "below"
    text = f"Its axis is {number(abs(value))} {side} the mean of the training {noun.several}"
    if known is None:
        return f"{text}."
    everyone = np.sort(np.concatenate([known.with_class, known.without]))
    share = percent(_below(everyone, value))
    return f"{text}, higher than in {share} of the model's own {noun.several}."


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
