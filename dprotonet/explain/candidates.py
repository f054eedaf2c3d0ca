"""Maps that cost little and are merged with the learned masks: mask gradients and Grad-CAM."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dprotonet.explain.fills import blurred
from dprotonet.explain.masks import smooth_masks
from dprotonet.explain.nodes import Node, VectorNode
from dprotonet.explain.probe import Probe
from dprotonet.explain.values import node_values


def mean_mask_gradient(
    probe: Probe, count: int, cells: int, generator: torch.Generator, smoothing: float = 0.04
) -> Tensor:
    """Every node's gradient by the mask, averaged over random smooth masks.

    The passes forward are shared by all nodes.

    Args:
        probe: the image under masks.
        count: random masks.
        cells: cells along a side of theirs.
        generator: draws them.
        smoothing: standard deviation of the final blur, share of S.

    Returns:
        ``(Q, S, S)``.
    """
    total = torch.zeros(len(probe.nodes), probe.size, probe.size).to(probe.image)
    masks = smooth_masks(count, probe.size, cells, generator, probe.image.device)
    for chunk in masks.split(probe.batch):
        chunk = chunk.requires_grad_(True)
        values = probe.traced(chunk)
        for q in range(len(probe.nodes)):
            last = q == len(probe.nodes) - 1
            (gradient,) = torch.autograd.grad(values[:, q].sum(), chunk, retain_graph=not last)
            total[q] += gradient.sum(dim=0)
            probe.count(0, len(chunk))
    if probe.inside is not None:
        total = total * probe.inside
    return blurred(total / max(count, 1), smoothing * probe.size)


def grad_cam(probe: Probe) -> Tensor | None:
    """Grad-CAM (Selvaraju et al. 2017) at the network's last spatial layer, ``(Q, S, S)``.

    None where the network has no such layer.
    """
    if not probe.network.spatial:
        return None
    probe.check()
    network = probe.network.exact
    kept: list[Tensor] = []

    def keep(_m: nn.Module, _args: tuple, out: Tensor) -> Tensor:
        kept.append(out.detach().requires_grad_(True))
        return kept[-1]

    hook = network.get_submodule(probe.network.spatial).register_forward_hook(keep)
    try:
        output = network(probe.image[None])
    finally:
        hook.remove()
    probe.count(1, 1)
    maps = []
    for node in probe.nodes:
        value = _slope_value(output, node)
        (gradient,) = torch.autograd.grad(value, kept[-1], retain_graph=True)
        weights = gradient.mean(dim=(2, 3), keepdim=True)
        maps.append((weights * kept[-1].detach()).sum(dim=1).relu())
    size = (probe.size, probe.size)
    return F.interpolate(torch.stack(maps, dim=1), size=size, mode="bilinear")[0]


def _slope_value(output: object, node: Node) -> Tensor:
    """A node's value with a slope: logits, since probabilities go flat, and the pooled vector's
    length, since its cosine to itself is at its peak."""
    if isinstance(node, VectorNode):
        return output.vectors[0, node.index].norm()  # type: ignore[attr-defined]
    return node_values(output, [node], class_scale="logit")[0, 0]
