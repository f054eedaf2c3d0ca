"""Explaining a network's nodes: the MDM decoder, its rivals and how far each can be believed.

Names are handed on when asked for, so that a page may draw an overlay or read an explanation
without loading torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dprotonet.explain.attribution import Attribution
    from dprotonet.explain.baselines.registry import METHODS
    from dprotonet.explain.explanation import Explanation, Faithfulness
    from dprotonet.explain.image import ImageExplanation, explain_image
    from dprotonet.explain.mdm.mdm import MDM
    from dprotonet.explain.nodes import ClassNode, Node, PrototypeNode, VectorNode, parse_node
    from dprotonet.explain.settings import TIERS, MDMSettings

_HOMES = {
    "Attribution": "attribution",
    "Explanation": "explanation",
    "Faithfulness": "explanation",
    "ImageExplanation": "image",
    "explain_image": "image",
    "MDM": "mdm.mdm",
    "ClassNode": "nodes",
    "Node": "nodes",
    "PrototypeNode": "nodes",
    "VectorNode": "nodes",
    "parse_node": "nodes",
    "METHODS": "baselines.registry",
    "TIERS": "settings",
    "MDMSettings": "settings",
}

__all__ = [
    "MDM",
    "METHODS",
    "TIERS",
    "Attribution",
    "ClassNode",
    "Explanation",
    "Faithfulness",
    "ImageExplanation",
    "MDMSettings",
    "Node",
    "PrototypeNode",
    "VectorNode",
    "explain_image",
    "parse_node",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
