"""Images of which it is known what this network's class rests on.

That something was planted in an image does not say that a network uses it. So it is asked: the
image must be called as its class, and the same image without the evidence must not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from dprotonet.inference.prediction import Prediction
    from dprotonet.inference.predictor import Predictor
    from training.datasets.samples import Evidence, Sample
    from training.evaluation.localisation import Mask


def confirmed_evidence(
    predictor: Predictor, sample: Sample, prediction: Prediction | None = None
) -> Evidence | None:
    """What a sample's class rests on for this network; None where that is not known.

    Args:
        prediction: for the sample's image, if it is there already.
    """
    if sample.evidence is None:
        return None
    if prediction is None:
        x, _ = predictor.bundle.preprocessing(sample.load())
        prediction = predictor.predict_tensor(x)
    name = prediction.leading
    if name is None or name not in prediction.called:
        return None
    if predictor.bundle.classes.index(name) not in sample.classes:
        return None
    evidence = sample.evidence()
    without, placement = predictor.bundle.preprocessing(evidence.without)
    if name in predictor.predict_tensor(without).called:
        return None
    lies = placement.mask_to_network(torch.from_numpy(evidence.mask))
    return evidence if bool(lies.any()) else None


def on_network_grid(predictor: Predictor, evidence: Evidence) -> Mask:
    """``(S, S)`` bool, where the evidence lies."""
    _, placement = predictor.bundle.preprocessing.place(evidence.without)
    mask: Mask = placement.mask_to_network(torch.from_numpy(evidence.mask)).numpy()
    return mask
