"""A network with concepts learns from judgements in its last layer alone.

All in front of it stays, so that every axis is its concept as it was. Where an axis was called an
artefact, what it adds to the judged image's logits is drawn to 0; one that was called useful counts
no less than before; an image whose class a reader corrected is a training image of that class. The
loss stays convex, so that there is one last layer that does it: that of least loss. Ours; the
fine-tuning of networks with prototypes (:mod:`training.learning.fine_tune`) would move the axes.

Letters: N training images, J judged images, P reasons, K classes.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dprotonet.bundle.bundle import Bundle
from dprotonet.editing.conditions import constraints, own_weights
from dprotonet.editing.objective import HeadObjective, implied_anchor, objective_of
from dprotonet.editing.quadratic import fit_weights
from dprotonet.errors import ReadableError
from dprotonet.inference.calibration import class_probabilities
from dprotonet.prototypes.responses import Responses
from training.fitting.export import kept_responses
from training.fitting.fit import FittedNetwork, calibrated
from training.learning.fine_tune import LearnSettings
from training.learning.judged_images import JudgedImages
from training.learning.kept_edit import kept_edit
from training.learning.reopened import Reopened, as_fitted, logits_of
from training.learning.taught import Taught, similarities_of

Array = NDArray[np.float64]


def teach_axes(opened: Reopened, judged: JudgedImages, settings: LearnSettings) -> Taught:
    """Fit the last layer of a network with concepts again, on what readers said too.

    Raises:
        ReadableError: there are no images of training, or none of validation, to fit on.
    """
    bundle, network = opened.bundle, opened.bundle.reasons_network
    similarities = opened.similarities(network)
    before = as_fitted(opened, network, similarities)
    numbers = similarities_of(network, judged, opened.context.device)
    responses = bundle.responses or kept_responses(opened.context, opened.rows, before)
    if responses is None:
        raise ReadableError(
            f"Nothing to fit the last layer of {bundle.name} on: the data has no image of training "
            "or none of validation. Give the data that it was trained on."
        )
    scale = float(network.log_scale.exp())
    weights, around = fitted_weights(
        bundle, responses, scale, numbers.double().numpy(), judged, settings
    )
    new = copy.deepcopy(network)
    with torch.no_grad():
        new.head.weight.copy_(torch.from_numpy(kept_edit(bundle, weights, scale, around)))
    weighed = replace(before, network=new, logits=logits_of(new, similarities))
    after = calibrated(weighed, opened.context, opened.rows)
    sides = (before, after)
    evidence = [_evidence(bundle, fitted, scale) * numbers for fitted in sides]
    return Taught(
        before,
        after,
        (evidence[0], evidence[1]),
        around,
        "evidence",
        _corrected(bundle, judged, *(_probabilities(fitted, numbers) for fitted in sides)),
    )


def fitted_weights(
    bundle: Bundle,
    responses: Responses,
    scale: float,
    numbers: Array,
    judged: JudgedImages,
    settings: LearnSettings,
) -> tuple[Array, Responses]:
    """The last layer of least loss, as if nothing were switched off.

    Args:
        responses: what it is fitted on.
        scale: of all numbers before they are weighed.
        numbers: ``(J, P)`` of the judged images.

    Returns:
        ``(K, P)``, and the responses around it.
    """
    options, objective = bundle.reasons_options, objective_of(responses, scale)
    nonnegative = responses.nonnegative
    nothing = constraints(options, least=np.zeros(0), nonnegative=nonnegative)
    old = fit_weights(objective, nothing, responses.anchor)
    useful = sorted({options.prototype_ids[p] for _, p in judged.useful.tolist()})
    least = own_weights(options, old, nonnegative=nonnegative).clip(min=0.0)
    wanted = constraints(options, (), useful, least=least, nonnegative=nonnegative)
    taught = with_judged(objective, numbers * scale, judged, settings)
    weights = fit_weights(taught, wanted, old)
    return weights, replace(responses, anchor=implied_anchor(weights, objective))


def with_judged(
    objective: HeadObjective, inputs: Array, judged: JudgedImages, settings: LearnSettings
) -> HeadObjective:
    """The loss of a last layer with what readers said.

    Args:
        inputs: ``(J, P)``: scaled numbers of the judged images.
    """
    images, classes = len(objective.inputs), len(objective.anchor)
    squares = np.zeros(inputs.shape[1])
    for at, p in judged.artefacts.tolist():
        squares[p] += inputs[at, p] ** 2
    ridge = objective.ridge + settings.forget / images * squares
    rows, names = judged.corrected[:, 0].numpy(), judged.corrected[:, 1].numpy()
    targets = np.eye(classes)[names] * (settings.correct / images)
    return replace(
        objective,
        inputs=np.vstack([objective.inputs, inputs[rows]]),
        targets=np.vstack([objective.targets, targets]),
        absent=objective.absent,  # a model of several labels has no corrections
        anchor=objective.anchor * objective.ridge / ridge,
        ridge=ridge,
    )


def _evidence(bundle: Bundle, fitted: FittedNetwork, scale: float) -> torch.Tensor:
    """``(P,)``: what a number of 1 adds to its class's logit rather than to the others'."""
    weights = fitted.network.get_parameter("head.weight").detach().double().numpy()
    own = own_weights(bundle.reasons_options, weights, nonnegative=False)
    return torch.from_numpy(own * scale).float()


def _probabilities(fitted: FittedNetwork, numbers: torch.Tensor) -> Array:
    """``(J, K)`` of the judged images, of a model of one label."""
    logits = logits_of(fitted.network, numbers)
    labels = np.zeros(len(logits), dtype=np.int64)
    probabilities: Array = class_probabilities(logits, labels, fitted.temperature, 0.0)
    return probabilities


def _corrected(
    bundle: Bundle, judged: JudgedImages, before: Array, after: Array
) -> list[dict[str, Any]]:
    """Each image whose class was corrected, with that class's probability before and after."""
    return [
        {
            "class": bundle.classes[k],
            "image": judged.names[at][:16],
            "before": round(float(before[at, k]), 4),
            "after": round(float(after[at, k]), 4),
        }
        for at, k in judged.corrected.tolist()
    ]
