"""What every encoding of rows offers, and the check that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dprotonet.modeling.options import check_image_size

if TYPE_CHECKING:
    import numpy as np


class Encoding:
    """From a row's places on its scales to an image, and from the image's pixels to attributes.

    A pixel may be painted by several attributes, and by none: the background. Each kind is a frozen
    dataclass of numbers and words, so that a bundle keeps it as JSON.

    Attributes:
        name: in the registry.
        size: S, side of the image in pixels.
        attributes: A, how many a row has.
    """

    name: str
    size: int

    @property
    def attributes(self) -> int:
        """A, how many attributes a row has."""
        raise NotImplementedError

    def pixels(self, units: Sequence[float]) -> np.ndarray:
        """The image of a row.

        Args:
            units: A numbers in [0, 1], as ``AttributeTable.units`` gives them.

        Returns:
            ``(S, S, 3)`` uint8.
        """
        raise NotImplementedError

    def paint(self, units: Sequence[float]) -> np.ndarray:
        """How much of each pixel each attribute painted.

        Args:
            units: A numbers in [0, 1].

        Returns:
            ``(A, S, S)`` float32 >= 0; a pixel's numbers sum to at most 1, and to 0 on the
            background. Every attribute paints at least one pixel, unless another one's lies on it.
        """
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        values = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}  # type: ignore[call-overload]
        return {"name": self.name} | values


def check_units(encoding: Encoding, units: Sequence[float]) -> None:
    """Refuse a row of another number of attributes, or off the scale.

    Raises:
        ValueError: so it is.
    """
    if len(units) != encoding.attributes:
        raise ValueError(f"the row has {len(units)} attributes, not {encoding.attributes}")
    if not all(0.0 <= unit <= 1.0 for unit in units):
        raise ValueError("a place on a scale must lie in [0, 1]")


def check_size(size: int) -> None:
    """Refuse a side that no network of ours takes.

    Raises:
        ValueError: so it is.
    """
    if isinstance(size, bool) or not isinstance(size, int):
        raise ValueError("the side of an encoding's image must be a whole number of pixels")
    check_image_size(size)
