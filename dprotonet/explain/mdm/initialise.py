"""Where the search begins: an attribution of what random masks do to the nodes.

The masks are those of RISE (Petsiuk et al. 2018), few and without a backward pass. They cover the
whole image, which the gradient does not: where the output of a confident network is flat, the
gradient has no direction, and a finding that is missed at first is seldom reached later.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dprotonet.explain.masking.masks import smooth_masks, standardised
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.settings import MDMSettings


def start_attributions(
    probes: Sequence[Probe], settings: MDMSettings, generator: torch.Generator
) -> list[Tensor]:
    """For each image the attributions ``(Q, S, S)`` of its nodes, of mean 0 and standard deviation
    1; 0 without masks, and where no mask changes the node's value.

    All images and nodes see the same masks, so that an attribution is the same alone and in a
    batch. The nodes of an image share its passes.
    """
    size, device = probes[0].size, probes[0].image.device
    if not settings.start_masks:
        return [probe.image.new_zeros(len(probe.nodes), size, size) for probe in probes]
    masks = smooth_masks(settings.start_masks, size, settings.start_cells, generator, device)
    fills = torch.arange(len(masks), device=device) % len(settings.fills)
    return [
        standardised(_rises(probe, masks, fills, settings.search_scale), probe.valid_mask)
        for probe in probes
    ]


def _rises(probe: Probe, masks: Tensor, fills: Tensor, scale: str) -> Tensor:
    """``(Q, S, S)``: how a node's value changes where a pixel is shown, each fill on its own scale.

    The covariance in place of RISE's mean value: what the masks have in common drops out.
    """
    values = probe.values(masks, fills, scale=scale)
    total = torch.zeros(len(probe.nodes), probe.size, probe.size, device=masks.device)
    for fill in fills.unique():
        own, value = masks[fills == fill], values[fills == fill]
        if len(own) < 2:
            continue
        off, rise = own - own.mean(dim=0), value - value.mean(dim=0)
        total += torch.einsum("nq,nyx->qyx", rise / rise.std(dim=0).clamp_min(1e-12), off)
    return total
