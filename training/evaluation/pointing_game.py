"""Where heatmaps point: share of found findings whose mask holds the heatmap's peak."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from training.evaluation.evaluate import recipe_of
from training.evaluation.heatmap_method import Drawing
from training.evaluation.localisation import TOLERANCE, peak_hits

_log = logging.getLogger(__name__)


def pointing(
    bundle: Bundle, count: int, methods: Sequence[str], *, tier: str = "standard", seed: int = 0
) -> dict[str, Any]:
    """Score the heatmaps of the predicted class on phantom test images.

    Only images whose finding was named correctly count: elsewhere there is nothing right to point
    at. "inside" asks for the peak inside the mask itself, "near" allows 15 px.

    Args:
        count: correctly classified positive images to score, in the order of the data set.
        methods: names out of ``dprotonet.names.METHODS``.

    Raises:
        ReadableError: the bundle was not trained on phantoms, whose masks are known.
    """
    from dprotonet.explain.nodes import ClassNode
    from dprotonet.inference.predictor import Predictor
    from training.data.splits import split_of
    from training.datasets.phantom.dataset import phantom_samples
    from training.datasets.phantom.parameters import FINDINGS, Shortcut

    recipe = recipe_of(bundle)
    if recipe.dataset != "phantom":
        raise ReadableError(
            f"{bundle.name} was trained on {recipe.dataset} images, whose findings have no masks. "
            "Give a bundle that was trained on phantoms."
        )
    images = phantom_samples(
        recipe.phantom_seed,
        recipe.phantom_films,
        size=recipe.phantom_size,
        shortcut=Shortcut() if recipe.phantom_shortcut else None,
        difficulty=recipe.phantom_difficulty,
    )
    predictor = Predictor(bundle)
    hits: dict[str, list[tuple[str, bool, bool]]] = {name: [] for name in methods}
    seen = done = 0
    for sample in images:
        if split_of(sample.patient_id) != "test" or not sample.label or done >= count:
            continue
        phantom, image = sample.image(), sample.load()
        x, placement = bundle.preprocessing(image)
        seen += 1
        if predictor.predict_tensor(x).label != FINDINGS[sample.label]:
            continue
        mask = placement.mask_to_network(torch.from_numpy(phantom.masks["finding"])).numpy()
        for name in methods:
            drawing = Drawing(name, tier, seed=seed)
            found = drawing.explain(
                predictor, x, placement.valid_mask(), [ClassNode(sample.label)]
            )[0]
            valid_mask, near = peak_hits(found.heatmap, mask)
            hits[name].append((FINDINGS[sample.label], valid_mask, near))
        done += 1
        _log.info("pointing: %d of %d", done, count)
    return {
        "bundle": bundle.name,
        "split": "test",
        "node": "predicted class",
        "tier": tier,
        "positive_films": seen,
        "correctly_classified": done,
        "tolerance_px": TOLERANCE,
        "methods": {name: _shares(rows) for name, rows in hits.items()},
    }


def _shares(rows: list[tuple[str, bool, bool]]) -> dict[str, Any]:
    """Shares with their Wilson 95 % intervals, over all images and by finding."""
    findings = sorted({finding for finding, _, _ in rows})
    return {
        "inside": _share([valid_mask for _, valid_mask, _ in rows]),
        "near": _share([near for _, _, near in rows]),
        "inside_by_finding": {
            f: _share([valid_mask for finding, valid_mask, _ in rows if finding == f])
            for f in findings
        },
    }


def _share(hits: list[bool]) -> dict[str, float | int]:
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
