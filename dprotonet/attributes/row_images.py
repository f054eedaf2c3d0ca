"""How a bundle that takes rows makes images of them, and reads heatmaps back to attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dprotonet.attributes.encodings.encoding import Encoding
from dprotonet.attributes.encodings.registry import encoding_from_json
from dprotonet.attributes.table import AttributeTable, Row

if TYPE_CHECKING:
    import numpy as np

    from dprotonet.images.types import GrayOrColourImage


@dataclass(frozen=True)
class Shares:
    """A heatmap read back to attributes.

    Attributes:
        by_attribute: attribute to its share, in the table's order; they sum to 1.
        on_attributes: fraction of the heatmap, in [0, 1], that lies on what attributes painted. The
            rest lies on the background and is no attribute's.
    """

    by_attribute: Mapping[str, float]
    on_attributes: float

    @property
    def ranked(self) -> tuple[tuple[str, float], ...]:
        """Attributes and shares, the largest first; ties in the table's order."""
        return tuple(sorted(self.by_attribute.items(), key=lambda one: -one[1]))


@dataclass(frozen=True)
class RowImages:
    """A table and the encoding of its rows.

    Attributes:
        table: what a row has.
        encoding: what its image looks like.
    """

    table: AttributeTable
    encoding: Encoding

    def __post_init__(self) -> None:
        if self.encoding.attributes != len(self.table.attributes):
            raise ValueError("the encoding is of another number of attributes")

    def image(self, row: Row) -> GrayOrColourImage:
        """The image of a row, ``(S, S, 3)`` uint8: its native grid is the network's."""
        from dprotonet.images.types import GrayOrColourImage, ImageFacts

        size = self.encoding.size
        pixels = self.encoding.pixels(self.table.units(row))
        return GrayOrColourImage(pixels, (), False, None, ImageFacts("png", size, size, 1, True, 8))

    def shares(self, row: Row, heatmap: np.ndarray) -> Shares:
        """What of a heatmap falls to each attribute.

        A pixel that several attributes painted is divided as they painted it; the two attributes of
        one of CPC-R's points have half each.

        Args:
            row: that the image was made of.
            heatmap: ``(S, S)`` >= 0 on the image's grid.

        Raises:
            ValueError: the heatmap is of another size, or has a negative number.
        """
        import numpy as np

        size = self.encoding.size
        if heatmap.shape != (size, size) or not (heatmap >= 0).all():
            raise ValueError(f"a heatmap of this encoding is ({size}, {size}) and not negative")
        heat = heatmap.astype(np.float64)
        paint = self.encoding.paint(self.table.units(row))
        parts = np.tensordot(paint.astype(np.float64), heat, axes=((1, 2), (0, 1)))
        total, whole = float(parts.sum()), float(heat.sum())
        # Nothing lies on any attribute: none has more than another.
        shares = parts / total if total > 0 else np.full(len(parts), 1 / len(parts))
        on_attributes = (
            float((heat * paint.max(axis=0).astype(bool)).sum()) / whole if whole else 0.0
        )
        return Shares(dict(zip(self.table.names, map(float, shares), strict=True)), on_attributes)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"table": self.table.to_json(), "encoding": self.encoding.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RowImages:
        """What :meth:`to_json` wrote.

        Raises:
            ValueError: a field is missing, unknown or cannot be.
        """
        if set(data) != {"table", "encoding"}:
            raise ValueError(f"these are no facts of rows as images: {sorted(data)}")
        table = AttributeTable.from_json(data["table"])
        return cls(table, encoding_from_json(data["encoding"]))
