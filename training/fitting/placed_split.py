"""Training and validation images of a bundle, as it was split for training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from training.data.placed_images import PlacedImages, place_images
from training.data.splits import Split, by_split
from training.datasets.registry import open_dataset
from training.datasets.samples import Sample
from training.evaluation.evaluate import check_classes, grouped, recipe_of
from training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class PlacedSplit:
    """Placed images of one bundle's data.

    Attributes:
        recipe: of the bundle.
        images: of training and validation, and no others.
        train: rows of them.
        validation: rows of them.
    """

    recipe: Recipe
    images: PlacedImages
    train: Tensor
    validation: Tensor

    def too_few(self, name: str, training: int, validation: int) -> ReadableError:
        """What to raise where a bundle needs at least so many images of each side."""
        return ReadableError(
            f"{name} has {len(self.train)} training and {len(self.validation)} validation images "
            f"in this data. Give the data that it was trained on, with at least {training} and "
            f"{validation} of them."
        )


def placed_split(
    bundle: Bundle, data: Path | None, most: Mapping[Split, int] | None = None
) -> PlacedSplit:
    """The images that a bundle was trained and validated on, read once.

    Args:
        data: what it was trained on; None for the phantom.
        most: of each side, of which an even choice is read then; None for all.

    Raises:
        ReadableError: the data cannot be had, has other classes, or cannot be read.
    """
    recipe = recipe_of(bundle)
    dataset = open_dataset(recipe, data)
    check_classes(bundle, dataset)
    parts = by_split(grouped(dataset, recipe))
    both: tuple[Split, Split] = ("train", "validation")
    sides = [_even(parts[side], None if most is None else most[side]) for side in both]
    images = place_images(
        [*sides[0], *sides[1]],
        bundle.preprocessing,
        classes=len(bundle.classes),
        damaged=recipe.damaged,
    )
    present = {sample.sample_id for sample in images.samples}
    train, validation = (
        images.rows([sample for sample in side if sample.sample_id in present]) for side in sides
    )
    return PlacedSplit(recipe, images, train, validation)


def _even(samples: Sequence[Sample], most: int | None) -> list[Sample]:
    if most is None or len(samples) <= most:
        return list(samples)
    return [samples[i] for i in torch.linspace(0, len(samples) - 1, most).long().tolist()]
