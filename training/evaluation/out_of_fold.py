"""Where heatmaps lie, each from a network that was not trained on the image's patient."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from training.data.splits import by_split, fold_split_of
from training.datasets.registry import open_dataset
from training.datasets.samples import Dataset, Sample
from training.evaluation.evaluate import check_classes, recipe_of
from training.evaluation.heatmap_method import HeatmapMethod
from training.evaluation.localisation import HeatmapWithTruth, figures, heatmaps_with_truth

_log = logging.getLogger(__name__)


def fold_bundle(out: Path, number: int) -> Path:
    """Where a cross-validation leaves the network of one fold."""
    return out / "folds" / str(number) / "bundle"


def out_of_fold(
    out: Path, data: Path | None, methods: Sequence[str], *, tier: str = "standard"
) -> dict[str, Any]:
    """Energy and peaks inside boxes or masks, over the test images of all folds.

    Args:
        out: the folder of ``train --folds N --bundles``.
        methods: names out of ``dprotonet.names.METHODS``.

    Raises:
        ReadableError: ``out`` holds no networks of folds, or no image has a box or a mask.
    """
    folds = 0
    while fold_bundle(out, folds).is_dir():
        folds += 1
    if folds < 2:
        raise ReadableError(
            f"{out} holds the networks of {folds} folds. Run `python -m training train RECIPE "
            "--folds 5 --bundles --out` with it first."
        )
    recipe = recipe_of(Bundle.load(fold_bundle(out, 0), with_model=False))
    dataset = open_dataset(recipe, data)
    marked = [s for s in dataset.samples if s.boxes or s.mask is not None]
    if not marked:
        raise ReadableError(
            f"No image of {dataset.name} has a box or a mask, so there is nothing to point at."
        )
    results: dict[str, Any] = {}
    for name in methods:
        images = list(_heatmaps(out, folds, dataset, marked, HeatmapMethod(name, tier)))
        results[name] = figures(images, None, resamples=recipe.resamples)
    return {
        "recipe": recipe.name,
        "folds": folds,
        "tier": tier,
        "node": "the right class, where it was called",
        "images_with_a_truth": len(marked),
        "methods": results,
    }


def _heatmaps(
    out: Path, folds: int, dataset: Dataset, marked: Sequence[Sample], method: HeatmapMethod
) -> Iterator[HeatmapWithTruth]:
    from dprotonet.inference.predictor import Predictor

    for number in range(folds):
        bundle = Bundle.load(fold_bundle(out, number))
        check_classes(bundle, dataset)
        rule = partial(fold_split_of, fold=number, folds=folds)
        own = by_split(marked, rule)["test"]
        _log.info("%s, fold %d: %d images with a truth", method.name, number, len(own))
        yield from heatmaps_with_truth(Predictor(bundle, gate=False), own, len(own), method)
