"""Reading a node's value from what a network gives.

A plain classifier gives logits ``(N, K)`` and has class nodes only; a DProtoNet gives
an object with ``logits (N, K)``, ``similarities (N, P)`` and ``vectors (N, P, D)`` and has
prototypes and vectors too; a network with concepts gives ``activations (N, k)`` of their axes.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dprotonet.errors import WrongRequest
from dprotonet.explain.nodes import ClassNode, ConceptNode, Node, PrototypeNode
from dprotonet.modeling.logits import logits_of


def node_values(
    output: object,
    nodes: Sequence[Node],
    *,
    class_scale: str = "probability",
    temperature: float = 1.0,
    own: Tensor | None = None,
    multi_label: bool = False,
) -> Tensor:
    """The value of every node for every row.

    Args:
        output: what the network gave for N images.
        nodes: Q nodes.
        class_scale: one of :data:`~dprotonet.explain.settings.CLASS_SCALES`.
        temperature: the calibration by which logits are divided first.
        multi_label: classes do not exclude each other: a sigmoid for each logit.
        own: pooled vectors ``(1, P, D)`` of the unmasked image, or ``(N, P, D)`` of one for each
            row; vector nodes compare to them, or to the first row where None.

    Returns:
        ``(N, Q)`` float32.
    """
    columns = []
    for node in nodes:
        if isinstance(node, ClassNode):
            logits = logits_of(output)
            columns.append(_class_value(logits, node, class_scale, temperature, multi_label))
            continue
        if isinstance(node, ConceptNode):
            columns.append(_axis(output, node))
            continue
        similarities = getattr(output, "similarities", None)
        vectors = getattr(output, "vectors", None)
        if similarities is None or vectors is None:
            raise WrongRequest(
                f"This model has no prototypes, so “{node.name}” cannot be explained. "
                "Choose a class node."
            )
        if isinstance(node, PrototypeNode):
            columns.append(similarities[:, node.index])
        else:
            reference = (vectors[:1] if own is None else own)[:, node.index].detach()
            columns.append(_cosine(vectors[:, node.index], reference.to(vectors.dtype)))
    return torch.stack(columns, dim=1).float()


def _axis(output: object, node: ConceptNode) -> Tensor:
    activations = getattr(output, "activations", None)
    if not isinstance(activations, Tensor):
        raise WrongRequest(
            f"This model has no concepts, so “{node.name}” cannot be explained. "
            "Choose a class node."
        )
    return activations[:, node.index]


def _class_value(
    logits: Tensor, node: ClassNode, scale: str, temperature: float, multi_label: bool
) -> Tensor:
    index = node.index
    if not -logits.shape[1] <= index < logits.shape[1]:
        raise WrongRequest(
            f"There is no class number {index}: this model has {logits.shape[1]} classes, "
            "counted from 0."
        )
    if scale == "logit":
        return logits[:, index]
    logits = (logits if logits.dtype == torch.float64 else logits.float()) / temperature
    if multi_label or logits.shape[1] == 1:  # a sigmoid's
        odds = logits[:, index] + node.offset
        return odds.sigmoid() if scale == "probability" else odds
    log_probabilities = logits.log_softmax(dim=1)
    if scale == "probability":
        return log_probabilities[:, index].exp()
    others = torch.cat([logits[:, :index], logits[:, index + 1 :]], dim=1)
    return logits[:, index] - others.logsumexp(dim=1)


def _cosine(vectors: Tensor, reference: Tensor) -> Tensor:
    """Cosine ``(N,)`` of ``(N, D)`` to ``(1 or N, D)``, also where a network's vectors are tiny."""
    scale = reference.abs().amax(dim=1, keepdim=True).clamp_min(1e-30)
    return torch.cosine_similarity(vectors / scale, reference / scale)
