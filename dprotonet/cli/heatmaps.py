"""What draws the heatmaps of ``explain``: a call of its own, or the pass that predicts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dprotonet.cli.arguments import ExplainRequest
from dprotonet.names import DEFAULT_METHOD

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage
    from dprotonet.inference.instant import NodeMaps
    from dprotonet.inference.prediction import Prediction
    from dprotonet.inference.predictor import Predictor


@dataclass(frozen=True, eq=False)
class Drawn:
    """One node's heatmap, ready to be written."""

    heatmap: np.ndarray  # (H, W) float32 in [0, 1] on the native grid
    facts: dict[str, Any]  # of its record


class Drawing:
    """Draws the heatmaps of the nodes that were asked for, image by image.

    A bundle's mask reader draws those of the tier *instant* in the pass that predicts. Nothing is
    measured of them then, unless that is asked for.
    """

    def __init__(self, predictor: Predictor, nodes: Sequence[str], request: ExplainRequest) -> None:
        from dprotonet.explain.settings import TIERS

        self._predictor = predictor
        self._nodes = tuple(nodes)
        self._request = request
        self._settings = TIERS[request.tier]
        self._in_the_pass = (
            (request.method, request.tier) == (DEFAULT_METHOD, "instant")
            and not request.measured
            and predictor.model.mask_reader is not None
            and not any(node.startswith("vector:") for node in self._nodes)
        )

    def predict(self, image: GrayOrColourImage) -> tuple[Prediction, NodeMaps | None]:
        """The prediction, with the mask reader's maps where those are the heatmaps."""
        from dprotonet.inference.instant import predict_with_maps

        if self._in_the_pass:
            return predict_with_maps(self._predictor, image)
        return self._predictor.predict(image), None

    def draw(
        self, image: GrayOrColourImage, prediction: Prediction, maps: NodeMaps | None
    ) -> list[Drawn]:
        """One heatmap for each node of the request, in that order.

        Args:
            image: the image.
            prediction: of it.
            maps: what :meth:`predict` gave with the prediction.
        """
        # "class" and the predicted class's own name are one node, and explained once.
        label = prediction.require_leading()
        names = [f"class:{label}" if node == "class" else node for node in self._nodes]
        different = list(dict.fromkeys(names))
        drawn = (
            self._explained(image, different)
            if maps is None
            else [self._read(maps, prediction, name) for name in different]
        )
        by_name = dict(zip(different, drawn, strict=True))
        return [by_name[name] for name in names]

    def _explained(self, image: GrayOrColourImage, names: list[str]) -> list[Drawn]:
        from dprotonet.explain.image import explain_image, on_native_grid

        explanations = explain_image(
            self._predictor,
            image,
            names,
            method=self._request.method,
            settings=self._settings,
            seed=self._request.seed,
        )
        return [
            Drawn(on_native_grid(one), one.to_json() | {"measured": True}) for one in explanations
        ]

    def _read(self, maps: NodeMaps, prediction: Prediction, name: str) -> Drawn:
        """A map of the mask reader; what would take passes of its own is null in its record."""
        import torch

        from dprotonet.explain.explanation import READER

        start = time.perf_counter()
        heatmap = maps.placement.map_to_stored(torch.from_numpy(maps.heatmap(name))).numpy()
        facts = {
            "node": name,
            "method": DEFAULT_METHOD,
            "drawn_by": READER,
            "raw_range": None,
            "value_before": _value(prediction, name),
            "value_after": None,
            "area": None,
            "passes_forward": 1,  # that of the prediction
            "passes_backward": 0,
            "nodes_in_call": len(maps.nodes),
            "seconds": round(prediction.seconds + time.perf_counter() - start, 4),
            "measuring_passes": 0,
            "measuring_seconds": 0.0,
            "stop_reason": "done",
            "settings_digest": self._settings.digest,
            "precision": "float32",
            "seed": self._request.seed,
            "faithfulness": None,
            "measured": False,
        }
        return Drawn(heatmap, facts)


def _value(prediction: Prediction, node: str) -> float:
    """The node's value for the image: a class's probability, or a prototype's similarity."""
    kind, _, name = node.partition(":")
    if kind == "class":
        return prediction.probabilities[name]
    return next(match.similarity for match in prediction.matches if match.prototype == name)
