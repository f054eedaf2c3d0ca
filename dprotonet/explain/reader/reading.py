"""A reader at work on a frozen network: features of a pass, and the maps of its nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from dprotonet.explain.nodes import ClassNode, ConceptNode, Node, PrototypeNode, VectorNode
from dprotonet.modeling.freezing.frozen import FrozenNetwork
from dprotonet.modeling.freezing.network_copy import unwrapped
from dprotonet.modeling.logits import logits_of
from dprotonet.modeling.reader.mask_reader import MaskReader, node_queries
from dprotonet.modeling.reader.watching import outputs_watched


def watched_pass(
    frozen: FrozenNetwork, names: Sequence[str], images: Tensor, *, exact: bool = False
) -> tuple[object, list[Tensor]]:
    """One pass of ``(N, 3, S, S)``: the network's output, and what the named modules gave."""
    network = frozen.exact if exact else frozen.fast
    parts = images.split(1) if frozen.passing.alone else (images,)
    outputs, features = [], []
    with outputs_watched(network, names) as seen:
        for part in parts:
            outputs.append(frozen.run(part, exact=exact))
            features.append([seen[name] for name in names])
    if len(parts) == 1:
        return outputs[0], features[0]
    # Of networks that take one image at a time only logits are known.
    logits = torch.cat([output for output in outputs if isinstance(output, Tensor)])
    return logits, [torch.cat(level) for level in zip(*features, strict=True)]


def own_reader(model: nn.Module) -> MaskReader | None:
    """The mask reader that is kept with a network; None without one."""
    reader = getattr(unwrapped(model), "mask_reader", None)
    return reader if isinstance(reader, MaskReader) else None


def reads(reader: MaskReader | None, nodes: Sequence[Node]) -> bool:
    """Whether a reader marks all of these nodes; none marks a pooled vector."""
    return reader is not None and not any(isinstance(node, VectorNode) for node in nodes)


def node_maps(
    reader: MaskReader,
    network: nn.Module,
    outputs: Mapping[str, Tensor],
    nodes: Sequence[Node],
) -> Tensor:
    """The reader's maps of nodes, without gradient.

    Args:
        network: that the features are of, for its prototypes and last layer.
        outputs: by stage, ``(N, C, h, w)`` each.
        nodes: Q classes, prototypes and concepts.

    Returns:
        ``(N, Q, s, s)`` float32 of any range, on the features' device.
    """
    features = [outputs[name] for name in reader.stage_names]
    with torch.no_grad():
        device = features[0].device
        if next(reader.parameters()).device != device:  # to move nothing takes as long as a stage
            reader = reader.to(device)
        queries = node_queries(reader, network)[places(reader, nodes)]
        maps: Tensor = reader(features, queries)
    return maps


def places(reader: MaskReader, nodes: Sequence[Node]) -> list[int]:
    """Where the nodes stand among the reader's queries: classes first, then prototypes or
    concepts."""
    classes = reader.options.classes
    return [
        node.index % classes if isinstance(node, ClassNode) else classes + node.index
        for node in nodes
    ]


def all_nodes(output: object) -> list[Node]:
    """The nodes that a reader marks of a network that gives this, in the order of its queries."""
    nodes: list[Node] = [ClassNode(index) for index in range(logits_of(output).shape[1])]
    activations = getattr(output, "activations", None)
    if isinstance(activations, Tensor):  # what is no concept has no map
        return [*nodes, *(ConceptNode(index) for index in range(activations.shape[1]))]
    similarities = getattr(output, "similarities", None)
    count = 0 if similarities is None else similarities.shape[1]
    return [*nodes, *(PrototypeNode(index) for index in range(count))]
