"""From an image on its stored grid to the numbers that a network sees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dprotonet.images.types import GrayOrColourImage
from dprotonet.modeling.digests import json_digest
from dprotonet.modeling.geometry import Placement

# Of ImageNet's training images, in torchvision's order R, G, B.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preprocessing:
    """The size and the colour normalisation that a network was trained with."""

    size: int = 224  # px, side of the network's square
    mean: tuple[float, float, float] = IMAGENET_MEAN  # of each channel, in [0, 1]
    sd: tuple[float, float, float] = IMAGENET_SD  # of each channel, in [0, 1]

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", _triple("mean", self.mean))
        object.__setattr__(self, "sd", _triple("sd", self.sd))
        if self.size < 1:
            raise ValueError(f"size must be at least 1 pixel, not {self.size}")
        if min(self.sd) <= 0:
            raise ValueError(f"every sd must be positive, not {self.sd}")

    def __call__(self, image: GrayOrColourImage) -> tuple[Tensor, Placement]:
        """Place and normalise: ``(3, S, S)`` float32, and where the image lies on it."""
        unit, placement = self.place(image)
        return self.normalise(unit), placement

    def place(self, image: GrayOrColourImage) -> tuple[Tensor, Placement]:
        """The image as shown by its default window, on the network grid.

        Returns:
            ``(3, S, S)`` float32 in [0, 1], grey repeated and padding 0; and its placement.
        """
        unit = torch.from_numpy(np.ascontiguousarray(image.unit()))
        channels = unit.permute(2, 0, 1) if image.is_colour else unit[None]
        placement = Placement.of(image.shape, self.size, image.pixel_aspect)
        return placement.to_network(channels).expand(3, -1, -1).contiguous(), placement

    def normalise(self, x: Tensor) -> Tensor:
        """``(..., 3, S, S)`` in [0, 1] to zero mean and unit variance over ImageNet."""
        return (x - self._row(self.mean, x)) / self._row(self.sd, x)

    def denormalise(self, x: Tensor) -> Tensor:
        """The inverse of :meth:`normalise`."""
        return x * self._row(self.sd, x) + self._row(self.mean, x)

    def to_json(self) -> dict[str, Any]:
        """A dictionary of JSON's own types."""
        return {"size": self.size, "mean": list(self.mean), "sd": list(self.sd)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Preprocessing:
        """The inverse of :meth:`to_json`.

        Raises:
            ValueError: a field is missing, unknown or out of range.
        """
        if set(data) != {"size", "mean", "sd"}:
            raise ValueError(f"preprocessing has size, mean and sd, not {sorted(data)}")
        return cls(int(data["size"]), tuple(data["mean"]), tuple(data["sd"]))

    @property
    def digest(self) -> str:
        """SHA-256 over all fields, 64 hex digits."""
        return json_digest(self.to_json())

    @staticmethod
    def _row(values: tuple[float, float, float], x: Tensor) -> Tensor:
        return torch.tensor(values, dtype=x.dtype, device=x.device).view(3, 1, 1)


def _triple(name: str, values: Sequence[float]) -> tuple[float, float, float]:
    numbers = tuple(float(value) for value in values)
    if len(numbers) != 3 or not all(math.isfinite(number) for number in numbers):
        raise ValueError(f"{name} has three finite numbers, not {values}")
    return numbers
