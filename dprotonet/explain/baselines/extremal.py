"""Extremal perturbation (Fong, Patrick and Vedaldi 2019): the best region of each of a few areas.

For every area one mask is learned that keeps the node's value as high as it can while its sorted
values are held to that fraction of the image (section 3.2, equation 5). The masks of all areas are
summed. A re-implementation: the authors' TorchRay may not be used commercially. Differences: Adam
instead of SGD with 800 steps, bilinear enlargement instead of the smooth maximum.
"""

import torch
from torch import Tensor

from dprotonet.explain.baselines.baseline import Baseline
from dprotonet.explain.masking.fills import blurred
from dprotonet.explain.masking.masks import enlarged
from dprotonet.explain.masking.probe import Probe, check_gradients

# Tried on validation images: docs/results/mdm/baselines.md.
AREAS = (0.05, 0.1, 0.2)
STEPS = 100
CELLS = 7  # along a side of a mask
_RATE = 0.1
_WEIGHT = (1.0, 30.0)  # of the area's penalty at the first and the last step


class ExtremalPerturbation(Baseline):
    """Extremal perturbation; areas and nodes share each pass."""

    name = "extremal"

    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """As many forward as backward."""
        return (STEPS * len(AREAS) * nodes,) * 2

    def raw(self, probe: Probe) -> Tensor:
        """The areas' masks summed, ``(Q, S, S)``."""
        probe.need_gradient()
        count, nodes = len(AREAS), len(probe.nodes)
        grids = torch.full((nodes * count, CELLS, CELLS), 0.0, device=probe.image.device)
        grids.requires_grad_(True)
        own = torch.arange(nodes, device=grids.device).repeat_interleave(count)
        areas = torch.tensor(AREAS, device=grids.device).repeat(nodes)
        adam = torch.optim.Adam([grids], lr=_RATE)
        for step in range(STEPS):
            first, last = _WEIGHT
            weight = first * (last / first) ** (step / max(STEPS - 1, 1))
            adam.zero_grad(set_to_none=True)
            for rows in torch.arange(len(own), device=grids.device).split(probe.batch):
                loss = _loss(probe, _masks(grids[rows], probe.size), own[rows], areas[rows], weight)
                loss.backward(inputs=[grids])
                probe.work.count(0, len(rows))
            check_gradients([grids])
            adam.step()
        masks = _masks(grids.detach(), probe.size)
        return masks.reshape(nodes, count, probe.size, probe.size).sum(dim=1)


def _loss(probe: Probe, masks: Tensor, own: Tensor, areas: Tensor, weight: float) -> Tensor:
    """How far each mask ``(N, S, S)`` is off its area, less what it keeps of its node ``(N,)``."""
    values = probe.traced(masks)
    own_values = values[torch.arange(len(own), device=values.device), own]
    gain = (own_values - probe.filled[own]) / probe.span[own]
    return (weight * _off_area(masks, areas, probe.valid_mask) - gain).sum()


def _masks(grids: Tensor, size: int) -> Tensor:
    """Smooth masks ``(N, S, S)``, blurred by half a cell while they are small: a wide blur of full
    masks would cost more than the network."""
    fine = min(size, 4 * CELLS)
    return enlarged(blurred(enlarged(grids.sigmoid(), fine), fine / CELLS / 2), size)


def _off_area(masks: Tensor, areas: Tensor, valid_mask: Tensor | None) -> Tensor:
    """``(N,)``: mean squared distance of the sorted values to a step that keeps the area."""
    step = max(1, masks.shape[-1] // 56)  # smooth masks: a coarse sample sorts the same
    coarse = masks[:, ::step, ::step]
    values = coarse.flatten(1) if valid_mask is None else coarse[:, valid_mask[::step, ::step]]
    ordered = values.sort(dim=1).values
    at = torch.linspace(0, 1, ordered.shape[1], device=masks.device)
    target = (at[None] >= 1 - areas[:, None]).to(ordered)
    return ((ordered - target) ** 2).mean(dim=1)
