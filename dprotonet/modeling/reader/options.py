"""What a mask reader is built from. No torch here: a manifest holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

CELLS = (28, 56)
"""Cells along a side of a reader's maps that the commands offer."""

MOST_CELLS = 512
"""Along a side: as many as the largest image has pixels."""

MOST_WEIGHTS = 200_000
"""Of a reader; its width is chosen so that it has no more."""

_WIDEST, _NARROWEST = 64, 8


@dataclass(frozen=True)
class Stage:
    """A module whose output ``(N, channels, h, w)`` is read.

    Attributes:
        name: inside the network, such as "backbone.features.13".
        channels: of its output.
    """

    name: str
    channels: int

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ValueError("a stage needs the name of a module")
        if isinstance(self.channels, bool) or not isinstance(self.channels, int):
            raise ValueError("the channels of a stage must be a whole number")
        if self.channels < 1:
            raise ValueError("a stage has at least one channel")


@dataclass(frozen=True)
class ReaderOptions:
    """What a mask reader is built from.

    Attributes:
        stages: of the network that it reads, the finest grid first.
        cells: along a side of its maps.
        width: L, channels of its latent grid.
        depth: D of the prototypes that queries are made of; 0 for learned queries.
        classes: K.
        prototypes: P, of learned queries; 0 where queries are made of the prototypes.
    """

    stages: tuple[Stage, ...]
    cells: int
    width: int
    depth: int
    classes: int
    prototypes: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "stages", tuple(self.stages))
        if not self.stages:
            raise ValueError("a mask reader needs a stage")
        for name in ("cells", "width", "depth", "classes", "prototypes"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"{name} of a mask reader must be a whole number")
        if min(self.cells, self.width, self.classes) < 1 or min(self.depth, self.prototypes) < 0:
            raise ValueError("cells, width and classes of a mask reader are at least 1")
        if max(self.cells, self.width) > MOST_CELLS:
            raise ValueError(f"cells and width of a mask reader are at most {MOST_CELLS}")
        if self.depth and self.prototypes:
            raise ValueError("a mask reader makes queries of prototypes, or learns them")

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {**asdict(self), "stages": [asdict(stage) for stage in self.stages]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ReaderOptions:
        """The options that :meth:`to_json` wrote.

        Raises:
            ValueError: a field is missing, unknown or of another type.
        """
        if set(data) != {item.name for item in fields(cls)}:
            raise ValueError(f"these are no options of a mask reader: {sorted(data)}")
        try:
            stages = tuple(Stage(**stage) for stage in data["stages"])
        except TypeError as error:
            raise ValueError(f"these are no stages of a mask reader: {error}") from error
        return cls(**{**data, "stages": stages})


def fitting_width(stages: Sequence[Stage], depth: int) -> int:
    """L for which a reader has at most :data:`MOST_WEIGHTS` weights."""
    given = sum(stage.channels for stage in stages) + 2 * depth
    for width in range(_WIDEST, _NARROWEST, -_NARROWEST):
        if width * (given + len(stages) * (width + 12)) <= MOST_WEIGHTS:
            return width
    return _NARROWEST
