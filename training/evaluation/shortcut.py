"""Does a network lean on a marker, and do its prototypes and heatmaps say so?

Phantom images may carry a token that goes with one class, as a site's own marker does in real data.
Its mask is known, and the same image can be drawn without it: so what the token does to a
prediction can be measured, and what a heatmap shows of it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from training.data.splits import split_of
from training.evaluation.evaluate import recipe_of
from training.evaluation.faithfulness import strongest
from training.evaluation.heatmap_method import Drawing
from training.evaluation.localisation import energy_inside, peak_hits
from training.evaluation.metrics import mean_interval

if TYPE_CHECKING:
    from dprotonet.explain.nodes import Node
    from dprotonet.inference.predictor import Predictor
    from training.datasets.phantom.dataset import PhantomSample
    from training.datasets.phantom.parameters import CaseFacts

_log = logging.getLogger(__name__)


def shortcut(
    bundle: Bundle, count: int, methods: Sequence[str], *, tier: str = "standard"
) -> dict[str, Any]:
    """Judge a bundle that was trained on phantoms with a shortcut, on ``count`` test images.

    The images are of the token's class, carry it, and are called rightly. "drawn_without" is the
    same image without the token; "drawn_on" puts it on test images of the other classes.
    ``energy`` is the share of a map inside the token's mask, to be read beside ``area``.

    Args:
        methods: names out of ``dprotonet.names.METHODS``.

    Raises:
        ReadableError: the bundle was trained on other images, or no test image will do.
    """
    from dprotonet.inference.predictor import Predictor
    from training.datasets.phantom.dataset import phantom_samples
    from training.datasets.phantom.parameters import FINDINGS, Shortcut

    recipe = recipe_of(bundle)
    if recipe.dataset != "phantom" or not recipe.phantom_shortcut:
        raise ReadableError(
            f"{bundle.name} was not trained on phantoms with a shortcut. Train one by "
            "`python -m training train phantom --set phantom_shortcut=true`."
        )
    token = Shortcut()
    samples = [
        s
        for s in phantom_samples(
            recipe.phantom_seed,
            recipe.phantom_films,
            size=recipe.phantom_size,
            shortcut=token,
            difficulty=recipe.phantom_difficulty,
        )
        if split_of(s.patient_id) == "test"
    ]
    predictor, label = Predictor(bundle), FINDINGS.index(token.finding)
    own = [s for s in samples if s.label == label and s.facts.shortcut_token]
    drawings = [Drawing(method, tier) for method in methods]
    rows, patients = [], []
    for sample, row in _judged(predictor, own, token.finding, drawings):
        rows.append(row)
        patients.append(sample.patient_id)
        _log.info("shortcut: %d of %d", len(rows), count)
        if len(rows) == count:
            break
    if not rows:
        raise ReadableError("No test image with the token is called rightly. Train on more images.")
    others = [s for s in samples if s.label != label and not s.facts.shortcut_token][:count]
    added = [_added(predictor, s.facts, token.finding) for s in others]
    resamples = recipe.resamples
    return {
        "bundle": bundle.name,
        "class": token.finding,
        "tier": tier,
        "films": len(rows),
        **{
            name: mean_interval(
                np.array([row[name] for row in rows]), np.array(patients), resamples
            ).to_json()
            for name in rows[0]
        },
        "drawn_on": {
            name: mean_interval(
                np.array([row[name] for row in added]),
                np.array([s.patient_id for s in others]),
                resamples,
            ).to_json()
            for name in (added[0] if added else ())
        },
    }


def _judged(
    predictor: Predictor, samples: list[PhantomSample], finding: str, drawings: Sequence[Drawing]
) -> Iterator[tuple[PhantomSample, dict[str, float]]]:
    """The figures of every image that is called rightly."""
    from dprotonet.explain.image import class_node
    from dprotonet.explain.nodes import PrototypeNode

    bundle = predictor.bundle
    for sample in samples:
        phantom, image = sample.image(), sample.load()
        x, placement = bundle.preprocessing(image)
        said = predictor.predict_tensor(x)
        if said.leading != finding:
            continue
        token = placement.mask_to_network(torch.from_numpy(phantom.masks["token"])).numpy()
        truth = placement.mask_to_network(torch.from_numpy(phantom.masks["finding"])).numpy()
        valid_mask = placement.valid_mask()
        prototype = bundle.prototype_ids.index(strongest(said))
        nodes: list[Node] = [
            class_node(bundle, finding),
            PrototypeNode(prototype),
        ]
        bare = _without(predictor, sample.facts)
        row = {
            "area": float(token.sum() / valid_mask.sum()),
            "probability": said.probabilities[finding],
            "drawn_without": bare[finding],
            "still_called": float(max(bare, key=bare.__getitem__) == finding),
        }
        for drawing in drawings:
            maps = drawing.explain(predictor, x, valid_mask, nodes)
            for node, found in zip(("class", "prototype"), maps, strict=True):
                row[f"{drawing.method} {node} energy"] = energy_inside(found.heatmap, token)
                row[f"{drawing.method} {node} energy in finding"] = energy_inside(
                    found.heatmap, truth
                )
                row[f"{drawing.method} {node} near"] = float(peak_hits(found.heatmap, token)[1])
        shown = _activation(predictor, x, prototype)
        row["prototype's own map energy"] = energy_inside(shown, token)
        row["prototype's own map near"] = float(peak_hits(shown, token)[1])
        yield sample, row


def _without(predictor: Predictor, facts: CaseFacts) -> dict[str, float]:
    """Probabilities of the same image without its token."""
    return _probabilities(predictor, replace(facts, shortcut_token=False))


def _added(predictor: Predictor, facts: CaseFacts, finding: str) -> dict[str, float]:
    """The token's class before and after a token is put on an image of another class."""
    with_token = _probabilities(predictor, replace(facts, shortcut_token=True))
    return {
        "probability": _probabilities(predictor, facts)[finding],
        "with_token": with_token[finding],
        "then_called": float(max(with_token, key=with_token.__getitem__) == finding),
    }


def _probabilities(predictor: Predictor, facts: CaseFacts) -> dict[str, float]:
    from training.datasets.phantom.dataset import as_image
    from training.datasets.phantom.generator import render

    return predictor.predict(as_image(render(facts))).probabilities


def _activation(predictor: Predictor, x: torch.Tensor, prototype: int) -> np.ndarray:
    """A prototype's encoder mask, upsampled to the network grid: the map it pools by."""
    with torch.inference_mode():
        mask = predictor.model(x[None].to(predictor.device)).masks[:, prototype : prototype + 1]
    size = x.shape[-1]
    large = functional.interpolate(mask, (size, size), mode="bilinear", align_corners=False)
    return large[0, 0].cpu().numpy().astype(np.float32)
