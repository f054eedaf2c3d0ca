"""What a card says of a bundle's maps: how often they held what was known to lie in an image.

Measured on the images that chose the reader, not on test images: it tells a person who looks at a
map what maps like it were worth, and claims nothing of new data.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.reader.map_figures import MapFigures
from dprotonet.explain.explanation import READER, REFINED, VIEWED
from dprotonet.explain.image import class_node
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.settings import TIERS
from training.datasets.samples import Sample, stored_mask
from training.evaluation.evaluate import split_samples
from training.evaluation.evidence.check import confirmed_evidence, on_network_grid
from training.evaluation.evidence.places import place_figures
from training.evaluation.faithfulness import evenly_spaced
from training.io import progress_bar

if TYPE_CHECKING:
    from dprotonet.inference.predictor import Predictor
    from dprotonet.modeling.reader.mask_reader import MaskReader
    from training.data.splits import Split
    from training.evaluation.localisation import Mask

_log = logging.getLogger(__name__)
MOST = 100  # images
_SPLIT: Split = "validation"
_DRAWERS = {"instant": (READER,), "standard": (VIEWED, REFINED)}
_KEPT = ("hit_10", "peak_near", "peak_inside")


def maps_for_card(
    bundle: Bundle, reader: MaskReader, data: Path | None, *, most: int = MOST
) -> dict[str, Any]:
    """How often a reader's maps of the tiers *instant* and *standard* held a known finding.

    Only images that are called rightly count, and where the finding can be taken out of the image,
    only those that are called otherwise without it.

    Args:
        bundle: whose network the reader is for.
        reader: that draws the maps.
        data: of the data set that its recipe names.
        most: images, spread over the split.

    Returns:
        JSON values for the card's ``evaluation``, under "maps"; empty where no image has a finding
        whose place is known.
    """
    from dprotonet.inference.predictor import Predictor

    samples = [s for s in split_samples(bundle, data, _SPLIT) if s.evidence or s.mask or s.boxes]
    if not samples:
        return {}
    predictor, rows, kinds = Predictor(bundle, gate=False), [], set()
    for sample, kind, truth in _known(predictor, evenly_spaced(samples, most)):
        x, placement = bundle.preprocessing(sample.load())
        node = class_node(bundle, bundle.classes[sample.classes[0]])
        row = {}
        for tier in _DRAWERS:
            method = MDM(bundle.model, TIERS[tier], temperature=bundle.temperature, reader=reader)
            valid_mask = placement.valid_mask()
            heatmap = method.attribute(x, node, valid_mask=valid_mask)[0].numpy()
            row[tier] = place_figures(heatmap, truth, valid_mask.numpy())
        rows.append(row)
        kinds.add(kind)
    if not rows:
        _log.warning("no %s image shows its finding to this network: the card says nothing", _SPLIT)
        return {}
    return {
        "drawn_by": {
            name: MapFigures(
                " or ".join(sorted(kinds)),
                len(rows),
                **{key: round(float(np.mean([r[tier][key] for r in rows])), 4) for key in _KEPT},
                split=_SPLIT,
                tier="" if tier == "instant" else tier,
            ).to_json()
            for tier, names in _DRAWERS.items()
            for name in names
        }
    }


def _known(predictor: Predictor, samples: list[Sample]) -> Iterator[tuple[Sample, str, Mask]]:
    """Images, what is known of them, and where that lies on the network's grid, ``(S, S)`` bool."""
    bundle = predictor.bundle
    for sample in progress_bar(samples, len(samples), "known findings"):
        if sample.evidence is not None:
            known = confirmed_evidence(predictor, sample)
            if known is not None:
                yield sample, known.kind, on_network_grid(predictor, known)
            continue
        image = sample.load()
        x, placement = bundle.preprocessing(image)
        called = predictor.predict_tensor(x).called
        native = stored_mask(sample, image.shape)
        if native is None or len(sample.classes) != 1:
            continue
        truth = placement.mask_to_network(torch.from_numpy(native)).numpy()
        if truth.any() and bundle.classes[sample.classes[0]] in called:
            yield sample, "finding", truth
