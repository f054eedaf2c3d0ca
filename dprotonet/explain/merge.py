"""From several candidate maps to one heatmap."""

from dataclasses import dataclass

import torch
from torch import Tensor

from dprotonet.explain.masks import ranked, standardised
from dprotonet.explain.settings import MDMSettings


@dataclass(frozen=True, eq=False)
class Heatmap:
    """One merged map ``(S, S)`` in [0, 1] and the range it had before."""

    map: Tensor
    raw_range: tuple[float, float]


def merged(
    maps: Tensor, scores: Tensor | None, settings: MDMSettings, inside: Tensor | None = None
) -> Heatmap:
    """Merge one node's candidates.

    ``faithfulness``: each map counts by its own faithfulness, so that a size that went astray has
    no say. ``vote``: the published way, each map votes for its pixels above its first percentile
    and pixels with less than a fifth of the votes are dropped.

    Args:
        maps: ``(M, S, S)``.
        scores: ``(M,)`` keep-and-remove faithfulness; None votes.
        settings: which way, and how strongly scores weigh.
        inside: ``(S, S)`` bool; nothing outside it is marked.
    """
    if settings.merge == "vote" or scores is None:
        merged_map = _voted(maps, inside)
    else:
        # A flat map, such as a Grad-CAM without a positive pixel, has no order to be judged by.
        flat = maps.flatten(1).std(dim=1) <= 1e-6 * maps.flatten(1).abs().amax(dim=1)
        scores = scores.masked_fill(flat, -torch.inf)
        weights = scores.clamp_min(0) ** settings.merge_power
        if float(weights.sum()) <= 0:  # nothing is faithful: the least bad map, and it will show
            weights = torch.nn.functional.one_hot(scores.argmax(), len(scores)).to(maps)
        weights = weights / weights.sum()
        merged_map = (weights[:, None, None] * standardised(maps, inside)).sum(dim=0)
    return scaled(merged_map, inside)


def scaled(merged_map: Tensor, inside: Tensor | None = None) -> Heatmap:
    """Scale a map to [0, 1] by its lowest and highest value inside the film; 0 outside."""
    merged_map = merged_map.detach().float()
    values = merged_map.flatten() if inside is None else merged_map[inside]
    low, high = (float(values.min()), float(values.max())) if values.numel() else (0.0, 0.0)
    unit = ((merged_map - low) / max(high - low, 1e-12)).clamp(0, 1)
    if high - low <= 1e-12:
        unit = torch.zeros_like(unit)
    if inside is not None:
        unit = unit * inside
    return Heatmap(unit, (low, high))


def _voted(maps: Tensor, inside: Tensor | None) -> Tensor:
    masks = maps.sigmoid()
    low = masks.flatten(1).amin(1)[:, None, None]
    high = masks.flatten(1).amax(1)[:, None, None]
    unit = (masks - low) / (high - low).clamp_min(1e-12)
    votes = (ranked(masks, inside) < 0.99).float().sum(dim=0)
    return torch.where(votes >= len(maps) / 5, unit.sum(dim=0), torch.zeros_like(votes))
