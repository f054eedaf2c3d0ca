"""A first map from random masks: where the search begins.

The masks are those of RISE (Petsiuk et al. 2018). Under fine ones a pass back tells of every pixel
(*slopes*); under masks, since at the film itself a sure network is flat. Of coarse ones a pass
forward tells what the mask as a whole does (*values*). Slopes are fine and values are sturdy: which
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
MERGE_POWER = 4.0  # of a map's own faithfulness in its weight


def explore(
    probes: Sequence[Probe], settings: MDMSettings, generator: torch.Generator
) -> list[Tensor]:
    """For each image the maps ``(Q, S, S)`` of its nodes, of mean 0 and spread 1; 0 without masks.

    All images and nodes see the same masks, so that each map is the same alone and in company. The
    passes forward are shared by the nodes of an image, those back are not.
    """
    first = probes[0]
    slopes, values = (
        smooth_masks(count, first.size, cells, generator, first.image.device)
        for count, cells in (
            (settings.slope_masks, settings.slope_cells),
            (settings.value_masks, settings.value_cells),
        )
    )
    return [_explored(probe, slopes, values, settings) for probe in probes]


def planned_passes(settings: MDMSettings, nodes: int) -> tuple[int, int]:
    """Passes forward and backward of :func:`explore` for one image."""
    forward = settings.slope_masks + settings.value_masks
    if settings.slope_masks and settings.value_masks:
        forward += 2 * 2 * nodes * len(settings.merge_areas) * len(settings.fills)
    return forward, settings.slope_masks * nodes


def _explored(
    probe: Probe, slope_masks: Tensor, value_masks: Tensor, settings: MDMSettings
) -> Tensor:
    """The merged maps ``(Q, S, S)`` of one image."""
    maps = []
    if len(slope_masks):
        maps.append(standardised(_slopes(probe, slope_masks, settings), probe.inside))
    if len(value_masks):
        maps.append(standardised(_rises(probe, value_masks, settings), probe.inside))
    nodes = len(probe.nodes)
    if not maps:
        return probe.image.new_zeros(nodes, probe.size, probe.size)
    if len(maps) == 1:
        return maps[0]
    owners = [q for _ in maps for q in range(nodes)]
    scores = keep_and_remove(probe, torch.cat(maps), owners, settings.merge_areas)
    weights = scores.reshape(len(maps), nodes).clamp_min(LEAST_SCORE) ** MERGE_POWER
    weights = (weights / weights.sum(dim=0))[:, :, None, None]
    return standardised((weights * torch.stack(maps)).sum(dim=0), probe.inside)


def _slopes(probe: Probe, masks: Tensor, settings: MDMSettings) -> Tensor:
    """``(Q, S, S)``: the nodes' gradients by the masks, summed and smoothed."""
    nodes, fills = len(probe.nodes), _fills(masks, settings)
    total = torch.zeros(nodes, probe.size, probe.size, device=masks.device)
    for shown, fill in zip(masks.split(probe.batch), fills.split(probe.batch), strict=True):
        shown = shown.clone().requires_grad_(True)
        values = probe.read(probe.masked(shown, fill), scale=settings.search_scale)
        for q in range(nodes):
            probe.check()
            value = values[:, q].sum()
            (slope,) = torch.autograd.grad(value, shown, retain_graph=q < nodes - 1)
            total[q] += slope.sum(dim=0)
            probe.count(0, len(shown))
    # The slope of a cosine may sink below the smallest float in what follows.
    total = total / total.abs().amax(dim=(1, 2), keepdim=True).clamp_min(1e-30)
    return blurred(total, settings.smoothing * probe.size)


def _rises(probe: Probe, masks: Tensor, settings: MDMSettings) -> Tensor:
    """``(Q, S, S)``: how a node's value goes with a pixel being shown, each fill on its own scale.

    The covariance in place of RISE's mean value: what the masks have in common drops out.
    """
    fills = _fills(masks, settings)
    values = probe.values(masks, fills, scale=settings.search_scale)
    maps = torch.zeros(values.shape[1], *masks.shape[1:], device=masks.device)
    for fill in fills.unique():
        shown, value = masks[fills == fill], values[fills == fill]
        if len(shown) < 2:
            continue
        off, rise = shown - shown.mean(dim=0), value - value.mean(dim=0)
        maps += torch.einsum("nq,nyx->qyx", rise / rise.std(dim=0).clamp_min(1e-12), off)
    return maps


def _fills(masks: Tensor, settings: MDMSettings) -> Tensor:
    """``(N,)``: the fills in turns."""
    return torch.arange(len(masks), device=masks.device) % len(settings.fills)
