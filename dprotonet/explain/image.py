"""Explaining an image: from an image on its stored grid to heatmaps on the same grid."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from dprotonet.errors import WrongRequest
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.explanation import Explanation
from dprotonet.explain.location import fraction_outside, peak
from dprotonet.explain.nodes import ClassNode, Node, parse_node
from dprotonet.explain.settings import MDMSettings
from dprotonet.images.body import body_mask, is_radiograph

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.images.types import GrayOrColourImage
    from dprotonet.inference.predictor import Predictor


@dataclass(frozen=True, eq=False)
class ImageExplanation:
    """An explanation and its heatmap on the image's stored grid.

    The stored heatmap is the network's, resized and not scaled anew, so that the same colour means
    the same value; :attr:`Explanation.raw_range` tells what 0 and 1 stood for.
    """

    explanation: Explanation
    heatmap_stored: np.ndarray  # (H, W) float32 in [0, 1]
    peak: tuple[float, float]  # of the heatmap: shares of the image's height and width
    outside_body: float | None  # the heatmap's share beside the body; None: it cannot be told


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
) -> list[ImageExplanation]:
    """Explain nodes of one image, all in one call, since they share passes.

    Args:
        predictor: the loaded bundle.
        image: the image.
        nodes: texts as :func:`~dprotonet.explain.nodes.parse_node` reads them; ``class`` alone is
            the class that the predictor's decision rule gives.
        method: what draws the heatmaps, a name out of :data:`dprotonet.names.METHODS`.
        settings: of the decoder, and of the measures of every method; the standard ones if None.
        seed: of the masks.
        progress: told the share done, rising to 1.
        cancelled: asked before every batch of passes.

    Raises:
        WrongRequest: no such method, class or prototype, or the method needs what the network has
            not.
        Cancelled: ``cancelled`` said yes.
    """
    if method not in METHODS:
        raise WrongRequest(f"There is no method “{method}”. Choose {', '.join(METHODS)}.")
    bundle = predictor.bundle
    x, placement = bundle.preprocessing(image)
    found = METHODS[method](
        predictor.model,
        x.to(next(predictor.model.parameters()).device),
        parse_nodes(predictor, x, nodes),
        settings=settings,
        temperature=bundle.temperature,
        valid_mask=placement.valid_mask(),
        seed=seed,
        progress=progress,
        cancelled=cancelled,
    )
    valid_mask, body = placement.valid_mask().numpy(), _body(bundle, image)
    return [
        ImageExplanation(
            one,
            placement.map_to_stored(torch.from_numpy(one.heatmap)).numpy(),
            peak(one.heatmap, valid_mask),
            None if body is None else fraction_outside(one.heatmap, body, valid_mask),
        )
        for one in found
    ]


def _body(bundle: "Bundle", image: "GrayOrColourImage") -> np.ndarray | None:
    """``(S, S)`` bool on the network's grid; None where the body cannot be told apart."""
    if not is_radiograph(image):
        return None
    shown, placement = bundle.preprocessing.place(image)
    valid_mask = placement.valid_mask()
    if image.padding is not None:
        valid_mask &= ~placement.mask_to_network(torch.from_numpy(image.padding))
    return body_mask(shown[0].numpy(), valid_mask.numpy())


def parse_nodes(predictor: "Predictor", x: torch.Tensor, nodes: Sequence[str]) -> list[Node]:
    """Read node texts against a bundle; predicts ``x`` only where ``class`` alone is among them."""
    bundle = predictor.bundle
    asks_predicted = any(text.strip() == "class" for text in nodes)
    predicted = predictor.predict_tensor(x).leading if asks_predicted else None
    found = [parse_node(text, bundle.classes, bundle.prototype_ids, predicted) for text in nodes]
    return [class_node(bundle, n.label) if isinstance(n, ClassNode) else n for n in found]


def class_node(bundle: "Bundle", name: str) -> ClassNode:
    """A class of a bundle, with its calibration."""
    offset = 0.0 if bundle.offsets is None else bundle.offsets[name]
    return ClassNode(bundle.classes.index(name), name, offset)
