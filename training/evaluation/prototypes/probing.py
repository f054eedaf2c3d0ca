"""What a bundle's prototypes show on a split: where their own maps peak, and what moves them."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.modeling.labels import owned
from training.data.inputs import derived_seed
from training.data.placed_images import labels_of
from training.evaluation import localisation
from training.evaluation.faithfulness import evenly_spaced, strongest
from training.evaluation.metrics import Interval, mean_interval
from training.evaluation.prototypes import parts as of_parts
from training.evaluation.prototypes import perturbation
from training.evaluation.prototypes.nearest import class_purity
from training.evaluation.prototypes.own_maps import OwnMaps, activations, peaks

if TYPE_CHECKING:
    from torch import Tensor

    from dprotonet.inference.predictor import Predictor
    from dprotonet.modeling.geometry import Placement
    from training.datasets.samples import Sample
    from training.evaluation.localisation import HeatmapWithTruth

_log = logging.getLogger(__name__)
Array = NDArray[np.float64]
PER_IMAGE = ("misalignment", "focused_change", "dual_change", "shown_area")
_RECENT = 4  # images kept as candidates for what is shown instead


@dataclass(frozen=True, eq=False)
class _Probe:
    """Activations of the prototypes on one image, and its truth.

    Attributes:
        peaks: ``(P, 2)`` rows and columns on the network grid.
        noisy: the same under noise.
        similarities: ``(P,)``.
        parts: named points on the network grid, visible ones only.
        mask: ``(S, S)``, of the finding; None where there is none.
        strongest: figures of the predicted class's strongest prototype, by :data:`PER_IMAGE`.
    """

    peaks: NDArray[np.int64]
    noisy: NDArray[np.int64]
    similarities: Array
    parts: dict[str, tuple[float, float]]
    mask: NDArray[np.bool_] | None
    valid_mask: NDArray[np.bool_]
    strongest: dict[str, float]


def probe_prototypes(
    predictor: Predictor, samples: Sequence[Sample], count: int, *, resamples: int = 1000
) -> dict[str, Any]:
    """Figures of ``count`` images at even distances among the samples.

    ``stability`` is of named parts where images have them, else of the peak alone
    (``stability_of`` says which); ``consistency`` and ``purity`` need named parts, ``peak_inside``
    and ``own_map`` boxes or masks: without them they are left out. ``peak_shift_px`` is how far a
    peak moves under the noise of ``stability``, in px of the network grid; ``misalignment`` a lower
    bound. What is replaced shows another image, of another class where one of the neighbours is.
    """
    chosen = evenly_spaced(samples, count)
    probes = list(_probes(predictor, chosen))
    options = predictor.bundle.options
    size = options.image_size
    own = owned(
        labels_of(chosen, len(options.classes)), np.array(options.prototype_classes, dtype=np.int64)
    )
    centres, noisy = np.stack([p.peaks for p in probes]), np.stack([p.noisy for p in probes])
    similarities, parts = np.stack([p.similarities for p in probes]), [p.parts for p in probes]
    patients = np.array([s.patient_id for s in chosen])

    def mean(values: Array) -> Interval:
        return mean_interval(values, patients, resamples)

    columns = {name: np.array([p.strongest[name] for p in probes]) for name in PER_IMAGE}
    focused, dual = columns["focused_change"], columns["dual_change"]
    falls_more = np.where(np.isnan(focused), np.nan, focused < dual)
    results: dict[str, Any] = {
        "images": len(chosen),
        "class_purity": _mean(class_purity(similarities, own)),
        "peak_shift_px": mean(
            np.hypot(*np.moveaxis(centres - noisy, -1, 0)).mean(axis=1)
        ).to_json(),
        **{name: mean(values).to_json() for name, values in columns.items()},
        "focused_falls_more": mean(falls_more).to_json(),
        "stability": _mean(perturbation.peak_stability(centres, noisy, own, size)),
        "stability_of": "the peak in its own box",
    }
    if any(parts):
        results["consistency"] = _mean(of_parts.consistency(centres, parts, own, size))
        results["stability"] = _mean(of_parts.stability(centres, noisy, parts, own, size))
        results["stability_of"] = "the named parts in the box"
        results["purity"] = _mean(of_parts.purity(centres, parts, similarities, size))
    masks = [p.mask for p in probes]
    if any(mask is not None for mask in masks):
        results["peak_inside"] = _mean(of_parts.inside_masks(centres, masks, own))
        areas = [
            float(p.mask.sum() / max(1, p.valid_mask.sum())) for p in probes if p.mask is not None
        ]
        results["mask_area"] = round(float(np.mean(areas)), 4)
    maps = list(localisation.heatmaps_with_truth(predictor, samples, count, OwnMaps()))
    return results | ({"own_map": own_map_figures(maps, resamples=resamples)} if maps else {})


def own_map_figures(maps: Sequence[HeatmapWithTruth], *, resamples: int) -> dict[str, Any]:
    """Pointing and energy of own maps, and under ``centre`` those of a centred Gaussian.

    Args:
        maps: of the right class's strongest prototype, where that class was called.
    """
    centres = [replace(one, heatmap=_centre(one)) for one in maps]
    return {
        "of": "the right class's strongest prototype, where the class was called",
        **localisation.figures(maps, None, resamples=resamples),
        "centre": localisation.figures(centres, None, resamples=resamples),
    }


def _centre(one: HeatmapWithTruth) -> NDArray[np.float32]:
    import torch

    from dprotonet.explain.masking.masks import centred

    valid_mask = torch.from_numpy(one.valid_mask)
    return np.asarray((centred(len(valid_mask), valid_mask) * valid_mask).numpy())


def _probes(predictor: Predictor, chosen: Sequence[Sample]) -> Iterator[_Probe]:
    import torch

    bundle, others = predictor.bundle, _Others(predictor, chosen)
    for done, sample in enumerate(chosen, 1):
        image = sample.load()
        x, placement = bundle.preprocessing(image)
        noisy = perturbation.with_noise(x, derived_seed("noise", sample.sample_id))
        similarities, masks = activations(predictor, torch.stack([x, noisy]))
        places = peaks(masks, bundle.image_size)
        native = localisation.stored_mask(sample, image.shape)
        yield _Probe(
            places[0],
            places[1],
            similarities[0].double().numpy(),
            _parts(sample, placement),
            None if native is None else placement.mask_to_network(torch.from_numpy(native)).numpy(),
            placement.valid_mask().numpy(),
            _strongest(predictor, x, others.of(sample)),
        )
        others.add(sample, x)
        _log.info("prototypes: %d of %d", done, len(chosen))


def _strongest(predictor: Predictor, x: Tensor, other: Tensor) -> dict[str, float]:
    """The figures :data:`PER_IMAGE` of the predicted class's strongest prototype."""
    ids = predictor.bundle.prototype_ids
    prototype = np.array([ids.index(strongest(predictor.predict_tensor(x)))])
    look, images, others = partial(activations, predictor), x[None], other[None]
    values = (
        perturbation.misalignment(look, images, others, prototype),
        *perturbation.focused_and_dual(look, images, others, prototype),
    )
    return {name: float(value[0]) for name, value in zip(PER_IMAGE, values, strict=True)}


class _Others:
    """What is shown in the place of an image: a neighbour in the list, of another class if it can
    be. A few are held, whatever the number of images.

    Args:
        chosen: the images that will be asked for, in their order.
    """

    def __init__(self, predictor: Predictor, chosen: Sequence[Sample]) -> None:
        self._recent: deque[tuple[frozenset[int], Tensor]] = deque(maxlen=_RECENT)
        last = chosen[-1:]
        different = [s for s in chosen if last and not set(s.classes) & set(last[0].classes)]
        self._first = [
            (frozenset(s.classes), predictor.bundle.preprocessing(s.load())[0])
            for s in (*last, *different[-1:])
        ]

    def add(self, sample: Sample, x: Tensor) -> None:
        """The input of the image that was asked for last."""
        self._recent.appendleft((frozenset(sample.classes), x))

    def of(self, sample: Sample) -> Tensor:
        """``(3, S, S)``, the nearest image that shares no class, else the nearest."""
        held = [*self._recent, *self._first]
        own = frozenset(sample.classes)
        return next((x for classes, x in held if not classes & own), held[0][1])


def _parts(sample: Sample, placement: Placement) -> dict[str, tuple[float, float]]:
    """Named points as (row, column) on the network grid."""
    placed = {}
    for part in sample.parts:
        column, row, _, _ = placement.box_to_network((part.x, part.y, part.x, part.y))
        placed[part.name] = (row, column)
    return placed


def _mean(values: Array) -> dict[str, float | int | None]:
    """Mean over the prototypes that have a value, and how many have."""
    known = values[~np.isnan(values)]
    mean = round(float(known.mean()), 4) if len(known) else None
    return {"value": mean, "prototypes": len(known)}
