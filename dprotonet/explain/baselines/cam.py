"""Maps made of the network's own feature maps: Grad-CAM, Score-CAM, a prototype's own activation.

They need a look inside the network, which the MDM decoder does without.
"""

import contextlib

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dprotonet.errors import Unexplainable, WrongRequest
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.node_values import node_values
from dprotonet.explain.nodes import ClassNode, Node, VectorNode


def grad_cam(probe: Probe) -> Tensor | None:
    """Grad-CAM (Selvaraju et al. 2017) at the network's last spatial layer, ``(Q, S, S)``.

    None where the network has no such layer.
    """
    if not probe.network.spatial:
        return None
    output, features = _passed(probe, probe.network.spatial)
    maps = []
    for node in probe.nodes:
        value = _slope_value(output, node)
        gradient = _gradient(value, features)
        probe.work.count(0, 1)
        weights = gradient.mean(dim=(2, 3), keepdim=True)
        maps.append((weights * features.detach()).sum(dim=1).relu())
    return _on_grid(torch.cat(maps), probe)


def score_cam(probe: Probe) -> Tensor | None:
    """Score-CAM (Wang et al. 2020, algorithm 1) at the network's last spatial layer, ``(Q, S, S)``.

    Each channel, scaled to [0, 1], is a mask; it counts by what the node's value rises above that
    of the fill. As in the authors' code the rises weigh channels as they are, without a softmax,
    which would even out cosines. One forward pass for every channel that is not flat.

    None where the network has no such layer.
    """
    if not probe.network.spatial:
        return None
    _, features = _passed(probe, probe.network.spatial)
    channels = features.detach()[0].float()
    low, high = channels.amin(dim=(1, 2)), channels.amax(dim=(1, 2))
    channels = channels[high - low > 1e-6 * high.abs().amax().clamp_min(1e-12)]
    if not len(channels):
        return torch.zeros(len(probe.nodes), probe.size, probe.size, device=probe.image.device)
    rises = []
    for chunk in channels.split(64):  # enlarged in parts: 1,280 channels at 224 px take 257 MB
        flat = chunk.flatten(1)
        low = flat.amin(dim=1)[:, None, None]
        high = flat.amax(dim=1)[:, None, None]
        masks = _on_grid((chunk - low) / (high - low), probe)
        rises.append(probe.values(masks) - probe.filled)
    weighed = torch.einsum("cq,chw->qhw", torch.cat(rises), channels).relu()
    return _on_grid(weighed, probe)


def own_activation(probe: Probe) -> Tensor:
    """Each cell's share in a prototype's similarity, ``(Q, S, S)``: what prototype networks show.

    A pooled vector is ``v = sum_c m_c f_c / sum_c m_c``, so its inner product with the prototype's
    direction is a sum over cells, of which the map shows the positive terms. Patch masks keep one
    cell; there the map is the cosine of every cell to the prototype (Chen et al. 2019, section
    2.1). A class node shows its prototypes' maps, weighed by their positive weights in the head; a
    vector node its own direction.

    Raises:
        WrongRequest: the network is no DProtoNet.
    """
    from dprotonet.modeling.model import DProtoNet

    network = probe.network.exact
    if not isinstance(network, DProtoNet):
        raise WrongRequest(
            "This network has no prototypes, so there is no activation map of theirs to show. "
            "Choose another method."
        )
    output, features = _passed(probe, "add_on")
    cells, masks = features.detach()[0].float(), output.masks[0].detach().float()  # type: ignore[attr-defined]
    directions = F.normalize(network.prototypes.detach().float(), dim=-1)
    vectors = F.normalize(output.vectors[0].detach().float(), dim=-1)  # type: ignore[attr-defined]
    if network.options.masks == "patch":
        cells, masks = F.normalize(cells, dim=0), torch.ones_like(masks)

    def shares(rows: Tensor) -> Tensor:
        return masks * torch.einsum("dhw,pd->phw", cells, rows)

    prototypes = shares(directions)
    maps = []
    for node in probe.nodes:
        if isinstance(node, ClassNode):
            weights = network.head.weight[node.index].detach().float().relu()
            maps.append(torch.einsum("p,phw->hw", weights, prototypes))
        else:
            maps.append(
                (shares(vectors) if isinstance(node, VectorNode) else prototypes)[node.index]
            )
    return _on_grid(torch.stack(maps).relu(), probe)


def _passed(probe: Probe, name: str) -> tuple[object, Tensor]:
    """One exact pass of the image, and what the named module gave, from which gradients start."""
    probe.check()
    kept: list[Tensor] = []

    def keep(_m: nn.Module, _args: tuple, out: Tensor) -> Tensor:
        kept.append(out.detach().clone().requires_grad_(True))
        return kept[-1].clone()  # what follows may write into it

    hook = probe.network.exact.get_submodule(name).register_forward_hook(keep)
    try:
        output = probe.network.run(probe.image[None], exact=True)
    finally:
        hook.remove()
    probe.work.count(1, 0)
    return output, kept[-1]


def _gradient(value: Tensor, features: Tensor) -> Tensor:
    found = None
    if value.requires_grad:
        with contextlib.suppress(RuntimeError):  # something wrote over what a gradient needs
            (found,) = torch.autograd.grad(value, features, retain_graph=True, allow_unused=True)
    if found is None:
        raise Unexplainable(
            "No gradient comes back from this network's logits to its last feature map. "
            "Choose a method that needs none: scorecam, occlusion or rise."
        )
    return found


def _on_grid(maps: Tensor, probe: Probe) -> Tensor:
    """``(N, h, w)`` enlarged to ``(N, S, S)``."""
    size = (probe.size, probe.size)
    return F.interpolate(maps[:, None], size=size, mode="bilinear")[:, 0]


def _slope_value(output: object, node: Node) -> Tensor:
    """A node's value with a slope: logits, since probabilities go flat, and the pooled vector's
    length, since its cosine to itself is at its peak."""
    if isinstance(node, VectorNode):
        return output.vectors[0, node.index].norm()  # type: ignore[attr-defined]
    return node_values(output, [node], class_scale="logit")[0, 0]
