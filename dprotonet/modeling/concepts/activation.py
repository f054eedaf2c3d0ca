"""How far an image shows what an axis stands for: one number out of the axis' map.

Source: the four modes of Concept Whitening's released code. Letters: N batch, C axes, h w the grid.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from dprotonet.modeling.concepts.options import DEFAULT_MODE, ActivationMode

WINDOW = (
    3  # cells of a side over which "max_pool" takes the highest; those at the edge are seen too
)


def activation(maps: Tensor, mode: ActivationMode = DEFAULT_MODE) -> Tensor:
    """``(N, C, h, w)`` axes to ``(N, C)``.

    "mean" of all cells, "max" of them, "positive_mean" of those above 0 (0 where there is none),
    or "max_pool": the mean of the highest of each 3×3 cells.
    """
    if mode == "mean":
        return maps.mean(dim=(2, 3))
    if mode == "max":
        return maps.amax(dim=(2, 3))
    if mode == "positive_mean":
        return maps.clamp_min(0.0).sum(dim=(2, 3)) / (maps > 0).sum(dim=(2, 3)).clamp_min(1)
    return functional.max_pool2d(maps, _window(maps), ceil_mode=True).mean(dim=(2, 3))


def places(maps: Tensor, mode: ActivationMode = DEFAULT_MODE) -> Tensor:
    """The weight of each cell in the activation of its map: its derivative.

    Args:
        maps: ``(N, C, h, w)``.
        mode: as of :func:`activation`.

    Returns:
        ``(N, C, h, w)``; of each map >= 0 with sum 1, or all 0 where "positive_mean" has no cell.
    """
    with torch.enable_grad():
        watched = maps.detach().requires_grad_()
        (weights,) = torch.autograd.grad(activation(watched, mode).sum(), watched)
    return weights


def _window(maps: Tensor) -> tuple[int, int]:
    return min(WINDOW, maps.shape[2]), min(WINDOW, maps.shape[3])
