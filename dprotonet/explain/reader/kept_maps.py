"""The maps of a mask reader as they are kept with a prediction, and read again without a model.

No torch here: a server shows them, years after the pass that drew them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from PIL import Image

from dprotonet.explain.ink import inked_array
from dprotonet.explain.location import fraction_outside
from dprotonet.modeling.placement import GridPlacement

STEPS = 65535
"""A map is kept in so many steps from its lowest cell to its highest: its order is all that a
heatmap shows, and 16 bits of a float would keep less of it."""


@dataclass(frozen=True, eq=False)
class KeptMaps:
    """What a mask reader marked in one image, in the pass that predicted.

    Attributes:
        nodes: Q texts, such as "class:effusion" and "prototype:p03".
        cells: ``(Q, s, s)`` uint16 on the reader's own grid, each map from 0 to 65,535. For 56
            cells a side that is 6 kB a node.
        placement: of the image on the network's grid.
    """

    nodes: tuple[str, ...]
    cells: np.ndarray
    placement: GridPlacement

    def __post_init__(self) -> None:
        shape = self.cells.shape
        if self.cells.dtype != np.uint16 or self.cells.ndim != 3 or shape[1] != shape[2]:
            raise ValueError("Maps are kept as (Q, s, s) uint16.")
        if len(self.nodes) != shape[0]:
            raise ValueError("Every kept map has its node.")

    @classmethod
    def of(cls, nodes: tuple[str, ...], maps: np.ndarray, placement: GridPlacement) -> Self:
        """From ``(Q, s, s)`` maps of any range, as the reader drew them. One that is flat, or has
        a value that is no finite number, marks nothing."""
        maps = np.where(np.isfinite(maps).all(axis=(1, 2), keepdims=True), maps, 0.0)
        low, high = maps.min(axis=(1, 2), keepdims=True), maps.max(axis=(1, 2), keepdims=True)
        unit = (maps - low) / np.maximum(high - low, 1e-12)
        return cls(nodes, np.rint(unit * STEPS).astype(np.uint16), placement)

    @classmethod
    def from_npy(cls, data: bytes, nodes: tuple[str, ...], placement: GridPlacement) -> Self:
        """Of the bytes that :meth:`to_npy` gave.

        Raises:
            ValueError: these are none.
        """
        return cls(nodes, np.load(io.BytesIO(data), allow_pickle=False), placement)

    def to_npy(self) -> bytes:
        """The cells as a .npy file."""
        out = io.BytesIO()
        np.save(out, self.cells, allow_pickle=False)
        return out.getvalue()

    @cached_property
    def valid_mask(self) -> np.ndarray:
        """``(S, S)`` bool: True where the image lies on the network's grid."""
        return rectangle(self.placement)

    def heatmap(self, number: int) -> np.ndarray:
        """The heatmap of the node of this number: ``(S, S)`` float32 in [0, 1] on the network's
        grid, 0 in the padding. It is that of the tier *instant*, but for what the steps round."""
        side = self.placement.network
        grid = Image.fromarray(self.cells[number].astype(np.float32), mode="F")
        large = np.asarray(grid.resize((side, side), Image.Resampling.BILINEAR))
        return inked_array(large, self.valid_mask)

    def outside(self, body: np.ndarray) -> tuple[float, ...]:
        """The fraction of each heatmap that lies outside the body, in [0, 1].

        It is computed on the reader's grid, of which cells count whole: for all nodes together
        that takes milliseconds.

        Args:
            body: ``(S, S)`` bool.
        """
        at = (np.arange(self.cells.shape[1]) + 0.5) / self.cells.shape[1] * self.placement.network
        cells = np.ix_(at.astype(int), at.astype(int))
        inside, image = body[cells], self.valid_mask[cells]
        return tuple(
            fraction_outside(inked_array(map_, image), inside, image) for map_ in self.cells
        )


def rectangle(placement: GridPlacement) -> np.ndarray:
    """``(S, S)`` bool: True where the image lies, False on the padding."""
    mask = np.zeros((placement.network, placement.network), bool)
    (top, left), (rows, columns) = placement.offset, placement.resized
    mask[top : top + rows, left : left + columns] = True
    return mask
