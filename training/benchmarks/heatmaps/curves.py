"""The curves that judge a heatmap, whatever drew it: which masks are shown, what they give.

A mask of 1 keeps the image, 0 shows the fill. Insertion reveals the image from its fill, the
heatmap's highest pixels first; deletion hides it in the same order (Petsiuk et al. 2018, section
4.3). Shares are those of the image; its padding is the same in image and fill.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dprotonet.explain.masking.masks import ranked

FIFTH = 0.2  # share of the image that "the marked region" means


@dataclass(frozen=True)
class Curves:
    """One heatmap's figures in a node's own values, under one fill.

    ``insertion`` and ``deletion`` are at shares 0, 1/steps, … 1.
    """

    insertion: tuple[float, ...]
    deletion: tuple[float, ...]
    kept: float  # only the highest fifth shows the image
    hidden: float  # the highest fifth shows the fill
    masked: float  # the image under the heatmap itself as a mask

    @property
    def insertion_area(self) -> float:
        """By trapezoids over shares from 0 to 1."""
        return area_under(self.insertion)

    @property
    def deletion_area(self) -> float:
        """By trapezoids over shares from 0 to 1."""
        return area_under(self.deletion)


def shown_masks(heatmap: Tensor, valid_mask: Tensor | None, steps: int) -> Tensor:
    """All masks that one heatmap is judged by.

    Args:
        heatmap: ``(S, S)`` in [0, 1].
        inside: ``(S, S)`` bool, False in the padding.
        steps: of the curves; at shares 0 and 1 no heatmap makes a difference.

    Returns:
        ``(2 * steps + 1, S, S)``: insertion and deletion at the inner shares, the fifth kept, the
        fifth hidden, the heatmap.
    """
    ranks = ranked(heatmap[None], valid_mask)
    shares = torch.arange(1, steps, device=heatmap.device) / steps
    inserted = (ranks < shares[:, None, None]).float()
    fifth = (ranks < FIFTH).float()
    return torch.cat([inserted, 1 - inserted, fifth, 1 - fifth, heatmap[None].float()])


def read_curves(values: Tensor, whole: float, filled: float) -> Curves:
    """What the masks of :func:`shown_masks` gave.

    Args:
        values: ``(2 * steps + 1,)`` in their order.
        whole: the node's value for the image.
        filled: for the fill alone.
    """
    *inner, kept, hidden, masked = values.tolist()
    half = len(inner) // 2
    return Curves(
        (filled, *inner[:half], whole), (whole, *inner[half:], filled), kept, hidden, masked
    )


def area_under(curve: tuple[float, ...]) -> float:
    """Of a curve at even distances over [0, 1]."""
    return (sum(curve) - (curve[0] + curve[-1]) / 2) / (len(curve) - 1)
