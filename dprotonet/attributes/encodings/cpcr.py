"""CPC-R: attributes in consecutive pairs, each pair one point of the same plane.

Agarwal, Kalla and Kovalerchuk (2022), *Deep Learning Image Recognition for Non-images*, of which
the abstract could be read. Known: consecutive pairs, one plane, the order of a pair as grey or
colour, lossless. Inferred, as options: the number of cells, what happens in a cell that several
pairs share, what is painted around a point, and the order of the attributes.

It is lossless up to the width of a cell where pairs that share a cell divide it, there is no
context, and the cell has at least as many pixels as it has pairs.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from dprotonet.attributes.encodings.encoding import Encoding, check_size, check_units

if TYPE_CHECKING:
    import numpy as np

Code = Literal["colour", "grey"]
Shared = Literal["split", "mean", "first"]

_HUES = 5 / 6  # of the circle, from red to magenta: the last pair does not look like the first
_FADE = 0.5  # of the brightness, for each cell that the context lies away from its point


@dataclass(frozen=True)
class CpcR(Encoding):
    """Pairs of attributes as points.

    Attributes:
        order: indices of the attributes in the order that they are paired in; an odd last one is
            paired with itself.
        size: S, px.
        grid: cells of a side, a divisor of ``size``. Inferred.
        code: "colour": a pair's place in the order is its hue; "grey": its brightness, from white.
        shared: a cell of several pairs. Inferred. "split": each gets as many pixels; "mean": the
            mean of their colours; "first": the pair that comes first.
        context: cells around a point that are painted too, half as bright with each step.
            Inferred.
    """

    order: tuple[int, ...]
    size: int = 64
    grid: int = 16
    code: Code = "colour"
    shared: Shared = "split"
    context: int = 0

    name = "cpcr"

    def __post_init__(self) -> None:
        object.__setattr__(self, "order", tuple(self.order))
        if not self.order or sorted(self.order) != list(range(len(self.order))):
            raise ValueError("order must name every attribute once, by its index")
        check_size(self.size)
        if not isinstance(self.grid, int) or self.grid < 2 or self.size % self.grid:
            raise ValueError(f"grid must be a divisor of {self.size} from 2, not {self.grid}")
        for option, choices in (("code", get_args(Code)), ("shared", get_args(Shared))):
            if getattr(self, option) not in choices:
                raise ValueError(f"{option} must be one of {choices}")
        if not isinstance(self.context, int) or not 0 <= self.context < self.grid:
            raise ValueError("context must be a number of cells, from 0")
        if self.code == "grey" and len(self.pairs) > 255:
            raise ValueError("there are 255 steps of grey; take colour for more pairs")

    @property
    def attributes(self) -> int:
        """A, how many attributes a row has."""
        return len(self.order)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Indices of the attributes that are a pair's x and y."""
        order = self.order if len(self.order) % 2 == 0 else (*self.order, self.order[-1])
        return tuple(zip(order[::2], order[1::2], strict=True))

    def cells(self, units: Sequence[float]) -> tuple[tuple[int, int], ...]:
        """Row and column of each pair's cell; x goes to the right and y up."""
        last = self.grid - 1
        return tuple(
            (last - min(int(units[y] * self.grid), last), min(int(units[x] * self.grid), last))
            for x, y in self.pairs
        )

    def pixels(self, units: Sequence[float]) -> np.ndarray:
        """The image of a row, on black: ``(S, S, 3)`` uint8."""
        import numpy as np

        check_units(self, units)
        owned, brightness = self._owned(units)
        colours = np.tensordot(owned, self.colours(), axes=(0, 0)) * brightness[..., None]
        pixels: np.ndarray = np.rint(colours * 255).astype(np.uint8)
        return pixels

    def paint(self, units: Sequence[float]) -> np.ndarray:
        """``(A, S, S)`` float32. The two attributes of a pair have half of its pixels each: a point
        does not tell them apart."""
        import numpy as np

        check_units(self, units)
        owned, brightness = self._owned(units)
        result = np.zeros((self.attributes, self.size, self.size), np.float32)
        for (x, y), pixels in zip(self.pairs, owned * brightness, strict=True):
            result[x] += pixels / 2
            result[y] += pixels / 2
        return result

    def colours(self) -> np.ndarray:
        """``(M, 3)`` in [0, 1] of the M pairs, in their order."""
        import numpy as np

        count = len(self.pairs)
        if self.code == "grey":
            return np.repeat((count - np.arange(count))[:, None] / count, 3, axis=1)
        hues = _HUES * np.arange(count) / max(count - 1, 1)
        return np.array([colorsys.hsv_to_rgb(hue, 1.0, 1.0) for hue in hues])

    def _owned(self, units: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """Each pair's part of each pixel ``(M, S, S)``, which sum to 1 where something is painted,
        and the brightness ``(S, S)``."""
        import numpy as np

        cells = self.cells(units)
        side = self.size // self.grid
        strength = np.zeros((len(cells), self.grid, self.grid), np.float32)
        for number, cell in enumerate(cells):
            strength[number] = self._strength(cell)
        brightness = strength.max(axis=0)
        owned = ((strength == brightness) & (brightness > 0)).astype(np.float32)
        if self.shared == "first":
            owned[np.arange(len(cells))[:, None, None] != owned.argmax(axis=0)] = 0
        owned /= np.maximum(owned.sum(axis=0), 1)
        owned = owned.repeat(side, axis=1).repeat(side, axis=2)
        if self.shared == "split":
            for row, column in set(cells):
                pairs = [n for n, cell in enumerate(cells) if cell == (row, column)]
                place = np.arange(side * side).reshape(side, side).T * len(pairs) // (side * side)
                area = (
                    slice(row * side, (row + 1) * side),
                    slice(column * side, (column + 1) * side),
                )
                for number, pair in enumerate(pairs):
                    owned[(pair, *area)] = place == number
        return owned, brightness.repeat(side, axis=0).repeat(side, axis=1)

    def _strength(self, cell: tuple[int, int]) -> np.ndarray:
        """``(G, G)``: 1 at the point, less around it, 0 beyond the context."""
        import numpy as np

        places = np.arange(self.grid)
        away = np.maximum(abs(places - cell[0])[:, None], abs(places - cell[1])[None])
        strength: np.ndarray = np.where(away <= self.context, _FADE**away, 0.0)
        return strength.astype(np.float32)
