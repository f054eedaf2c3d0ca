"""One held-out image, opened: what the network says of it, which nodes are explained, its truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from dprotonet.explain.image import class_node
from dprotonet.explain.nodes import Node, PrototypeNode
from training.benchmarks.heatmaps.records import hashed
from training.evaluation.faithfulness import strongest
from training.evaluation.localisation import Mask, energy_inside, peak_hits, stored_mask

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dprotonet.inference.prediction import Prediction
    from dprotonet.inference.predictor import Predictor
    from training.datasets.samples import Sample


@dataclass(frozen=True, eq=False)
class Subject:
    """An image on the network grid.

    Attributes:
        x: ``(3, S, S)`` normalised, on the predictor's device.
        inside: ``(S, S)`` bool, False in the padding.
        nodes: by kind: the predicted class, and that class's strongest prototype.
        truth: ``(S, S)`` the finding, where it is known and its class was predicted.
    """

    sample: Sample
    said: Prediction
    x: Tensor
    valid_mask: Tensor
    nodes: dict[str, Node]
    truth: Mask | None

    def head(self) -> dict[str, Any]:
        """What a row says of the image itself; no id that anyone could read."""
        image = self.valid_mask.cpu().numpy()
        area = None if self.truth is None else float((self.truth & image).sum() / image.sum())
        return {
            "film": hashed(self.sample.sample_id),
            "patient": hashed(self.sample.patient_id),
            "predicted": self.said.leading,
            "right": _leading(self.said) in self.sample.classes,
            "nodes": {kind: node.name for kind, node in self.nodes.items()},
            "truth_area": area,
        }

    def place(self, heatmap: NDArray[np.float32]) -> dict[str, float]:
        """Where a heatmap ``(S, S)`` lies against the truth; nothing where there is none."""
        if self.truth is None:
            return {}
        valid_mask, near = peak_hits(heatmap, self.truth)
        energy = energy_inside(heatmap, self.truth)
        return {"peak_inside": float(valid_mask), "peak_near": float(near), "energy": energy}


def open_subject(predictor: Predictor, sample: Sample, kinds: Sequence[str]) -> Subject:
    """Read, place and predict an image."""
    bundle, image = predictor.bundle, sample.load()
    x, placement = bundle.preprocessing(image)
    said = predictor.predict_tensor(x)
    prototype = strongest(said)
    nodes: dict[str, Node] = {
        "class": class_node(bundle, said.leading),
        "prototype": PrototypeNode(bundle.prototype_ids.index(prototype), prototype),
    }
    stored = _truth(sample, said, image.shape)
    truth = None
    if stored is not None:
        truth = placement.mask_to_network(torch.from_numpy(stored)).numpy()
    return Subject(
        sample,
        said,
        x.to(predictor.device),
        placement.valid_mask().to(predictor.device),
        {kind: nodes[kind] for kind in kinds},
        truth if truth is not None and truth.any() else None,
    )


def _leading(said: Prediction) -> int:
    return list(said.probabilities).index(said.leading)


def _truth(sample: Sample, said: Prediction, shape: tuple[int, int]) -> Mask | None:
    """The stored mask of the predicted class; of a multi-label image that class's boxes alone."""
    if _leading(said) not in sample.classes:
        return None
    if sample.labels is not None:
        own = tuple(b for b in sample.boxes if b.finding.lower() == said.leading.lower())
        sample = replace(sample, boxes=own)
    return stored_mask(sample, shape)
