"""A first map from random masks: where the search begins.

The masks are those of RISE (Petsiuk et al. 2018). What a pass forward tells of a mask as a whole is
summed over all masks (*values*); at some of them a pass back tells of every pixel (*slopes*), under
masks since at the film itself a sure network is flat. Slopes are fine and values are sturdy: which
serves a film better is known from trying, so each counts by its own faithfulness.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dprotonet.explain.faithfulness import keep_and_remove
from dprotonet.explain.fills import blurred
from dprotonet.explain.masks import smooth_masks, standardised
from dprotonet.explain.probe import Probe
from dprotonet.explain.settings import MDMSettings

LEAST_SCORE = 1e-3  # of a map whose region holds nothing up
MERGE_POWER = 2.0  # of a map's own faithfulness in its weight


def explore(
    probes: Sequence[Probe], settings: MDMSettings, generator: torch.Generator
) -> list[Tensor]:
    """For each image the maps ``(Q, S, S)`` of its nodes, of mean 0 and spread 1; 0 without masks.

    All images and nodes see the same masks, so that each map is the same alone and in company. The
    passes forward are shared by the nodes of an image, those back are not.
    """
    first = probes[0]
    if not _kinds(settings):
        return [p.image.new_zeros(len(p.nodes), p.size, p.size) for p in probes]
    masks = smooth_masks(
        max(settings.explored_masks, settings.slope_masks),
        first.size,
        settings.explored_cells,
        generator,
        first.image.device,
    )
    fills = torch.arange(len(masks), device=masks.device) % len(settings.fills)
    return [_explored(probe, masks, fills, settings) for probe in probes]


def planned_passes(settings: MDMSettings, nodes: int) -> tuple[int, int]:
    """Passes forward and backward of :func:`explore` for one image."""
    forward = max(settings.explored_masks, settings.slope_masks)
    if _kinds(settings) > 1:
        forward += 2 * 2 * nodes * len(settings.merge_areas) * len(settings.fills)
    return forward, settings.slope_masks * nodes


def _kinds(settings: MDMSettings) -> int:
    return (settings.slope_masks > 0) + (settings.explored_masks > settings.slope_masks)


def _explored(probe: Probe, masks: Tensor, fills: Tensor, settings: MDMSettings) -> Tensor:
    """The merged maps ``(Q, S, S)`` of one image."""
    traced = settings.slope_masks
    maps, values = [], []
    if traced:
        slopes, found = _slopes(probe, masks[:traced], fills[:traced], settings)
        maps.append(standardised(slopes, probe.inside))
        values.append(found)
    if len(masks) > traced:
        values.append(_values(probe, masks[traced:], fills[traced:], settings))
        rises = _rises(masks, fills, torch.cat(values))
        maps.append(standardised(rises, probe.inside))
    if len(maps) == 1:
        return maps[0]
    nodes = len(probe.nodes)
    owners = [q for _ in maps for q in range(nodes)]
    scores = keep_and_remove(probe, torch.cat(maps), owners, settings.merge_areas)
    weights = scores.reshape(len(maps), nodes).clamp_min(LEAST_SCORE) ** MERGE_POWER
    weights = (weights / weights.sum(dim=0))[:, :, None, None]
    return standardised((weights * torch.stack(maps)).sum(dim=0), probe.inside)


def _slopes(
    probe: Probe, masks: Tensor, fills: Tensor, settings: MDMSettings
) -> tuple[Tensor, Tensor]:
    """``(Q, S, S)`` gradients of the nodes by the masks, summed and smoothed; values ``(N, Q)``."""
    nodes = len(probe.nodes)
    total = torch.zeros(nodes, probe.size, probe.size, device=masks.device)
    seen = []
    for shown, fill in zip(masks.split(probe.batch), fills.split(probe.batch), strict=True):
        shown = shown.clone().requires_grad_(True)
        probe.check()
        output = probe.network.run(probe.masked(shown, fill))
        values = probe.values_of(output, scale=settings.search_scale)
        probe.count(len(shown), 0)
        for q in range(nodes):
            probe.check()
            (slope,) = torch.autograd.grad(values[:, q].sum(), shown, retain_graph=q < nodes - 1)
            total[q] += slope.sum(dim=0)
            probe.count(0, len(shown))
        seen.append(values.detach())
    # The slope of a cosine may sink below the smallest float in what follows.
    total = total / total.abs().amax(dim=(1, 2), keepdim=True).clamp_min(1e-30)
    return blurred(total, settings.smoothing * probe.size), torch.cat(seen)


def _values(probe: Probe, masks: Tensor, fills: Tensor, settings: MDMSettings) -> Tensor:
    """``(N, Q)`` in the search's scale."""
    found = []
    with torch.no_grad():
        for shown, fill in zip(masks.split(probe.batch), fills.split(probe.batch), strict=True):
            probe.check()
            output = probe.network.run(probe.masked(shown, fill))
            found.append(probe.values_of(output, scale=settings.search_scale))
            probe.count(len(shown), 0)
    return torch.cat(found)


def _rises(masks: Tensor, fills: Tensor, values: Tensor) -> Tensor:
    """``(Q, S, S)``: how a node's value goes with a pixel being shown, each fill on its own scale.

    The covariance in place of RISE's mean value: what the masks have in common drops out.
    """
    maps = torch.zeros(values.shape[1], *masks.shape[1:], device=masks.device)
    for fill in fills.unique():
        shown, value = masks[fills == fill], values[fills == fill]
        if len(shown) < 2:
            continue
        off, rise = shown - shown.mean(dim=0), value - value.mean(dim=0)
        maps += torch.einsum("nq,nyx->qyx", rise / rise.std(dim=0).clamp_min(1e-12), off)
    return maps
