"""How often maps of a model held a finding that is known: what its card has of that, checked.

A card keeps it under its ``evaluation``, in ``maps``, by what drew the maps (``drawn_by`` of an
explanation). No torch here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, Self

MAPS, DRAWN_BY = "maps", "drawn_by"


@dataclass(frozen=True)
class MapFigures:
    """What was measured of one kind of map on images with known evidence.

    Attributes:
        kind: the evidence that is known, such as "finding" or "patch"; it stands in sentences.
        images: how many images that have it.
        hit_10: fraction of them in which the highest tenth of the map held at least half of it.
        peak_near: fraction in which the map's peak lay on it or near it.
        peak_inside: fraction in which the peak lay on it.
        split: of the model's data that the images are of.
        tier: whose maps these are; "" for every tier that is drawn so.
    """

    kind: str
    images: int
    hit_10: float
    peak_near: float
    peak_inside: float
    split: str = "validation"
    tier: str = ""

    def __post_init__(self) -> None:
        for name in ("kind", "split", "tier"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} of a card's maps must be text.")
        if not self.kind or not self.split:
            raise ValueError("A card's maps name the kind of evidence and the split.")
        if isinstance(self.images, bool) or not isinstance(self.images, int) or self.images < 1:
            raise ValueError("images of a card's maps must be a whole number of 1 or more.")
        for name in ("hit_10", "peak_near", "peak_inside"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise ValueError(f"{name} of a card's maps must be a fraction from 0 to 1.")

    @property
    def hits(self) -> int:
        """Of the images, those in which the highest tenth of the map held the evidence."""
        return round(self.hit_10 * self.images)

    @property
    def sentence(self) -> str:
        """In 92 of 100 validation images with a known finding the marked tenth held it."""
        return (
            f"In {self.hits:,} of {self.images:,} {self.split} images with a known {self.kind} "
            "the marked tenth held it."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for a card."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Of a card's value.

        Raises:
            ValueError: a figure is unknown, missing, or none that can be.
        """
        known = {item.name for item in fields(cls)}
        if not isinstance(data, Mapping) or not known >= data.keys() >= known - {"split", "tier"}:
            raise ValueError(f"Figures of a card's maps are {', '.join(sorted(known))}.")
        return cls(**data)


def map_figures(evaluation: Mapping[str, Any]) -> Mapping[str, MapFigures]:
    """The figures of a card's evaluation, by what drew the maps; empty where it has none.

    Raises:
        ValueError: what stands there are no such figures.
    """
    maps = evaluation.get(MAPS, {})
    of_drawers = maps.get(DRAWN_BY, {}) if isinstance(maps, Mapping) else None
    if not isinstance(of_drawers, Mapping) or not all(isinstance(name, str) for name in of_drawers):
        raise ValueError("A card's maps are figures by what drew them.")
    return MappingProxyType({k: MapFigures.from_json(value) for k, value in of_drawers.items()})


def figures_of(figures: Mapping[str, MapFigures], *, drawn_by: str, tier: str) -> MapFigures | None:
    """Those of maps like one of this tier; None where such maps were not measured."""
    found = figures.get(drawn_by)
    return found if found is not None and found.tier in ("", tier) else None
