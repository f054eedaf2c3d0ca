"""The pointing game: how often the peak of a phantom's heatmap lies in the finding."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from training.evaluation.evaluate import phantom_test_samples, recipe_of
from training.evaluation.heatmap_method import HeatmapMethod
from training.evaluation.localisation import TOLERANCE, peak_hits

_log = logging.getLogger(__name__)


def pointing(
    bundle: Bundle, count: int, methods: Sequence[str], *, tier: str = "standard", seed: int = 0
) -> dict[str, Any]:
    """Score the heatmaps of the predicted class on phantom test images.

    Only images whose finding was predicted rightly count: in the others there is nothing right to
    point at. "inside" asks for the peak inside the mask itself, "near" allows 15 px.

    Args:
        count: rightly predicted images with a finding to score, in the order of the data set.
        methods: names out of ``dprotonet.names.METHODS``.

    Raises:
        ReadableError: the bundle was not trained on phantoms, whose masks are known.
    """
    from dprotonet.explain.nodes import ClassNode
    from dprotonet.inference.predictor import Predictor
    from training.datasets.phantom.parameters import FINDINGS

    recipe = recipe_of(bundle)
    if recipe.dataset != "phantom":
        raise ReadableError(
            f"{bundle.name} was trained on {recipe.dataset} images, whose findings have no masks. "
            "Give a bundle that was trained on phantoms."
        )
    predictor = Predictor(bundle, gate=False)
    hits: dict[str, list[tuple[str, bool, bool]]] = {name: [] for name in methods}
    positives = scored = 0
    for sample in phantom_test_samples(recipe):
        if not sample.label or scored >= count:
            continue
        phantom, image = sample.image(), sample.load()
        x, placement = bundle.preprocessing(image)
        positives += 1
        if predictor.predict_tensor(x).label != FINDINGS[sample.label]:
            continue
        mask = placement.mask_to_network(torch.from_numpy(phantom.masks["finding"])).numpy()
        for name in methods:
            method = HeatmapMethod(name, tier, seed=seed)
            nodes = [ClassNode(sample.label)]
            explanation = method.explain(predictor, x, placement.valid_mask(), nodes)[0]
            inside, near = peak_hits(explanation.heatmap, mask)
            hits[name].append((FINDINGS[sample.label], inside, near))
        scored += 1
        _log.info("pointing: %d of %d", scored, count)
    return {
        "bundle": bundle.name,
        "split": "test",
        "node": "predicted class",
        "tier": tier,
        "positive_films": positives,  # stored results have this key
        "correctly_classified": scored,
        "tolerance_px": TOLERANCE,
        "methods": {name: _fractions(rows) for name, rows in hits.items()},
    }


def _fractions(rows: list[tuple[str, bool, bool]]) -> dict[str, Any]:
    """Fractions with their Wilson 95 % intervals, over all images and by finding."""
    findings = sorted({finding for finding, _, _ in rows})
    return {
        "inside": wilson_interval([inside for _, inside, _ in rows]),
        "near": wilson_interval([near for _, _, near in rows]),
        "inside_by_finding": {
            name: wilson_interval([inside for finding, inside, _ in rows if finding == name])
            for name in findings
        },
    }


def wilson_interval(hits: list[bool]) -> dict[str, float | int]:
    """The fraction of hits with its 95 % interval (Wilson 1927); no value where there is none."""
    n, z = len(hits), 1.96
    if not n:
        return {"films": 0}
    p = sum(hits) / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return {
        "films": n,
        "value": round(p, 4),
        "low": round(middle - half, 4),
        "high": round(middle + half, 4),
    }
