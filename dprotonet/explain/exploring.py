"""A first map from random masks: where the search begins.

Masks as RISE draws them (Petsiuk et al. 2018), but the node's gradient by the mask is averaged, not
its value: a pass back tells of every pixel what a pass forward tells of the mask as a whole. The
gradient is taken under masks since at the film itself a sure network is flat.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dprotonet.explain.fills import blurred
from dprotonet.explain.masks import smooth_masks, standardised
from dprotonet.explain.probe import Probe
from dprotonet.explain.settings import MDMSettings


def explore(
    probes: Sequence[Probe], settings: MDMSettings, generator: torch.Generator
) -> list[Tensor]:
    """For each image the maps ``(Q, S, S)`` of its nodes, of mean 0 and spread 1; 0 without masks.

    All images and nodes see the same masks, so that each map is the same alone and in company. The
    passes forward are shared by the nodes of an image, those back are not.
    """
    first = probes[0]
    if not settings.explored_masks:
        return [p.image.new_zeros(len(p.nodes), p.size, p.size) for p in probes]
    masks = smooth_masks(
        settings.explored_masks,
        first.size,
        settings.explored_cells,
        generator,
        first.image.device,
    )
    fills = torch.arange(len(masks), device=masks.device) % len(settings.fills)
    return [_explored(probe, masks, fills, settings) for probe in probes]


def planned_passes(settings: MDMSettings, nodes: int) -> tuple[int, int]:
    """Passes forward and backward of :func:`explore` for one image."""
    return settings.explored_masks, settings.explored_masks * nodes


def _explored(probe: Probe, masks: Tensor, fills: Tensor, settings: MDMSettings) -> Tensor:
    nodes = len(probe.nodes)
    total = torch.zeros(nodes, probe.size, probe.size, device=masks.device)
    for shown, fill in zip(masks.split(probe.batch), fills.split(probe.batch), strict=True):
        shown = shown.clone().requires_grad_(True)
        probe.check()
        output = probe.network.run(probe.masked(shown, fill))
        values = probe.values_of(output, scale=settings.search_scale).sum(dim=0)
        probe.count(len(shown), 0)
        for q in range(nodes):
            probe.check()
            (slope,) = torch.autograd.grad(values[q], shown, retain_graph=q < nodes - 1)
            total[q] += slope.sum(dim=0)
            probe.count(0, len(shown))
    # A mean cosine's slope may sink below the smallest float in what follows.
    total = total / total.abs().amax(dim=(1, 2), keepdim=True).clamp_min(1e-30)
    return standardised(blurred(total, settings.smoothing * probe.size), probe.inside)
