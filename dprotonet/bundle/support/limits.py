"""What a bundle's manifest says of its gate. No torch here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class SupportLimits:
    """How the distance in support.safetensors is read, and the distances that matter.

    Attributes:
        stage: the block of the backbone whose maps it reads, such as "features.13".
        caution_from: distance from which an image is shown with a caution.
        threshold: distance from which an image gets no label.
        fitted_on: training images, without their copies.
        validated_on: validation images that both distances were chosen on, without their copies.
    """

    stage: str
    caution_from: float
    threshold: float
    fitted_on: int
    validated_on: int

    def __post_init__(self) -> None:
        if not isinstance(self.stage, str) or not self.stage:
            raise ValueError("a gate needs the name of a stage")
        for value in (self.caution_from, self.threshold):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError("the distances of a gate must be numbers")
            if not math.isfinite(value) or value < 0:
                raise ValueError("the distances of a gate must be finite and not negative")
        if self.caution_from > self.threshold:
            raise ValueError("a gate cautions before it refuses")

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SupportLimits:
        """The limits that :meth:`to_json` wrote.

        Raises:
            ValueError: a field is missing, unknown or of another type.
        """
        if set(data) != {item.name for item in fields(cls)}:
            raise ValueError(f"these are no limits of a gate: {sorted(data)}")
        return cls(**data)
