"""Where heatmaps lie, against boxes or masks: pointing game, energy, IoU and Dice.

Any sample with boxes or a mask can be judged. Only images whose class was named correctly count:
elsewhere there is nothing right to point at.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.errors import ReadableError
from training.evaluation.metrics import mean_interval

if TYPE_CHECKING:
    from dprotonet.inference.predictor import Predictor
    from training.datasets.samples import Sample
    from training.evaluation.heatmap_method import Drawing

_log = logging.getLogger(__name__)
TOLERANCE = 15  # px on the network grid, of the lenient count (Zhang et al. 2018, section 4.2)
THRESHOLDS = tuple(np.linspace(0.05, 0.95, 19).round(2).tolist())  # of the heatmap, in [0, 1]
Heat = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Pointed:
    """One image's heatmap on the network grid beside what it should point at.

    Attributes:
        heatmap: ``(S, S)`` in [0, 1].
        mask: ``(S, S)``, True on the finding.
        inside: ``(S, S)``, True on the image, False on its padding.
    """

    sample: Sample
    heatmap: Heat
    mask: Mask
    valid_mask: Mask


def stored_mask(sample: Sample, shape: tuple[int, int]) -> Mask | None:
    """The mask, or the boxes filled in, ``(H, W)`` on the stored grid; None where neither is."""
    if sample.mask is not None:
        return np.asarray(sample.mask(), dtype=bool)
    if not sample.boxes:
        return None
    found = np.zeros(shape, dtype=bool)
    for box in sample.boxes:
        top, left = max(0, round(box.y)), max(0, round(box.x))
        found[top : max(0, round(box.y + box.height)), left : max(0, round(box.x + box.width))] = 1
    return found


def pointed(
    predictor: Predictor,
    samples: Sequence[Sample],
    count: int,
    drawing: Drawing,
) -> Iterator[Pointed]:
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
        said = predictor.predict_tensor(x)
        shown = _shown(sample, [bundle.classes.index(name) for name in said.called], bundle.classes)
        if shown is None:
            continue
        k, sample = shown
        stored = stored_mask(sample, image.shape)
        if stored is None:
            continue
        mask = placement.mask_to_network(torch.from_numpy(stored)).numpy()
        if not mask.any():
            continue
        found = drawing.explain(
            predictor, x, placement.valid_mask(), [class_node(bundle, bundle.classes[k])]
        )[0]
        done += 1
        _log.info("localisation, %s: %d of %d", drawing.method, done, count)
        yield Pointed(sample, found.heatmap, mask, placement.valid_mask().numpy())


def _shown(
    sample: Sample, called: Sequence[int], classes: Sequence[str]
) -> tuple[int, Sample] | None:
    """The class whose heatmap is judged, and the sample with that class's boxes alone."""
    right = [k for k in sample.classes if k in called]
    if sample.labels is None:
        return (right[0], sample) if right else None
    for k in right:
        boxes = tuple(b for b in sample.boxes if b.finding.lower() == classes[k].lower())
        if boxes:
            return k, replace(sample, boxes=boxes)
    return None


def peak_hits(heatmap: Heat, mask: Mask) -> tuple[bool, bool]:
    """Whether the hottest pixel lies inside the mask, and within :data:`TOLERANCE` of it."""
    from scipy.ndimage import distance_transform_edt

    at = np.unravel_index(int(heatmap.argmax()), heatmap.shape)
    distance = distance_transform_edt(~mask)[at] if mask.any() else np.inf
    return bool(mask[at]), bool(distance <= TOLERANCE)


def energy_inside(heatmap: Heat, mask: Mask) -> float:
    """Share of the heatmap's sum inside the mask (Wang et al. 2020, Score-CAM, section 4.3)."""
    whole = float(heatmap.sum())
    return float(heatmap[mask].sum()) / whole if whole > 0 else 0.0


def overlap(heatmap: Heat, mask: Mask, threshold: float) -> tuple[float, float]:
    """IoU and Dice of the pixels at or above a threshold."""
    marked = heatmap >= threshold
    both, either = int((marked & mask).sum()), int((marked | mask).sum())
    if not either:
        return 0.0, 0.0
    return both / either, 2 * both / (int(marked.sum()) + int(mask.sum()))


def best_threshold(images: Sequence[Pointed]) -> float | None:
    """The threshold of the largest mean IoU, for validation images to choose; None without any."""
    if not images:
        return None
    means = [np.mean([overlap(f.heatmap, f.mask, t)[0] for f in images]) for t in THRESHOLDS]
    return float(THRESHOLDS[int(np.argmax(means))])


def figures(
    images: Sequence[Pointed], threshold: float | None, *, resamples: int
) -> dict[str, Any]:
    """All figures with intervals by patient; ``area`` is the energy that an even map would have."""
    patients = np.array([f.sample.patient_id for f in images])
    hits = [peak_hits(f.heatmap, f.mask) for f in images]
    values: dict[str, list[float]] = {
        "inside": [float(valid_mask) for valid_mask, _ in hits],
        "near": [float(near) for _, near in hits],
        "energy": [energy_inside(f.heatmap, f.mask) for f in images],
        "area": [float((f.mask & f.valid_mask).sum() / max(1, f.valid_mask.sum())) for f in images],
    }
    if threshold is not None:
        pairs = [overlap(f.heatmap, f.mask, threshold) for f in images]
        values["iou"] = [iou for iou, _ in pairs]
        values["dice"] = [dice for _, dice in pairs]
    return {
        "images": len(images),
        "tolerance_px": TOLERANCE,
        "threshold": threshold,
        **{
            name: mean_interval(np.array(column), patients, resamples).to_json()
            for name, column in values.items()
        },
    }


def localisation(
    predictor: Predictor,
    samples: Sequence[Sample],
    validation: Sequence[Sample],
    count: int,
    drawing: Drawing,
    *,
    resamples: int = 1000,
) -> dict[str, Any]:
    """Judge the heatmaps of ``count`` images; IoU and Dice at a threshold chosen on validation.

    Without a validation image that has a truth, IoU and Dice are left out.

    Raises:
        ReadableError: no image of the split has a box or a mask.
    """
    if not any(s.boxes or s.mask is not None for s in samples):
        raise ReadableError(
            "No image of this split has a box or a mask, so localisation cannot be judged. "
            "Leave --localisation out, or choose another split."
        )
    chosen = list(pointed(predictor, validation, count, drawing))
    images = list(pointed(predictor, samples, count, drawing))
    found = figures(images, best_threshold(chosen), resamples=resamples)
    head = {"method": drawing.method, "tier": drawing.tier}
    return {**head, "validation_images": len(chosen), **found}
