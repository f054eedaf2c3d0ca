"""What a bundle's manifest says of its mask reader. No torch here."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from dprotonet.modeling.reader.options import ReaderOptions

READS = ("backbone", "masks")
"""Parts of a network that a reader is bound to: the features it reads, and what the prototypes are
compared with. Prototypes and last layer may change: its queries are made of them."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ReaderFacts:
    """How the reader in reader.safetensors is built, and how it came about.

    Attributes:
        options: of the reader.
        made_with: digests of the stored parts :data:`READS` that it was trained for.
        images: training images that it was trained on.
        validation_images: that chose when to stop.
        steps: of training, up to the one that was kept.
        seed: of training.
        fills: what hidden pixels showed in training, in turns.
        held_out: the fill that chose when to stop, and was not trained with.
        validation: what the highest cells keep less what removing them leaves, under that fill, in
            standard deviations of the nodes' values over images.
        validation_before: the same of the untrained reader.
    """

    options: ReaderOptions
    made_with: dict[str, str]
    images: int
    validation_images: int
    steps: int
    seed: int
    fills: tuple[str, ...]
    held_out: str
    validation: float
    validation_before: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "fills", tuple(self.fills))
        if not isinstance(self.made_with, dict) or set(self.made_with) != set(READS):
            raise ValueError(f"a mask reader names its network by {' and '.join(READS)}")
        if not all(isinstance(v, str) and _SHA256.fullmatch(v) for v in self.made_with.values()):
            raise ValueError("a mask reader's network is named by digests")
        for name in ("images", "validation_images", "steps", "seed"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ValueError(f"{name} of a mask reader must be a whole number, 0 or more")
        if not all(isinstance(name, str) for name in (*self.fills, self.held_out)):
            raise ValueError("the fills of a mask reader must be named")
        for name in ("validation", "validation_before"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"{name} of a mask reader must be a number")
            if not math.isfinite(value):
                raise ValueError(f"{name} of a mask reader must be finite")

    def fits(self, parts: Mapping[str, str]) -> bool:
        """Whether it was trained for the network whose stored parts have these digests."""
        return all(parts[part] == digest for part, digest in self.made_with.items())

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {**asdict(self), "options": self.options.to_json(), "fills": list(self.fills)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ReaderFacts:
        """The facts that :meth:`to_json` wrote.

        Raises:
            ValueError: a field is missing, unknown or of another type.
        """
        if set(data) != {item.name for item in fields(cls)}:
            raise ValueError(f"these are no facts of a mask reader: {sorted(data)}")
        return cls(**{**data, "options": ReaderOptions.from_json(data["options"])})
