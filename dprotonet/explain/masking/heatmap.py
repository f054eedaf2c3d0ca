"""From a map of any range to a heatmap in [0, 1]."""

from dataclasses import dataclass

import torch
from torch import Tensor

from dprotonet.errors import Unexplainable
from dprotonet.explain.masking.masks import ranked

INK = 0.1  # share of the image after which the heat of an inked map has fallen to 1/e


@dataclass(frozen=True, eq=False)
class Heatmap:
    """A heatmap ``(S, S)`` in [0, 1] and the range that the map had before."""

    map: Tensor
    raw_range: tuple[float, float]


def scaled(raw: Tensor, valid_mask: Tensor | None = None) -> Heatmap:
    """Scale a map to [0, 1] by its lowest and highest value inside the image; 0 outside."""
    raw = raw.detach().float()
    low, high = _range(raw, valid_mask)
    unit = ((raw - low) / max(high - low, 1e-12)).clamp(0, 1)
    if high - low <= 1e-12:
        unit = torch.zeros_like(unit)
    return Heatmap(unit if valid_mask is None else unit * valid_mask, (low, high))


def inked(raw: Tensor, valid_mask: Tensor | None = None) -> Heatmap:
    """The learned map, each pixel as hot as its rank says; 0 outside the image.

    A learned map's order is what was judged, its values have no scale. So every map gets the same
    amount of ink: heat falls exponentially from the highest pixel on. Faithfulness curves, which
    see nothing but the order, are the same before and after.
    """
    raw = raw.detach().float()
    low, high = _range(raw, valid_mask)
    if high - low <= 1e-12:
        return Heatmap(torch.zeros_like(raw), (low, high))
    heat = torch.exp(-ranked(raw[None], valid_mask)[0] / INK)
    return Heatmap(heat if valid_mask is None else heat * valid_mask, (low, high))


def voted(masks: Tensor, valid_mask: Tensor | None = None) -> Tensor:
    """The published merge of ``(M, S, S)`` masks in [0, 1], to ``(S, S)``.

    Each mask votes for its pixels above its first percentile; what has less than a fifth of the
    votes is dropped, the rest is the sum of the masks, each scaled to [0, 1].
    """
    low = masks.flatten(1).amin(1)[:, None, None]
    high = masks.flatten(1).amax(1)[:, None, None]
    unit = (masks - low) / (high - low).clamp_min(1e-12)
    votes = (ranked(masks, valid_mask) < 0.99).float().sum(dim=0)
    return torch.where(votes >= len(masks) / 5, unit.sum(dim=0), torch.zeros_like(votes))


def _range(raw: Tensor, valid_mask: Tensor | None) -> tuple[float, float]:
    values = raw.flatten() if valid_mask is None else raw[valid_mask]
    if not bool(values.isfinite().all()):
        raise Unexplainable(
            "The heatmap came out with values that are not finite numbers: the gradients of this "
            "network are none. Choose a method that needs no gradient: occlusion, rise or scorecam."
        )
    return (float(values.min()), float(values.max())) if values.numel() else (0.0, 0.0)
