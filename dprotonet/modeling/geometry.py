"""Between an image's native grid and the square grid that a network sees.

The image is resized with its aspect kept, centred and padded; every heatmap comes back to exactly
the native grid. Boxes are ``(x0, y0, x1, y1)`` in pixels, where 0 is the left or upper edge of the
first pixel and W or H the right or lower edge of the last.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from dprotonet.modeling.placement import GridPlacement

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Placement(GridPlacement):
    """Where an image lies on the network grid, and how pixels map between the two grids."""

    def __post_init__(self) -> None:
        if min(*self.stored, self.network, *self.resized) < 1:
            raise ValueError(f"every side must be at least 1: {self}")
        ends = (self.offset[0] + self.resized[0], self.offset[1] + self.resized[1])
        if min(self.offset) < 0 or max(ends) > self.network:
            raise ValueError(f"the image must lie inside the network grid: {self}")

    def to_network(self, unit: Tensor, fill: float = 0.0) -> Tensor:
        """Resize an image (bilinear, antialiased) and pad it.

        Args:
            unit: ``(C, H, W)`` on the native grid.
            fill: the value of the padding.

        Returns:
            ``(C, S, S)`` float32, inside the image's own range where there is no padding.
        """
        if unit.ndim != 3 or tuple(unit.shape[1:]) != self.stored:
            raise ValueError(f"expected (C, {self.stored[0]}, {self.stored[1]}), not {unit.shape}")
        small = _resize(unit, self.resized)
        top, left = self.offset
        framed = small.new_full((unit.shape[0], self.network, self.network), fill)
        framed[:, top : top + self.resized[0], left : left + self.resized[1]] = small
        return framed

    def valid_mask(self) -> Tensor:
        """Bool ``(S, S)``: True where the image lies, False on the padding."""
        mask = torch.zeros(self.network, self.network, dtype=torch.bool)
        top, left = self.offset
        mask[top : top + self.resized[0], left : left + self.resized[1]] = True
        return mask

    def map_to_stored(self, maps: Tensor) -> Tensor:
        """Bring heatmaps from the network grid back to the native grid.

        Args:
            maps: ``(..., S, S)``.

        Returns:
            ``(..., H, W)`` float32; what lay on the padding is gone, and no value leaves the range
            of those inside the image.
        """
        if maps.ndim < 2 or tuple(maps.shape[-2:]) != (self.network, self.network):
            raise ValueError(f"expected (..., {self.network}, {self.network}), not {maps.shape}")
        top, left = self.offset
        image = maps[..., top : top + self.resized[0], left : left + self.resized[1]]
        flat = image.reshape(-1, *self.resized)
        return _resize(flat, self.stored).reshape(*maps.shape[:-2], *self.stored)

    def box_to_network(self, box: Box) -> Box:
        """A box of the native grid, on the network grid."""
        y_scale, x_scale = self._scales()
        top, left = self.offset
        x0, y0, x1, y1 = box
        return (
            x0 * x_scale + left,
            y0 * y_scale + top,
            x1 * x_scale + left,
            y1 * y_scale + top,
        )

    def box_to_stored(self, box: Box) -> Box:
        """A box of the network grid, on the native grid, cut at the image's edges."""
        y_scale, x_scale = self._scales()
        top, left = self.offset
        height, width = self.stored
        x0, y0, x1, y1 = box
        return (
            min(max((x0 - left) / x_scale, 0.0), width),
            min(max((y0 - top) / y_scale, 0.0), height),
            min(max((x1 - left) / x_scale, 0.0), width),
            min(max((y1 - top) / y_scale, 0.0), height),
        )

    def mask_to_network(self, mask: Tensor) -> Tensor:
        """A mask on the network grid: True where at least half of a network pixel is covered.

        Args:
            mask: ``(H, W)`` bool or 0/1.

        Returns:
            ``(S, S)`` bool, False on the padding.
        """
        return self.to_network(mask.to(torch.float32)[None])[0] >= 0.5

    def _scales(self) -> tuple[float, float]:
        """Network pixels for each native pixel, down and across."""
        return self.resized[0] / self.stored[0], self.resized[1] / self.stored[1]


def _resize(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear and antialiased: ``(N, h, w)`` to ``(N, *size)`` float32, each in its own range."""
    values = maps.to(torch.float32)
    if tuple(values.shape[-2:]) == size:
        return values.clone()
    resized = functional.interpolate(
        values[None], size=size, mode="bilinear", align_corners=False, antialias=True
    )[0]
    # The weights sum to 1 only within rounding; a full heatmap must stay exactly full.
    low, high = values.amin((-2, -1), keepdim=True), values.amax((-2, -1), keepdim=True)
    return resized.clamp(low, high)
