"""A sample onto the network grid, and its augmentation by MONAI.

MONAI takes seconds to import: what evaluates a model places images without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from dprotonet.errors import ReadableError
from dprotonet.modeling.preprocessing import Preprocessing
from training.datasets.samples import Sample
from training.recipe import Recipe

if TYPE_CHECKING:
    from monai.transforms import Compose, Transform


class PlaceImage:
    """Read one sample and place it; deterministic.

    The result has the keys "image", ``(C, S, S)`` uint8 with C = 1 where the image is grey,
    "sha256" of its file, and "frames", their number. For an image that cannot be read it has the
    key "problem" alone, a sentence.
    """

    def __init__(self, preprocessing: Preprocessing) -> None:
        self._preprocessing = preprocessing

    def __call__(self, data: Sample) -> dict[str, Any]:
        """Read and place."""
        try:
            image = data.load()
        except ReadableError as error:
            return {"problem": str(error)}
        unit, _ = self._preprocessing.place(image)
        placed = (unit if image.is_colour else unit[:1]).mul(255.0).round_().to(torch.uint8)
        frames = image.facts.frames
        return {"image": placed, "sha256": data.image_sha256(image), "frames": frames}


AUGMENTATION = ("image_size", "rotate", "shift", "zoom", "brightness", "contrast", "flip")
"""Keys of a recipe that :func:`augmentation` reads."""


def is_augmented(recipe: Recipe) -> bool:
    """Whether a recipe changes images at random at all; rows of a table it leaves as they are."""
    return any(getattr(recipe, key) for key in AUGMENTATION if key != "image_size")


def augmentation(recipe: Recipe) -> Compose:
    """Random changes of a placed image, uint8 in, float32 in [0, 1] out."""
    from monai.transforms import (
        Compose,
        RandAdjustContrast,
        RandAffine,
        RandFlip,
        RandShiftIntensity,
        ScaleIntensityRange,
    )

    side = recipe.image_size
    steps: list[Transform] = [
        ScaleIntensityRange(0.0, 255.0, 0.0, 1.0, clip=True),
        RandAffine(
            prob=1.0,
            rotate_range=float(np.deg2rad(recipe.rotate)),
            translate_range=recipe.shift * side,
            scale_range=recipe.zoom,
            mode="bilinear",
            padding_mode="zeros",
            cache_grid=True,
            spatial_size=(side, side),
        ),
        RandShiftIntensity(recipe.brightness, prob=1.0),
        RandAdjustContrast(prob=1.0, gamma=(1.0 - recipe.contrast, 1.0 + recipe.contrast))
        if recipe.contrast
        else ScaleIntensityRange(0.0, 1.0, 0.0, 1.0),
        ScaleIntensityRange(0.0, 1.0, 0.0, 1.0, clip=True),
    ]
    if recipe.flip:
        steps.append(RandFlip(prob=0.5, spatial_axis=1))
    return Compose(steps)


def augmented_copy(transform: Compose, placed: Tensor, seed: int) -> Tensor:
    """One augmented copy ``(C, S, S)`` in [0, 1]; the seed alone decides which."""
    transform.set_random_state(seed=seed % 2**32)
    out = transform(placed)
    return getattr(out, "as_tensor", lambda: out)()


def augmented_masks(transform: Compose, masks: Tensor, seed: int) -> Tensor:
    """Masks ``(K, S, S)`` of 0 and 1, moved as :func:`augmented_copy` moves the image.

    Returns:
        ``(K, S, S)`` float32 of 0 and 1, 0 where the copy shows no image.
    """
    from monai.transforms import RandAffine, RandFlip

    transform.set_random_state(seed=seed % 2**32)
    moved = masks.to(torch.float32)
    for step in transform.transforms:
        if isinstance(step, RandAffine):
            moved = step(moved, mode="nearest")
        elif isinstance(step, RandFlip):
            moved = step(moved)
    return getattr(moved, "as_tensor", lambda: moved)()


def unit(images: Tensor) -> Tensor:
    """``(N, C, S, S)`` uint8 to float32 in [0, 1]."""
    return images.to(torch.float32).div_(255.0)
