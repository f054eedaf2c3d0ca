"""Does a network lean on a marker, and do its prototypes and heatmaps show it?

Phantom images may carry a token that goes with one class, as a site's own marker does in real data.
Its mask is known, and the same image can be rendered without it. So the token's effect on a
prediction can be measured, and how much of it a heatmap shows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from dprotonet.bundle.bundle import Bundle
from dprotonet.editing.propose import propose_edit, responses_of
from dprotonet.errors import ReadableError, WrongRequest
from dprotonet.explain.baselines.own_map import upsampled
from training.evaluation.evaluate import phantom_test_samples, recipe_of
from training.evaluation.faithfulness import NODES, leading_nodes, strongest
from training.evaluation.heatmap_method import HeatmapMethod
from training.evaluation.localisation import energy_inside, peak_hits
from training.evaluation.metrics import mean_intervals
from training.evaluation.prototypes.marker import marker_figures, marker_images
from training.evaluation.prototypes.own_maps import activations

if TYPE_CHECKING:
    from dprotonet.inference.predictor import Predictor
    from training.datasets.phantom.dataset import PhantomSample
    from training.datasets.phantom.parameters import CaseFacts, Shortcut
    from training.recipe import Recipe

_log = logging.getLogger(__name__)


def shortcut(
    bundle: Bundle,
    count: int,
    methods: Sequence[str],
    *,
    tier: str = "standard",
    reference: Bundle | None = None,
    refit: bool = False,
) -> dict[str, Any]:
    """Evaluate a bundle that was trained on phantoms with a shortcut.

    Its heatmaps on ``count`` test images, of the token's class, that carry it and are predicted
    rightly. "drawn_without" is the same image without the token; "drawn_on" puts it on test images
    of the other classes. ``energy`` is the fraction of a heatmap inside the token's mask, to be
    read beside ``area``. And under "marker", over all test images, the prototype that is the token
    (see :mod:`training.evaluation.prototypes.marker`).

    Args:
        count: 0 leaves the heatmaps out.
        methods: names out of ``dprotonet.names.METHODS``.
        reference: trained on the same phantoms without the shortcut, to compare accuracies with.
        refit: fit the last layer again once the prototype is switched off, on the responses that
            the bundle keeps, as editing does.

    Raises:
        ReadableError: the bundle was trained on other images, or no test image is usable, or the
            reference has other classes, or the bundle keeps no responses to fit on.
    """
    from dprotonet.inference.predictor import Predictor
    from training.datasets.phantom.parameters import Shortcut

    recipe = recipe_of(bundle)
    if recipe.dataset != "phantom" or not recipe.phantom_shortcut:
        raise ReadableError(
            f"{bundle.name} was not trained on phantoms with a shortcut. Train one by "
            "`python -m training train phantom --set phantom_shortcut=true`."
        )
    if reference is not None and reference.classes != bundle.classes:
        raise ReadableError(
            f"{reference.name} has other classes than {bundle.name}. Give a bundle that was "
            "trained on the same phantoms without the shortcut."
        )
    if refit:
        responses_of(bundle)  # said before the images are passed, which takes minutes
    predictor, token = Predictor(bundle, gate=False), Shortcut()
    result: dict[str, Any] = {"bundle": bundle.name, "class": token.finding, "tier": tier}
    if count:
        result |= _heatmap_figures(predictor, recipe, token, count, methods, tier)
    other = None if reference is None else Predictor(reference, gate=False)
    return result | {"marker": _marker(predictor, recipe, token, other, refit)}


def _marker(
    predictor: Predictor, recipe: Recipe, token: Shortcut, reference: Predictor | None, refit: bool
) -> dict[str, Any]:
    from training.datasets.phantom.parameters import FINDINGS

    samples = phantom_test_samples(recipe)
    images = marker_images(predictor, samples, reference)
    _log.info("shortcut: %d test images passed", len(samples))
    return marker_figures(
        predictor.bundle.model,
        images,
        FINDINGS.index(token.finding),
        refit=partial(edited_head, predictor.bundle) if refit else None,
        resamples=recipe.resamples,
    )


def edited_head(bundle: Bundle, prototype: str) -> NDArray[np.float64] | None:
    """The last layer ``(K, P)`` that editing proposes without one more prototype.

    None, with a warning, where editing refuses, since no last layer can do without it. One that
    costs more than editing allows is returned, with a warning too.
    """
    try:
        edit = propose_edit(bundle, off={*bundle.off, prototype})
    except WrongRequest as error:
        _log.warning("shortcut: not fitted again. %s", error)
        return None
    if not edit.feasible:
        _log.warning("shortcut: the application would not apply this. %s", edit.reason)
    return edit.head.astype(np.float64)


def _heatmap_figures(
    predictor: Predictor,
    recipe: Recipe,
    token: Shortcut,
    count: int,
    methods: Sequence[str],
    tier: str,
) -> dict[str, Any]:
    from training.datasets.phantom.parameters import FINDINGS

    samples, label = phantom_test_samples(recipe), FINDINGS.index(token.finding)
    own = [s for s in samples if s.label == label and s.facts.shortcut_token]
    heatmap_methods = [HeatmapMethod(name, tier) for name in methods]
    rows, patients = [], []
    for sample, row in _figures_by_sample(predictor, own, token.finding, heatmap_methods):
        rows.append(row)
        patients.append(sample.patient_id)
        _log.info("shortcut: %d of %d", len(rows), count)
        if len(rows) == count:
            break
    if not rows:
        raise ReadableError("No test image with the token is called rightly. Train on more images.")
    others = [s for s in samples if s.label != label and not s.facts.shortcut_token][:count]
    added = [_with_token(predictor, s.facts, token.finding) for s in others]
    return {
        "films": len(rows),
        **mean_intervals(rows, patients, recipe.resamples),
        "drawn_on": mean_intervals(added, [s.patient_id for s in others], recipe.resamples),
    }


def _figures_by_sample(
    predictor: Predictor,
    samples: list[PhantomSample],
    finding: str,
    heatmap_methods: Sequence[HeatmapMethod],
) -> Iterator[tuple[PhantomSample, dict[str, float]]]:
    """The figures of every image that is predicted rightly."""
    bundle = predictor.bundle
    for sample in samples:
        phantom, image = sample.image(), sample.load()
        x, placement = bundle.preprocessing(image)
        prediction = predictor.predict_tensor(x)
        if prediction.leading != finding:
            continue
        token = placement.mask_to_network(torch.from_numpy(phantom.masks["token"])).numpy()
        truth = placement.mask_to_network(torch.from_numpy(phantom.masks["finding"])).numpy()
        valid_mask = placement.valid_mask()
        nodes = leading_nodes(bundle, prediction)
        without_token = _probabilities(predictor, replace(sample.facts, shortcut_token=False))
        row = {
            "area": float(token.sum() / valid_mask.sum()),
            "probability": prediction.probabilities[finding],
            "drawn_without": without_token[finding],
            "still_called": float(_most_probable(without_token) == finding),
        }
        for method in heatmap_methods:
            explanations = method.explain(predictor, x, valid_mask, nodes)
            for node, explanation in zip(NODES, explanations, strict=True):
                heatmap, name = explanation.heatmap, f"{method.name} {node}"
                row[f"{name} energy"] = energy_inside(heatmap, token)
                row[f"{name} energy in finding"] = energy_inside(heatmap, truth)
                row[f"{name} near"] = float(peak_hits(heatmap, token)[1])
        prototype = bundle.prototype_ids.index(strongest(prediction))
        activation = _activation(predictor, x, prototype)
        row["prototype's own map energy"] = energy_inside(activation, token)
        row["prototype's own map near"] = float(peak_hits(activation, token)[1])
        yield sample, row


def _with_token(predictor: Predictor, facts: CaseFacts, finding: str) -> dict[str, float]:
    """The token's class before and after a token is put on an image of another class."""
    with_token = _probabilities(predictor, replace(facts, shortcut_token=True))
    return {
        "probability": _probabilities(predictor, facts)[finding],
        "with_token": with_token[finding],
        "then_called": float(_most_probable(with_token) == finding),
    }


def _most_probable(probabilities: dict[str, float]) -> str:
    return max(probabilities, key=probabilities.__getitem__)


def _probabilities(predictor: Predictor, facts: CaseFacts) -> dict[str, float]:
    from training.datasets.phantom.dataset import as_image
    from training.datasets.phantom.generator import render

    return predictor.predict(as_image(render(facts))).probabilities


def _activation(predictor: Predictor, x: torch.Tensor, prototype: int) -> NDArray[np.float32]:
    """A prototype's encoder mask ``(S, S)``, upsampled to the network grid."""
    masks = activations(predictor, x[None])[1][:, prototype : prototype + 1]
    return np.asarray(upsampled(masks, x.shape[-1])[0, 0].numpy())
