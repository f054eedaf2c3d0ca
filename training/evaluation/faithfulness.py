"""Faithfulness of a bundle's heatmaps over a split, for the class and for its strongest prototype.

The curves are those of :mod:`dprotonet.explain.faithfulness`; here they are averaged over images.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from training.evaluation.metrics import mean_interval

if TYPE_CHECKING:
    from dprotonet.explain import Explanation, Node
    from dprotonet.inference.prediction import Prediction
    from dprotonet.inference.predictor import Predictor
    from training.datasets.samples import Sample
    from training.evaluation.heatmap_method import Drawing

_log = logging.getLogger(__name__)
NODES = ("class", "prototype")
_SMALL = 1e-6  # a span below this says nothing of drop and increase


def faithfulness(
    predictor: Predictor,
    samples: Sequence[Sample],
    count: int,
    drawing: Drawing,
    *,
    resamples: int = 1000,
) -> dict[str, Any]:
    """Figures of ``count`` images spread evenly over the samples.

    The class node is read as its logit, so that a sure prediction does not hide what was lost.
    """
    from dprotonet.explain import TIERS, PrototypeNode
    from dprotonet.explain.image import class_node

    bundle, drawing = predictor.bundle, replace(drawing, class_scale="logit")
    rows: dict[str, list[dict[str, float]]] = {node: [] for node in NODES}
    chosen = evenly_spaced(samples, count)
    for done, sample in enumerate(chosen, 1):
        x, placement = bundle.preprocessing(sample.load())
        said = predictor.predict_tensor(x)
        nodes: list[Node] = [
            class_node(bundle, said.leading),
            PrototypeNode(bundle.prototype_ids.index(strongest(said))),
        ]
        found = drawing.explain(predictor, x, placement.valid_mask(), nodes)
        for node, explanation in zip(NODES, found, strict=True):
            rows[node].append(figures(explanation))
        _log.info("faithfulness: %d of %d", done, len(chosen))
    patients = np.array([s.patient_id for s in chosen])
    return {
        "method": drawing.method,
        "tier": drawing.tier,
        "fill": TIERS[drawing.tier].fill,
        "images": len(chosen),
        **{node: _means(rows[node], patients, resamples) for node in NODES},
    }


def evenly_spaced(samples: Sequence[Sample], count: int) -> list[Sample]:
    """Up to ``count`` samples at even distances, the same at every call."""
    places = np.unique(np.linspace(0, len(samples) - 1, min(count, len(samples))).astype(int))
    return [samples[i] for i in places.tolist()]


def strongest(said: Prediction) -> str:
    """The id of the predicted class's prototype that adds most to its logit."""
    own = [m for m in said.matches if m.class_name == said.leading]
    return max(own, key=lambda m: m.contribution).prototype


def figures(explanation: Explanation) -> dict[str, float]:
    """One heatmap's figures, in the node's own values.

    ``drop`` and ``increase`` follow Chattopadhay et al. 2018 (Grad-CAM++, section 4.1), but logits
    and cosines may be negative: the drop is a share of the span between image and fill, and nan
    where the image raises the node by nothing.
    """
    found, before = explanation.faithfulness, explanation.value_before
    span = before - (found.insertion[0] if found.insertion else 0.0)
    lost = before - explanation.value_after
    return {
        "insertion_auc": found.insertion_auc,
        "deletion_auc": found.deletion_auc,
        "score": found.score,
        "score_minus_random": found.score
        - (found.random_insertion_auc - found.random_deletion_auc),
        "average_drop": max(0.0, lost) / span if span > _SMALL else float("nan"),
        "average_increase": float(lost < 0),
    }


def _means(rows: list[dict[str, float]], patients: Any, resamples: int) -> dict[str, Any]:
    return {
        name: mean_interval(np.array([row[name] for row in rows]), patients, resamples).to_json()
        for name in rows[0]
    }
