"""Faithfulness of a bundle's heatmaps over a split, for the class and for its strongest prototype.

The curves are those of :mod:`dprotonet.explain.faithfulness`; here they are averaged over images.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from training.evaluation.metrics import mean_intervals

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.explain.explanation import Explanation
    from dprotonet.explain.nodes import Node
    from dprotonet.inference.prediction import Prediction
    from dprotonet.inference.predictor import Predictor
    from training.datasets.samples import Sample
    from training.evaluation.heatmap_method import HeatmapMethod

_log = logging.getLogger(__name__)
NODES = ("class", "prototype")
_SMALL = 1e-6  # the smallest span by which a drop is divided


def faithfulness(
    predictor: Predictor,
    samples: Sequence[Sample],
    count: int,
    method: HeatmapMethod,
    *,
    resamples: int = 1000,
) -> dict[str, Any]:
    """Figures of ``count`` images at even distances among the samples.

    The class node is read as its logit: a probability near 1 would hide what a mask takes away.
    """
    from dprotonet.explain.settings import TIERS

    bundle, method = predictor.bundle, replace(method, class_scale="logit")
    rows: dict[str, list[dict[str, float]]] = {node: [] for node in NODES}
    chosen = evenly_spaced(samples, count)
    for done, sample in enumerate(chosen, 1):
        x, placement = bundle.preprocessing(sample.load())
        nodes = leading_nodes(bundle, predictor.predict_tensor(x))
        explanations = method.explain(predictor, x, placement.valid_mask(), nodes)
        for node, explanation in zip(NODES, explanations, strict=True):
            rows[node].append(figures(explanation))
        _log.info("faithfulness: %d of %d", done, len(chosen))
    patients = [sample.patient_id for sample in chosen]
    return {
        "method": method.name,
        "tier": method.tier,
        "fill": TIERS[method.tier].fill,
        "images": len(chosen),
        **{node: mean_intervals(rows[node], patients, resamples) for node in NODES},
    }


def evenly_spaced(samples: Sequence[Sample], count: int) -> list[Sample]:
    """Up to ``count`` samples at even distances, the same at every call."""
    places = np.unique(np.linspace(0, len(samples) - 1, min(count, len(samples))).astype(int))
    return [samples[i] for i in places.tolist()]


def strongest(prediction: Prediction) -> str:
    """The id of the predicted class's prototype that adds most to its logit."""
    own = [match for match in prediction.matches if match.class_name == prediction.leading]
    return max(own, key=lambda match: match.contribution).prototype


def leading_nodes(bundle: Bundle, prediction: Prediction) -> list[Node]:
    """The predicted class, and that class's strongest prototype."""
    from dprotonet.explain.image import class_node
    from dprotonet.explain.nodes import PrototypeNode

    prototype = strongest(prediction)
    return [
        class_node(bundle, prediction.require_leading()),
        PrototypeNode(bundle.prototype_ids.index(prototype)),
    ]


def figures(explanation: Explanation) -> dict[str, float]:
    """One heatmap's figures, in the node's own values.

    ``drop`` and ``increase`` follow Chattopadhay et al. 2018 (Grad-CAM++, section 4.1), but logits
    and cosines may be negative: the drop is a fraction of the span between image and fill, and nan
    where the image does not raise the node's value.
    """
    measured, before = explanation.faithfulness, explanation.value_before
    span = before - (measured.insertion[0] if measured.insertion else 0.0)
    drop = before - explanation.value_after
    random_score = measured.random_insertion_auc - measured.random_deletion_auc
    return {
        "insertion_auc": measured.insertion_auc,
        "deletion_auc": measured.deletion_auc,
        "score": measured.score,
        "score_minus_random": measured.score - random_score,
        "average_drop": max(0.0, drop) / span if span > _SMALL else float("nan"),
        "average_increase": float(drop < 0),
    }
