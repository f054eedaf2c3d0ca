"""Hidden pixels filled in from those that are shown, with no colour of their own.

Pull-push (Gortler et al. 1996, "The Lumigraph", section 3.4): the shown pixels are averaged on ever
coarser grids, and what a grid lacks is taken from the next coarser one. The result is smooth,
depends on the mask, and holds nothing of what is hidden.

Letters: N masks, C channels, S the network's side.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def inpainted(image: Tensor, masks: Tensor, valid_mask: Tensor, empty: Tensor) -> Tensor:
    """The image under masks, hidden pixels filled in from the shown ones.

    Args:
        image: ``(C, S, S)``.
        masks: ``(N, S, S)`` in [0, 1]; 1 keeps the image. A pixel between is mixed of both, and
            counts as much for its neighbours.
        valid_mask: ``(S, S)`` bool, False in the padding, from which nothing is taken.
        empty: ``(C, S, S)``, what is shown where no pixel of the image is.

    Returns:
        ``(N, C, S, S)``, the image itself in the padding.
    """
    weights = (masks * valid_mask)[:, None].to(image)
    colours = _push(image.expand(len(masks), -1, -1, -1), weights)
    shown = weights.flatten(1).any(dim=1)[:, None, None, None]
    filled = torch.where(shown, colours, empty[None])
    mixed = torch.lerp(filled, image[None], masks[:, None].to(image))
    return torch.where(valid_mask, mixed, image[None])


def _push(colours: Tensor, weights: Tensor) -> Tensor:
    """Colours ``(N, C, h, w)`` with what their weights ``(N, 1, h, w)`` lack from coarser grids."""
    size = colours.shape[-2:]
    if max(size) == 1 or bool((weights >= 1).all()):
        return colours
    # Sums over 2 x 2 pixels, so that one shown pixel of the four is as sure as four.
    mass = 4 * F.avg_pool2d(weights, 2, ceil_mode=True)
    summed = 4 * F.avg_pool2d(colours * weights, 2, ceil_mode=True)
    coarse = _push(summed / mass.clamp_min(1e-12), mass.clamp(max=1.0))
    large = F.interpolate(coarse, size=size, mode="bilinear")
    return torch.lerp(large, colours, weights)
