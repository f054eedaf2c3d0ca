"""Explaining an image: from the image to heatmaps, and from those back to its native grid."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from dprotonet.errors import WrongRequest
from dprotonet.explain.agreement import agreement
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.explanation import Agreement, Explanation
from dprotonet.explain.location import fraction_outside, peak
from dprotonet.explain.nodes import ClassNode, Node, node_of
from dprotonet.explain.settings import MDMSettings
from dprotonet.images.body import body_mask, is_radiograph
from dprotonet.modeling.geometry import Placement

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.images.types import GrayOrColourImage
    from dprotonet.inference.predictor import Predictor
    from dprotonet.modeling.preprocessing import Preprocessing


def explain_image(
    predictor: "Predictor",
    image: "GrayOrColourImage",
    nodes: Sequence[str],
    *,
    method: str = "mdm",
    settings: MDMSettings | None = None,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[Explanation]:
    """Explain nodes of one image, all in one call, since they share passes.

    Args:
        predictor: the loaded bundle.
        image: the image.
        nodes: texts as :func:`~dprotonet.explain.nodes.node_of` reads them; ``class`` alone is
            the class that the predictor's decision rule gives.
        method: how they are explained, a name out of :data:`dprotonet.names.METHODS`.
        settings: of the decoder, and of the measures of every method; the standard ones if None.
        seed: of all that is drawn at random.
        progress: called with the fraction done, rising to 1.
        cancelled: asked before every batch of passes.

    Returns:
        One explanation for each node, with the placement of the image.

    Raises:
        WrongRequest: no such method, class or prototype, or the network lacks what the method
            needs.
        Cancelled: ``cancelled`` returned True.
    """
    if method not in METHODS:
        raise WrongRequest(f"There is no method “{method}”. Choose {', '.join(METHODS)}.")
    bundle = predictor.bundle
    x, placement = bundle.preprocessing(image)
    explanations = METHODS[method](
        predictor.model,
        x.to(next(predictor.model.parameters()).device),
        parse_nodes(predictor, x, nodes, image),
        settings=settings,
        temperature=bundle.temperature,
        valid_mask=placement.valid_mask(),
        seed=seed,
        progress=progress,
        cancelled=cancelled,
    )
    body = body_on_grid(bundle.preprocessing, image)
    return [_placed(explanation, placement, body) for explanation in explanations]


def agreement_on_image(
    predictor: "Predictor",
    image: "GrayOrColourImage",
    node: str,
    heatmap: np.ndarray,
    *,
    settings: MDMSettings,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Agreement:
    """Make a heatmap of :func:`explain_image` again, and compare what is marked.

    Args:
        predictor: the bundle that it was made with.
        image: that it was made of.
        node: ``class:NAME``, ``prototype:ID``, ``vector:ID`` or ``concept:NAME``.
        heatmap: ``(S, S)`` float32 in [0, 1], by the method "mdm" with these settings.
        settings: of the decoder.
        progress: called with the fraction done, rising to 1.
        cancelled: asked before every batch of passes.

    Raises:
        WrongRequest: no such class or prototype.
        Cancelled: ``cancelled`` returned True.
    """
    bundle = predictor.bundle
    x, placement = bundle.preprocessing(image)
    (parsed,) = parse_nodes(predictor, x, [node], image)
    return agreement(
        predictor.model,
        x.to(next(predictor.model.parameters()).device),
        parsed,
        heatmap,
        settings=settings,
        temperature=bundle.temperature,
        valid_mask=placement.valid_mask(),
        progress=progress,
        cancelled=cancelled,
    )


def _placed(explanation: Explanation, placement: Placement, body: np.ndarray | None) -> Explanation:
    """The explanation with where it lies on its image."""
    heatmap, valid_mask = explanation.heatmap, placement.valid_mask().numpy()
    outside = None if body is None else fraction_outside(heatmap, body, valid_mask)
    return replace(
        explanation, placement=placement, peak=peak(heatmap, valid_mask), outside_body=outside
    )


def on_native_grid(explanation: Explanation) -> np.ndarray:
    """The heatmap ``(H, W)`` float32 in [0, 1], pixel by pixel over the image it was made of.

    It is resized and not rescaled, so that equal values mean the same on every image;
    ``raw_range`` says what 0 and 1 stand for.

    Raises:
        ValueError: it was made of a network's input, and nothing is known of an image.
    """
    if explanation.placement is None:
        raise ValueError("This heatmap was made of a network's input. It has no native grid.")
    grid = explanation.placement
    placement = Placement(grid.stored, grid.network, grid.resized, grid.offset)
    return placement.map_to_stored(torch.from_numpy(explanation.heatmap)).numpy()


def body_on_grid(preprocessing: "Preprocessing", image: "GrayOrColourImage") -> np.ndarray | None:
    """The body on a radiograph, ``(S, S)`` bool on the network's grid; None where it cannot be
    separated, or the image is no radiograph."""
    if not is_radiograph(image):
        return None
    unit, placement = preprocessing.place(image)
    valid_mask = placement.valid_mask()
    if image.padding is not None:
        valid_mask &= ~placement.mask_to_network(torch.from_numpy(image.padding))
    return body_mask(unit[0].numpy(), valid_mask.numpy())


def parse_nodes(
    predictor: "Predictor",
    x: torch.Tensor,
    nodes: Sequence[str],
    image: "GrayOrColourImage | None" = None,
) -> list[Node]:
    """Read node texts against a bundle.

    ``x (3, S, S)``, made of ``image``, is predicted only where ``class`` alone is among them.

    Raises:
        WrongRequest: no such class or prototype, or ``class`` alone of an unsupported image.
    """
    bundle = predictor.bundle
    needs_prediction = any(text.strip() == "class" for text in nodes)
    predicted = None
    if needs_prediction:
        predicted = predictor.predict_tensor(x, image=image).require_leading()
    parsed = [node_of(bundle, text, predicted) for text in nodes]
    return [
        class_node(bundle, node.label) if isinstance(node, ClassNode) else node for node in parsed
    ]


def class_node(bundle: "Bundle", name: str) -> ClassNode:
    """A class of a bundle, with its calibration."""
    offset = 0.0 if bundle.offsets is None else bundle.offsets[name]
    return ClassNode(bundle.classes.index(name), name, offset)
