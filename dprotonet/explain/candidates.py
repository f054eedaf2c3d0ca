"""Maps from random masks: they cost little and are merged with the learned ones."""

import torch
from torch import Tensor

from dprotonet.explain.fills import blurred
from dprotonet.explain.masks import smooth_masks
from dprotonet.explain.probe import Probe


def from_random_masks(
    probe: Probe,
    count: int,
    gradients: int,
    cells: int,
    generator: torch.Generator,
    smoothing: float = 0.04,
) -> dict[str, Tensor]:
    """Two maps from random smooth masks, whose passes forward all nodes share.

    ``values``: the node's mean value over the masks that show a pixel (RISE, Petsiuk et al. 2018).
    ``gradient``: the node's gradient by the mask, averaged over the first masks.

    Args:
        probe: the image under masks.
        count: masks; below 20 there is no map of values.
        gradients: how many of them are traced backward too, once for every node.
        cells: cells along a side of the masks.
        generator: draws them.
        smoothing: standard deviation of the gradient's final blur, share of S.

    Returns:
        Maps ``(Q, S, S)`` by name.
    """
    count = max(count, gradients)
    if count <= 0:
        return {}
    masks = smooth_masks(count, probe.size, cells, generator, probe.image.device)
    found: dict[str, Tensor] = {}
    values: list[Tensor] = []
    if gradients > 0:
        total, seen = _summed_gradients(probe, masks[:gradients])
        values += seen
        total = total if probe.inside is None else total * probe.inside
        found["gradient"] = blurred(total / gradients, smoothing * probe.size)
    if count >= 20:
        if count > gradients:
            values.append(probe.values(masks[gradients:]))
        found["values"] = mean_shown_value(masks, torch.cat(values) - probe.filled)
    return found


def _summed_gradients(probe: Probe, masks: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Sum over the masks of every node's gradient ``(Q, S, S)``, and the values passed."""
    total = torch.zeros(len(probe.nodes), probe.size, probe.size).to(probe.image)
    seen = []
    for chunk in masks.split(probe.batch):
        chunk = chunk.requires_grad_(True)
        values = probe.traced(chunk)
        for q in range(len(probe.nodes)):
            probe.check()
            # Scaled by the span: a saturated node's gradient would sink below the smallest float.
            value = values[:, q].sum() / probe.span[q]
            (gradient,) = torch.autograd.grad(value, chunk, retain_graph=q < len(probe.nodes) - 1)
            total[q] += gradient.sum(dim=0)
            probe.count(0, len(chunk))
        seen.append(values.detach())
    return total, seen


def mean_shown_value(masks: Tensor, values: Tensor) -> Tensor:
    """``(Q, S, S)``: the mean value ``(N, Q)`` over the masks ``(N, S, S)`` that show a pixel."""
    return torch.einsum("nq,nyx->qyx", values, masks) / masks.sum(dim=0).clamp_min(1e-6)
