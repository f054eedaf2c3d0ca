"""One held-out sample, opened: its image, the prediction, the explained nodes, the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from dprotonet.explain.image import body_on_grid, class_node
from dprotonet.explain.location import fraction_outside
from dprotonet.explain.nodes import Node, PrototypeNode
from training.benchmarks.heatmaps.records import hashed
from training.datasets.samples import stored_mask
from training.evaluation.evidence.check import confirmed_evidence, on_network_grid
from training.evaluation.evidence.places import place_figures
from training.evaluation.faithfulness import strongest
from training.evaluation.localisation import Mask

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dprotonet.inference.prediction import Prediction
    from dprotonet.inference.predictor import Predictor
    from training.datasets.samples import Sample


@dataclass(frozen=True, eq=False)
class OpenedSample:
    """A sample's image on the network grid, and what is known of it.

    Attributes:
        sample: of the data set.
        prediction: for its image.
        x: ``(3, S, S)`` normalised, on the predictor's device.
        valid_mask: ``(S, S)`` bool, False in the padding.
        nodes: by kind: the predicted class, and that class's strongest prototype.
        truth: ``(S, S)`` the finding, where it is known and its class was predicted.
        evidence: ``(S, S)`` what the predicted class rests on; None where that was not asked for.
        kind: of the evidence, such as "text"; "" without any.
        body: ``(S, S)`` the body, of a grey chest image on which it can be separated.
    """

    sample: Sample
    prediction: Prediction
    x: Tensor
    valid_mask: Tensor
    nodes: dict[str, Node]
    truth: Mask | None
    evidence: Mask | None = None
    kind: str = ""
    body: Mask | None = None

    def head(self) -> dict[str, Any]:
        """A row's entries about the image itself; no id that anyone could read."""
        head = {
            "film": hashed(self.sample.sample_id),  # the key of rows that are stored already
            "patient": hashed(self.sample.patient_id),
            "predicted": self.prediction.leading,
            "right": _leading(self.prediction) in self.sample.classes,
            "nodes": {kind: node.name for kind, node in self.nodes.items()},
            "truth_area": None if self.truth is None else self._area(self.truth),
        }
        if self.evidence is not None:
            evidence: dict[str, Any] = {"kind": self.kind, "area": self._area(self.evidence)}
            head["evidence"] = evidence
        return head

    def localisation(self, heatmap: NDArray[np.float32]) -> dict[str, Any]:
        """Where a class's heatmap ``(S, S)`` lies against truth, evidence and body, as far as they
        are known."""
        image = self.valid_mask.cpu().numpy()
        figures: dict[str, Any] = {}
        if self.truth is not None:
            figures |= place_figures(heatmap, self.truth, image)
        if self.evidence is not None:
            figures["evidence"] = place_figures(heatmap, self.evidence, image)
        if self.body is not None:
            figures["outside_body"] = fraction_outside(heatmap, self.body, image)
        return figures

    def _area(self, mask: Mask) -> float:
        """As a fraction of the image."""
        image = self.valid_mask.cpu().numpy()
        return float((mask & image).sum() / image.sum())


def open_sample(
    predictor: Predictor, sample: Sample, kinds: Sequence[str], *, evidence: bool = False
) -> OpenedSample:
    """Read an image, fit it to the network's grid and predict it.

    Args:
        kinds: of the nodes that are explained: "class", "prototype".
        evidence: also make what the class rests on, if this network confirms it.
    """
    bundle, image = predictor.bundle, sample.load()
    x, placement = bundle.preprocessing(image)
    prediction = predictor.predict_tensor(x)
    prototype = strongest(prediction)
    nodes: dict[str, Node] = {
        "class": class_node(bundle, prediction.require_leading()),
        "prototype": PrototypeNode(bundle.prototype_ids.index(prototype), prototype),
    }
    native = _truth(sample, prediction, image.shape)
    truth = None
    if native is not None:
        truth = placement.mask_to_network(torch.from_numpy(native)).numpy()
    known = confirmed_evidence(predictor, sample, prediction) if evidence else None
    return OpenedSample(
        sample,
        prediction,
        x.to(predictor.device),
        placement.valid_mask().to(predictor.device),
        {kind: nodes[kind] for kind in kinds},
        truth if truth is not None and truth.any() else None,
        None if known is None else on_network_grid(predictor, known),
        "" if known is None else known.kind,
        body_on_grid(bundle.preprocessing, image),
    )


def _leading(prediction: Prediction) -> int:
    return list(prediction.probabilities).index(prediction.require_leading())


def _truth(sample: Sample, prediction: Prediction, shape: tuple[int, int]) -> Mask | None:
    """The predicted class's mask on the native grid; of a multi-label image that class's boxes."""
    if _leading(prediction) not in sample.classes:
        return None
    if sample.labels is not None:
        name = prediction.require_leading().lower()
        boxes = tuple(box for box in sample.boxes if box.finding.lower() == name)
        sample = replace(sample, boxes=boxes)
    return stored_mask(sample, shape)
