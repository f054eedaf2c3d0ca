"""A prediction and the maps of all of a model's nodes, from one pass of its network."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dprotonet.errors import WrongRequest
from dprotonet.explain.masking.heatmap import inked
from dprotonet.explain.masking.masks import enlarged
from dprotonet.explain.nodes import marked_nodes
from dprotonet.explain.reader.kept_maps import KeptMaps
from dprotonet.explain.reader.reading import node_maps
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.predictor import Predictor
from dprotonet.inference.site_settings import SiteSettings
from dprotonet.modeling.geometry import Placement
from dprotonet.modeling.placement import GridPlacement


@dataclass(frozen=True, eq=False)
class NodeMaps:
    """What a mask reader marks of one image, for every class and every prototype or concept.

    Attributes:
        nodes: their texts, such as "class:effusion" and "prototype:p03".
        maps: ``(Q, s, s)`` float32 of any range, on the CPU.
        placement: of the image.
    """

    nodes: tuple[str, ...]
    maps: Tensor
    placement: Placement

    def heatmap(self, node: str) -> np.ndarray:
        """``(S, S)`` float32 in [0, 1] on the network grid, 0 in the padding: that of the tier
        *instant*, but for what batches and fused layers round.

        Raises:
            WrongRequest: no map is of this node.
        """
        if node not in self.nodes:
            raise WrongRequest(
                f"The mask reader draws no map of “{node}”. Choose {', '.join(self.nodes)}."
            )
        one = self.maps[self.nodes.index(node)][None]
        large = enlarged(one, self.placement.network)[0]
        return inked(large, self.placement.valid_mask()).values.numpy()

    def kept(self) -> KeptMaps:
        """The same in the form in which maps are kept with a prediction."""
        grid = self.placement
        placement = GridPlacement(grid.stored, grid.network, grid.resized, grid.offset)
        return KeptMaps.of(self.nodes, self.maps.numpy(), placement)


def predict_with_maps(
    predictor: Predictor, image: GrayOrColourImage, *, site: SiteSettings | None = None
) -> tuple[Prediction, NodeMaps]:
    """What :meth:`~dprotonet.inference.predictor.Predictor.predict` says, with the maps.

    Raises:
        WrongRequest: the model has no mask reader, or the settings are for another model.
    """
    start, bundle, reader = time.perf_counter(), predictor.bundle, predictor.model.mask_reader
    if reader is None:
        raise WrongRequest(
            f"The model {bundle.name} has no mask reader. Train one: "
            "python -m training reader BUNDLE --out FOLDER."
        )
    if site is not None:
        site.check_bundle(bundle)
    x, placement = bundle.preprocessing(image)
    one = predictor.pass_of(x, image=image, watch=reader.stage_names)
    prediction = predictor.prediction_of(one, start=start, site=site)
    nodes = marked_nodes(bundle)
    with torch.inference_mode():
        maps = node_maps(reader, predictor.network.network, one.watched, nodes)[0].cpu()
    return prediction, NodeMaps(tuple(node.name for node in nodes), maps, placement)
