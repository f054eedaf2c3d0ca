"""Which attribution is returned: the learned one, its start, or a blend of both.

The search may drift away from what the random masks of the start measured. So a few blends are
scored by keeping and removing their highest fractions, and each node gets the best one.
"""

import torch
from torch import Tensor

from dprotonet.explain.faithfulness import keep_and_remove
from dprotonet.explain.masking.masks import standardised
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.settings import MDMSettings


def most_faithful(probe: Probe, starts: Tensor, learned: Tensor, settings: MDMSettings) -> Tensor:
    """The best blends ``(Q, S, S)`` of the nodes' starts and what was learned, ``(Q, S, S)`` each.

    Both have standard deviation 1. Where a start is 0 everywhere, there is nothing to choose.
    """
    if not settings.start_masks:
        return learned
    fractions = torch.tensor(settings.blends, device=learned.device)[:, None, None, None]
    mixed = torch.lerp(starts[None], learned[None], fractions).flatten(0, 1)
    blends = standardised(mixed, probe.valid_mask).reshape(len(fractions), *learned.shape)
    nodes = torch.arange(len(learned), device=learned.device)
    best = torch.zeros_like(nodes)
    if len(fractions) > 1:
        owners = nodes.tolist() * len(fractions)
        scores = keep_and_remove(probe, mixed, owners, settings.blend_areas)
        best = scores.reshape(len(fractions), -1).argmax(dim=0)
    started = starts.flatten(1).any(dim=1)[:, None, None]
    return torch.where(started, blends[best, nodes], learned)


def planned_passes(settings: MDMSettings, nodes: int) -> int:
    """Forward passes of :func:`most_faithful` for one image."""
    if len(settings.blends) == 1 or not settings.start_masks:
        return 0
    return 2 * nodes * len(settings.blends) * len(settings.blend_areas) * len(settings.fills)
