"""What a card says of a bundle's maps: how often they held what was known to lie in an image.

Measured on the images that chose the reader, not on test images: it tells a person who looks at a
map what maps like it were worth, and claims nothing of new data.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from training.evaluation.evidence.check import confirmed_evidence
from training.evaluation.evidence.places import place_figures
from training.evaluation.faithfulness import evenly_spaced
from training.io import progress_bar

if TYPE_CHECKING:
    from torch import Tensor

    from dprotonet.explain.nodes import ClassNode
    from dprotonet.inference.prediction import Prediction
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
    methods = {
        tier: MDM(predictor.model, TIERS[tier], temperature=bundle.temperature, reader=reader)
        for tier in _DRAWERS
    }
    for known in _known(predictor, evenly_spaced(samples, most)):
        valid_mask, row = known.valid_mask, {}
        for tier, method in methods.items():
            heatmap = method.attribute(known.x, known.node, valid_mask=valid_mask)[0].numpy()
            row[tier] = place_figures(heatmap, known.mask, valid_mask.numpy())
        rows.append(row)
        kinds.add(known.kind)
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


@dataclass(frozen=True, eq=False)
class _Known:
    """An image of which it is known where its class's finding or mark lies."""

    x: Tensor  # (3, S, S) normalised
    valid_mask: Tensor  # (S, S) bool
    node: ClassNode
    kind: str
    mask: Mask  # (S, S)


def _known(predictor: Predictor, samples: Sequence[Sample]) -> Iterator[_Known]:
    bundle = predictor.bundle
    for sample in progress_bar(samples, len(samples), "known findings"):
        image = sample.load()
        x, placement = bundle.preprocessing(image)
        found = _found(predictor, sample, predictor.predict_tensor(x), image.shape)
        if found is None:
            continue
        kind, native = found
        mask = placement.mask_to_network(torch.from_numpy(native)).numpy()
        if mask.any():
            node = class_node(bundle, bundle.classes[sample.classes[0]])
            yield _Known(x, placement.valid_mask(), node, kind, mask)


def _found(
    predictor: Predictor, sample: Sample, prediction: Prediction, shape: tuple[int, int]
) -> tuple[str, Mask] | None:
    """What is known of an image, and where it lies on the native grid; None where nothing is."""
    if sample.evidence is not None:
        known = confirmed_evidence(predictor, sample, prediction)
        return None if known is None else (known.kind, known.mask)
    if len(sample.classes) != 1:
        return None
    is_called = predictor.bundle.classes[sample.classes[0]] in prediction.called
    native = stored_mask(sample, shape) if is_called else None
    return None if native is None else ("finding", native)
