"""Where heatmaps lie, against boxes or masks: pointing game, energy, IoU and Dice.

Any sample with boxes or a mask can be scored. Only images whose class was predicted rightly count:
in the others there is nothing right to point at.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.errors import ReadableError
from training.datasets.samples import stored_mask
from training.evaluation.metrics import mean_intervals

if TYPE_CHECKING:
    from dprotonet.inference.predictor import Predictor
    from training.datasets.samples import Sample
    from training.evaluation.heatmap_method import HeatmapMethod

_log = logging.getLogger(__name__)
TOLERANCE = 15  # px on the network grid, of the lenient count (Zhang et al. 2018, section 4.2)
THRESHOLDS = tuple(np.linspace(0.05, 0.95, 19).round(2).tolist())  # of the heatmap, in [0, 1]
Heatmap = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class HeatmapWithTruth:
    """One image's heatmap on the network grid beside what it should point at.

    Attributes:
        heatmap: ``(S, S)`` in [0, 1].
        mask: ``(S, S)``, True on the finding.
        valid_mask: ``(S, S)``, True on the image, False in its padding.
    """

    sample: Sample
    heatmap: Heatmap
    mask: Mask
    valid_mask: Mask


def heatmaps_with_truth(
    predictor: Predictor,
    samples: Sequence[Sample],
    count: int,
    method: HeatmapMethod,
) -> Iterator[HeatmapWithTruth]:
    """Heatmaps of the class node for the first ``count`` right ones among samples with a truth.

    Of a multi-label image the first class that is called rightly and has a box.
    """
    import torch

    from dprotonet.explain.image import class_node

    bundle, done = predictor.bundle, 0
    for sample in samples:
        if done >= count:
            return
        if sample.mask is None and not sample.boxes:
            continue
        image = sample.load()
        x, placement = bundle.preprocessing(image)
        called = [bundle.classes.index(name) for name in predictor.predict_tensor(x).called]
        class_and_sample = _scored_class(sample, called, bundle.classes)
        if class_and_sample is None:
            continue
        k, sample = class_and_sample
        native = stored_mask(sample, image.shape)
        if native is None:
            continue
        mask = placement.mask_to_network(torch.from_numpy(native)).numpy()
        if not mask.any():
            continue
        valid_mask = placement.valid_mask()
        node = class_node(bundle, bundle.classes[k])
        explanation = method.explain(predictor, x, valid_mask, [node])[0]
        done += 1
        _log.info("localisation, %s: %d of %d", method.name, done, count)
        yield HeatmapWithTruth(sample, explanation.heatmap, mask, valid_mask.numpy())


def _scored_class(
    sample: Sample, called: Sequence[int], classes: Sequence[str]
) -> tuple[int, Sample] | None:
    """The class whose heatmap is scored, and the sample with that class's boxes alone."""
    right = [k for k in sample.classes if k in called]
    if sample.labels is None:
        return (right[0], sample) if right else None
    for k in right:
        boxes = tuple(b for b in sample.boxes if b.finding.lower() == classes[k].lower())
        if boxes:
            return k, replace(sample, boxes=boxes)
    return None


def peak_hits(heatmap: Heatmap, mask: Mask) -> tuple[bool, bool]:
    """Whether the highest pixel lies inside the mask, and within :data:`TOLERANCE` of it."""
    from scipy.ndimage import distance_transform_edt

    peak = np.unravel_index(int(heatmap.argmax()), heatmap.shape)
    distance = distance_transform_edt(~mask)[peak] if mask.any() else np.inf
    return bool(mask[peak]), bool(distance <= TOLERANCE)


def energy_inside(heatmap: Heatmap, mask: Mask) -> float:
    """Fraction of the heatmap's sum inside the mask (Wang et al. 2020, Score-CAM, section 4.3)."""
    whole = float(heatmap.sum())
    return float(heatmap[mask].sum()) / whole if whole > 0 else 0.0


def overlap(heatmap: Heatmap, mask: Mask, threshold: float) -> tuple[float, float]:
    """IoU and Dice of the pixels at or above a threshold."""
    marked = heatmap >= threshold
    intersection, union = int((marked & mask).sum()), int((marked | mask).sum())
    if not union:
        return 0.0, 0.0
    return intersection / union, 2 * intersection / (int(marked.sum()) + int(mask.sum()))


def best_threshold(images: Sequence[HeatmapWithTruth]) -> float | None:
    """The threshold of the largest mean IoU, for validation images to choose; None without any."""
    if not images:
        return None
    means = [np.mean([overlap(i.heatmap, i.mask, t)[0] for i in images]) for t in THRESHOLDS]
    return float(THRESHOLDS[int(np.argmax(means))])


def figures(
    images: Sequence[HeatmapWithTruth], threshold: float | None, *, resamples: int
) -> dict[str, Any]:
    """All figures with intervals by patient.

    ``area`` is the energy that a constant heatmap would have.

    Args:
        threshold: for IoU and Dice; None leaves them out.
    """
    names = ["inside", "near", "energy", "area", *(() if threshold is None else ("iou", "dice"))]
    patients = [image.sample.patient_id for image in images]
    rows = [_image_figures(image, threshold) for image in images]
    return {
        "images": len(images),
        "tolerance_px": TOLERANCE,
        "threshold": threshold,
        **mean_intervals(rows, patients, resamples, names),
    }


def _image_figures(image: HeatmapWithTruth, threshold: float | None) -> dict[str, float]:
    inside, near = peak_hits(image.heatmap, image.mask)
    figures = {
        "inside": float(inside),
        "near": float(near),
        "energy": energy_inside(image.heatmap, image.mask),
        "area": float((image.mask & image.valid_mask).sum() / max(1, image.valid_mask.sum())),
    }
    if threshold is not None:
        figures["iou"], figures["dice"] = overlap(image.heatmap, image.mask, threshold)
    return figures


def localisation(
    predictor: Predictor,
    samples: Sequence[Sample],
    validation: Sequence[Sample],
    count: int,
    method: HeatmapMethod,
    *,
    resamples: int = 1000,
) -> dict[str, Any]:
    """Score the heatmaps of ``count`` images; IoU and Dice at a threshold chosen on validation.

    Without a validation image that has a truth, IoU and Dice are left out.

    Raises:
        ReadableError: no image of the split has a box or a mask.
    """
    if not any(s.boxes or s.mask is not None for s in samples):
        raise ReadableError(
            "No image of this split has a box or a mask, so localisation cannot be scored. "
            "Leave --localisation out, or choose another split."
        )
    tuning = list(heatmaps_with_truth(predictor, validation, count, method))
    images = list(heatmaps_with_truth(predictor, samples, count, method))
    return {
        "method": method.name,
        "tier": method.tier,
        "validation_images": len(tuning),
        **figures(images, best_threshold(tuning), resamples=resamples),
    }
