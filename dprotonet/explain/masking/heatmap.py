"""From an attribution of any range to a heatmap in [0, 1]."""

from dataclasses import dataclass

import torch
from torch import Tensor

from dprotonet.errors import Unexplainable
from dprotonet.explain.ink import INK
from dprotonet.explain.masking.masks import ranked


@dataclass(frozen=True, eq=False)
class Heatmap:
    """One node's heatmap, and how it came about."""

    values: Tensor  # (S, S) in [0, 1]
    raw_range: tuple[float, float]  # of the attribution before it was scaled
    masks: tuple[Tensor, ...] = ()  # (s, s): the grids that were learned for it, if any
    stop_reason: str = "done"  # why the search ended; "done" where nothing is searched
    drawn_by: str = ""  # of MDM: whether the mask reader or a search drew it


def scaled(raw: Tensor, valid_mask: Tensor | None = None) -> Heatmap:
    """Scale an attribution to [0, 1] by its lowest and highest value inside the image; 0 outside.

    Args:
        raw: ``(S, S)``.
        valid_mask: ``(S, S)`` bool, False in the padding around the image.

    Raises:
        Unexplainable: a value inside the image is not a finite number.
    """
    raw = raw.detach().float()
    low, high = _range(raw, valid_mask)
    unit = ((raw - low) / max(high - low, 1e-12)).clamp(0, 1)
    if high - low <= 1e-12:
        unit = torch.zeros_like(unit)
    return Heatmap(unit if valid_mask is None else unit * valid_mask, (low, high))


def inked(raw: Tensor, valid_mask: Tensor | None = None) -> Heatmap:
    """A heatmap of the ranks of a learned attribution's pixels; 0 outside the image.

    The search evaluates the order of the pixels alone; their values have no scale. So every heatmap
    gets the same amount of ink: it falls exponentially with the rank, from 1 at the highest pixel.
    Faithfulness curves, which depend on the order alone, are the same before and after.

    Args:
        raw: ``(S, S)``.
        valid_mask: ``(S, S)`` bool, False in the padding around the image.

    Raises:
        Unexplainable: a value inside the image is not a finite number.
    """
    raw = raw.detach().float()
    low, high = _range(raw, valid_mask)
    if high - low <= 1e-12:
        return Heatmap(torch.zeros_like(raw), (low, high))
    values = torch.exp(-ranked(raw[None], valid_mask)[0] / INK)
    return Heatmap(values if valid_mask is None else values * valid_mask, (low, high))


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
