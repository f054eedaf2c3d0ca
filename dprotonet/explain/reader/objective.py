"""What a mask reader is trained to do: MDM's own objective, with nothing for doing too much.

The highest cells of a map, whatever fraction of the image they are, should keep the node's value
where they alone are shown, and take it away where they are hidden. The gap between the two is
counted in standard deviations of the node's value over images, so that classes and similarities
weigh alike. Nothing is gained by raising a node above what the image itself gives, nor by pushing
it below what images without it have: a mask that does so has found what breaks the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dprotonet.explain.masking.masks import enlarged, ranked, standardised, thresholds

MARGIN = 0.25
"""Standard deviations above the image's own value, and below the lowest, that still count."""

_LOWEST = 0.05  # the quantile over images that stands for "without it"


@dataclass(frozen=True, eq=False)
class ValueScale:
    """How the values of Q nodes lie over images.

    Attributes:
        mean: ``(Q,)``.
        deviation: ``(Q,)``, above 0.
        low: ``(Q,)``, what images without it have.
    """

    mean: Tensor
    deviation: Tensor
    low: Tensor

    @classmethod
    def of(cls, values: Tensor) -> ValueScale:
        """The scale of ``(N, Q)`` values of N images."""
        deviation = values.std(dim=0, unbiased=False)
        floor = 1e-3 * values.abs().mean(dim=0) + 1e-6  # a node that is the same for all images
        return cls(values.mean(dim=0), deviation.maximum(floor), values.quantile(_LOWEST, dim=0))

    def gap(self, kept: Tensor, removed: Tensor, before: Tensor, nodes: Tensor) -> Tensor:
        """Kept less removed ``(n,)`` in standard deviations, each no further than it should go.

        Args:
            kept: ``(n,)`` values where the marked part alone is shown.
            removed: ``(n,)`` values where it is hidden.
            before: ``(n,)`` values of the whole images.
            nodes: ``(n,)`` int64, which node each is of.
        """
        margin = MARGIN * self.deviation[nodes]
        highest = before + margin
        lowest = torch.minimum(before, self.low[nodes]) - margin
        return (kept.minimum(highest) - removed.maximum(lowest)) / self.deviation[nodes]


def soft_masks(
    maps: Tensor, fractions: Tensor, valid_masks: Tensor, sharpness: float, *, edged: bool = False
) -> tuple[Tensor, Tensor]:
    """Masks ``(n, S, S)`` of the highest fractions, with a gradient, and the maps they are made of.

    Args:
        maps: ``(n, s, s)`` of any range.
        fractions: ``(n,)`` of each image.
        valid_masks: ``(n, S, S)`` bool.
        sharpness: of a mask's edge, per standard deviation of its map.
        edged: the masks are 0 or 1, and have the gradient of the smooth ones. A flat map has a wide
            smooth mask, which shows more of the image than its fraction.

    Returns:
        The masks, and the maps on the network's grid with mean 0 and standard deviation 1.
    """
    large = enlarged(maps, valid_masks.shape[-1])
    parts = zip(large.split(1), fractions.split(1), valid_masks, strict=True)
    even, levels = [], []
    for one, fraction, valid_mask in parts:
        even.append(standardised(one, valid_mask))
        levels.append(thresholds(even[-1], fraction, valid_mask))
    attributions = torch.cat(even)
    above = attributions - torch.cat(levels)
    masks = torch.sigmoid(sharpness * above)
    if edged:
        masks = masks + ((above > 0).to(masks) - masks).detach()
    return masks, attributions


def hard_masks(maps: Tensor, fractions: Sequence[float], valid_masks: Tensor) -> Tensor:
    """Masks ``(n, A, S, S)`` of exactly the highest fractions of each map ``(n, s, s)``."""
    large = enlarged(maps, valid_masks.shape[-1])
    pairs = zip(large.split(1), valid_masks, strict=True)
    ranks = torch.cat([ranked(one, valid_mask) for one, valid_mask in pairs])
    return torch.stack([(ranks < fraction).float() for fraction in fractions], dim=1)


def roughness(maps: Tensor) -> Tensor:
    """The mean difference of neighbouring cells of ``(n, s, s)``, in standard deviations."""
    even = standardised(maps)
    return even.diff(dim=1).abs().mean() + even.diff(dim=2).abs().mean()


def beside(attributions: Tensor, bodies: Tensor, valid_masks: Tensor) -> Tensor:
    """How far maps ``(n, S, S)`` stand above their mean beside the body: a mean over pixels."""
    outside = valid_masks & ~bodies
    return (attributions.relu() * outside).sum() / outside.sum().clamp_min(1)


def apart(maps: Tensor, others: Tensor) -> Tensor:
    """The mean squared difference of maps ``(n, s, s)``, in variances of each."""
    return (standardised(maps) - standardised(others)).square().mean()
