"""The nodes that can be explained: a class, a prototype's similarity, a prototype's pooled vector,
the axis of a concept.

No torch here: pages name nodes too. How a node is read from a network is in
:mod:`dprotonet.explain.node_values`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dprotonet.errors import WrongRequest

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle


@dataclass(frozen=True)
class ClassNode:
    """One class. Its value is the class's probability, log-odds or logit (the settings say).

    Attributes:
        offset: log-odds that a multi-label model's calibration adds to the class.
    """

    index: int
    label: str = ""
    offset: float = 0.0

    @property
    def name(self) -> str:
        """The canonical text, ``class:NAME``."""
        return f"class:{self.label or self.index}"


@dataclass(frozen=True)
class PrototypeNode:
    """One prototype. Its value is the similarity of the image's pooled vector to it."""

    index: int
    label: str = ""

    @property
    def name(self) -> str:
        """The canonical text, ``prototype:ID``."""
        return f"prototype:{self.label or self.index}"


@dataclass(frozen=True)
class VectorNode:
    """The vector pooled for one prototype, whatever the prototype is.

    Its value is the cosine between the vector of the masked image and that of the whole image, so
    it is 1 for the image itself.
    """

    index: int
    label: str = ""

    @property
    def name(self) -> str:
        """The canonical text, ``vector:ID``."""
        return f"vector:{self.label or self.index}"


@dataclass(frozen=True)
class ConceptNode:
    """The axis of one concept. Its value is how active the axis is, in standard deviations of the
    whitened cells."""

    index: int
    label: str = ""

    @property
    def name(self) -> str:
        """The canonical text, ``concept:NAME``."""
        return f"concept:{self.label or self.index}"


Node = ClassNode | PrototypeNode | VectorNode | ConceptNode


def parse_node(
    text: str,
    classes: Sequence[str],
    prototype_ids: Sequence[str] = (),
    predicted: str | None = None,
    concepts: Sequence[str] = (),
) -> Node:
    """Turn ``class``, ``class:NAME``, ``prototype:ID``, ``vector:ID`` or ``concept:NAME`` into a
    node.

    Args:
        text: what the person asked for; ``class`` alone means the predicted class.
        classes: names in the order of the logits.
        prototype_ids: ids in the order of the similarities; empty for a plain classifier.
        predicted: the predicted class's name, needed for ``class`` alone.
        concepts: names in the order of the axes; empty for a network without concepts.

    Raises:
        WrongRequest: no such kind of node, class, prototype or concept; the text lists the choices.
    """
    kind, colon, name = text.strip().partition(":")
    if kind == "class" and not colon:
        if predicted is None:
            raise WrongRequest(
                "“class” alone means the predicted class, and there is no prediction yet. "
                f"Name one: {_listed('class', classes)}."
            )
        name = predicted
    if kind == "class":
        if name not in classes:
            raise WrongRequest(
                f"There is no class “{name}” in this model. Choose {_listed('class', classes)}."
            )
        return ClassNode(list(classes).index(name), name)
    if kind in ("prototype", "vector"):
        if not prototype_ids:
            raise WrongRequest(
                f"This model has no prototypes, so “{text}” cannot be explained. "
                f"Choose {_listed('class', classes)}."
            )
        if name not in prototype_ids:
            raise WrongRequest(
                f"There is no prototype “{name}” in this model. "
                f"Choose {_listed(kind, prototype_ids)}."
            )
        index = list(prototype_ids).index(name)
        return PrototypeNode(index, name) if kind == "prototype" else VectorNode(index, name)
    if kind == "concept":
        if not concepts:
            raise WrongRequest(
                f"This model has no concepts, so “{text}” cannot be explained. "
                f"Choose {_listed('class', classes)}."
            )
        if name not in concepts:
            raise WrongRequest(
                f"There is no concept “{name}” in this model. "
                f"Choose {_listed('concept', concepts)}."
            )
        return ConceptNode(list(concepts).index(name), name)
    raise WrongRequest(
        f"“{text}” names no node. Write class, {_listed('class', classes)}"
        + (f", {_listed('prototype', prototype_ids)}" if prototype_ids else "")
        + (f", {_listed('concept', concepts)}" if concepts else "")
        + (f" or {_listed('vector', prototype_ids)}." if prototype_ids else ".")
    )


def node_of(bundle: "Bundle", text: str, predicted: str | None = None) -> Node:
    """The node of a bundle's network that a text names; of one with concepts no prototype.

    Raises:
        WrongRequest: as :func:`parse_node`.
    """
    prototypes = () if bundle.concepts else bundle.prototype_ids
    return parse_node(text, bundle.classes, prototypes, predicted, bundle.concepts)


def marked_nodes(bundle: "Bundle") -> tuple[Node, ...]:
    """The nodes that a bundle's mask reader marks: its classes, then its prototypes or concepts."""
    kind = ConceptNode if bundle.concepts else PrototypeNode
    return (
        *(ClassNode(index, name) for index, name in enumerate(bundle.classes)),
        *(kind(index, name) for index, name in enumerate(bundle.concepts or bundle.prototype_ids)),
    )


def _listed(kind: str, names: Sequence[str], most: int = 12) -> str:
    nodes = [f"{kind}:{name}" for name in names[:most]]
    if len(names) > most:
        return ", ".join(nodes) + f", … {kind}:{names[-1]}"
    return nodes[0] if len(nodes) == 1 else ", ".join(nodes[:-1]) + " or " + nodes[-1]
