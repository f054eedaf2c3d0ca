"""The bundle that a change of a trained network leaves beside its parent: written anew, or under a
new last layer."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.carried import carry_on
from dprotonet.bundle.change import Change
from dprotonet.bundle.staging import beside
from dprotonet.editing.apply import CHANGED, NewLastLayer, write_last_layer
from dprotonet.inference.calibration import Calibration
from dprotonet.prototypes.responses import Responses
from training.evaluation.evaluate import evaluate_samples
from training.fitting.export import GalleryOptions, write_bundle
from training.fitting.fit import FittedNetwork
from training.fitting.run_folder import hardware
from training.learning.reopened import Reopened


def write_new(
    opened: Reopened,
    fitted: FittedNetwork,
    change: Change,
    place: Path,
    *,
    said: str,
    sources: int,
    responses: Responses | None = None,
) -> Bundle:
    """Write beside the place first, so that whoever stops this leaves nothing half-written.

    What the parent was given since its training is carried on
    (:func:`dprotonet.bundle.carried.carry_on`).

    Args:
        place: of the new bundle.
        said: how the change ends a sentence of the card's limits, in place of the last such one.
        sources: of each prototype, with heatmaps; pictures as in the parent.
        responses: None for those of the fitted network, around its last layer.
    """
    bundle, context = opened.bundle, opened.context
    card = context.recipe.card
    limits = (*(text for text in card.limits if not text.startswith(CHANGED)), f"{CHANGED}{said}")
    recipe = dataclasses.replace(
        context.recipe, card=dataclasses.replace(card, limits=limits), blackbox=False
    )
    pictures = any(entry.picture for entry in bundle.gallery)
    place.parent.mkdir(parents=True, exist_ok=True)
    staged = beside(place)
    try:
        written = write_bundle(
            dataclasses.replace(context, recipe=recipe),
            opened.rows,
            fitted,
            None,
            staged,
            GalleryOptions(sources=sources, pictures=pictures),
            hardware=hardware(context.device),
            responses=responses,
            changes=(*bundle.changes, change),
        )
        carry_on(bundle, written)
        staged.rename(place)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Bundle.load(place, with_model=False)


def write_weighed(
    opened: Reopened,
    fitted: FittedNetwork,
    change: Change,
    place: Path,
    *,
    said: str,
    responses: Responses | None,
) -> Bundle:
    """Write the parent under a new last layer, with its own figures of test images.

    Args:
        fitted: the parent's network, but for its last layer.
        place: of the new bundle.
        said: what changed, for the card's limits.
        responses: that the last layer is the optimum of.
    """
    parent, context = opened.bundle, opened.context
    head = fitted.network.get_parameter("head.weight").detach().float().numpy()
    chosen = Calibration(fitted.temperature, fitted.threshold, fitted.thresholds, fitted.offsets)
    layer = NewLastLayer(head, chosen, responses)
    place.parent.mkdir(parents=True, exist_ok=True)
    staged = beside(place)
    try:
        bundle = write_last_layer(parent, layer, change, staged, said=said)
        test = [context.images.samples[i] for i in opened.rows.test.tolist()]
        figures = evaluate_samples(
            bundle, test, "test", resamples=context.recipe.resamples, device=context.device
        )
        # The axes are the parent's, and so is how well each finds its concept.
        axes = {k: v for k, v in parent.card.metrics.items() if k == "concepts"}
        bundle.amend(card=dataclasses.replace(bundle.card, metrics=figures | axes))
        staged.rename(place)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Bundle.load(place, with_model=False)
