"""Attributions from the network's own feature maps: Grad-CAM, Score-CAM, prototype activation.

They read activations inside the network, which the MDM decoder does not need.
"""

import contextlib
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dprotonet.errors import Unexplainable, WrongRequest
from dprotonet.explain.baselines.baseline import Baseline
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.node_values import node_values
from dprotonet.explain.nodes import ClassNode, Node, VectorNode
from dprotonet.modeling.model import DProtoNet

_CHANNELS = 1280  # of a MobileNetV2's last layer: what Score-CAM plans for
_CHUNK = 64  # channels enlarged at a time: 1,280 at 224 px take 257 MB


class GradCAM(Baseline):
    """Grad-CAM (Selvaraju et al. 2017) at the network's last spatial layer."""

    name = "gradcam"

    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """One forward, and one backward for each node."""
        return 1, nodes

    def raw(self, probe: Probe) -> Tensor:
        """Feature maps weighted by their mean gradients, ``(Q, S, S)``; the positive part.

        Raises:
            WrongRequest: the network has no spatial layer.
        """
        output, features = _run_to(probe, _last_layer(probe))
        weighted = []
        for node in probe.nodes:
            gradient = _gradient(_differentiable_value(output, node), features)
            probe.work.count(0, 1)
            weights = gradient.mean(dim=(2, 3), keepdim=True)
            weighted.append((weights * features.detach()).sum(dim=1).relu())
        return _on_grid(torch.cat(weighted), probe)


class ScoreCAM(Baseline):
    """Score-CAM (Wang et al. 2020, algorithm 1) at the network's last spatial layer.

    Each channel, scaled to [0, 1], is a mask; its weight is what the node's value rises above that
    of the fill. As in the authors' code the rises weigh channels as they are, without a softmax,
    which would even out cosines. One forward pass for every channel that is not flat.
    """

    name = "scorecam"

    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """As many forward as the largest backbone has channels."""
        return _CHANNELS, 0

    def raw(self, probe: Probe) -> Tensor:
        """Channels weighted by their rises, ``(Q, S, S)``; the positive part.

        Raises:
            WrongRequest: the network has no spatial layer.
        """
        _, features = _run_to(probe, _last_layer(probe))
        channels = features.detach()[0].float()
        low, high = channels.amin(dim=(1, 2)), channels.amax(dim=(1, 2))
        channels = channels[high - low > 1e-6 * high.abs().amax().clamp_min(1e-12)]
        if not len(channels):
            return torch.zeros(len(probe.nodes), probe.size, probe.size, device=probe.image.device)
        rises = []
        for chunk in channels.split(_CHUNK):
            flat = chunk.flatten(1)
            low = flat.amin(dim=1)[:, None, None]
            high = flat.amax(dim=1)[:, None, None]
            masks = _on_grid((chunk - low) / (high - low), probe)
            rises.append(probe.values(masks) - probe.filled)
        weighted = torch.einsum("cq,chw->qhw", torch.cat(rises), channels).relu()
        return _on_grid(weighted, probe)


class PrototypeActivation(Baseline):
    """What each cell adds to a prototype's similarity: the map that prototype networks show.

    A pooled vector is ``v = sum_c m_c f_c / sum_c m_c``, so its inner product with the prototype's
    direction is a sum over cells, of which the positive terms are shown. Patch masks keep one cell;
    there the map is the cosine of every cell to the prototype (Chen et al. 2019, section 2.1). A
    class node shows its prototypes' maps, weighted by their positive weights in the head; a vector
    node its own direction.
    """

    name = "prototype"

    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """One."""
        return 1, 0

    def raw(self, probe: Probe) -> Tensor:
        """The positive terms of each cell, ``(Q, S, S)``.

        Raises:
            WrongRequest: the network is no DProtoNet.
        """
        network = prototype_network(probe)
        output, features = _run_to(probe, "add_on")
        cells, masks = features.detach()[0].float(), output.masks[0].detach().float()
        directions = F.normalize(network.prototypes.detach().float(), dim=-1)
        vectors = F.normalize(output.vectors[0].detach().float(), dim=-1)
        if network.options.masks == "patch":
            cells, masks = F.normalize(cells, dim=0), torch.ones_like(masks)
        of_prototypes = masks * torch.einsum("dhw,pd->phw", cells, directions)
        of_vectors = masks * torch.einsum("dhw,pd->phw", cells, vectors)
        terms = []
        for node in probe.nodes:
            if isinstance(node, ClassNode):
                weights = network.head.weight[node.index].detach().float().relu()
                terms.append(torch.einsum("p,phw->hw", weights, of_prototypes))
            else:
                source = of_vectors if isinstance(node, VectorNode) else of_prototypes
                terms.append(source[node.index])
        return _on_grid(torch.stack(terms).relu(), probe)


def prototype_network(probe: Probe) -> DProtoNet:
    """The probe's network as a DProtoNet.

    Raises:
        WrongRequest: it is none.
    """
    network = probe.network.exact
    if not isinstance(network, DProtoNet):
        raise WrongRequest(
            "This network has no prototypes, so there is no activation map of theirs to show. "
            "Choose another method."
        )
    return network


def _last_layer(probe: Probe) -> str:
    """The name of the network's last spatial layer."""
    if not probe.network.spatial:
        # A constant heatmap in its place would be taken for a result.
        raise WrongRequest(
            "This network has no feature maps that can be read (one that is scripted or traced "
            "shows none), and this method makes its heatmap of them. "
            "Choose mdm, rise or another method that looks at the image alone."
        )
    return probe.network.spatial


def _run_to(probe: Probe, name: str) -> tuple[Any, Tensor]:
    """One exact pass of the image, and what the named module gave, from which gradients start."""
    probe.work.check()
    features: list[Tensor] = []

    def keep(_module: nn.Module, _args: tuple[Any, ...], output: Tensor) -> Tensor:
        features.append(output.detach().clone().requires_grad_(True))
        return features[-1].clone()  # what follows may write into it

    hook = probe.network.exact.get_submodule(name).register_forward_hook(keep)
    try:
        output = probe.network.run(probe.image[None], exact=True)
    finally:
        hook.remove()
    probe.work.count(1, 0)
    return output, features[-1]


def _gradient(value: Tensor, features: Tensor) -> Tensor:
    gradient = None
    if value.requires_grad:
        with contextlib.suppress(RuntimeError):  # something wrote over what a gradient needs
            (gradient,) = torch.autograd.grad(value, features, retain_graph=True, allow_unused=True)
    if gradient is None:
        raise Unexplainable(
            "No gradient comes back from this network's logits to its last feature map. "
            "Choose a method that needs none: scorecam, occlusion or rise."
        )
    return gradient


def _on_grid(maps: Tensor, probe: Probe) -> Tensor:
    """``(N, h, w)`` enlarged to ``(N, S, S)``."""
    size = (probe.size, probe.size)
    return F.interpolate(maps[:, None], size=size, mode="bilinear")[:, 0]


def _differentiable_value(output: Any, node: Node) -> Tensor:
    """A node's value with a gradient: logits, since probabilities go flat, and the pooled vector's
    length, since its cosine to itself is at its maximum."""
    if isinstance(node, VectorNode):
        length: Tensor = output.vectors[0, node.index].norm()
        return length
    return node_values(output, [node], class_scale="logit")[0, 0]
