"""Where the masks of a bundle's prototypes peak on a split, and what moves the peaks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.modeling.labels import owned
from training.data.inputs import derived_seed
from training.data.placed_images import labels_of
from training.datasets.samples import stored_mask
from training.evaluation import prototype_metrics as figures
from training.evaluation.faithfulness import evenly_spaced, strongest
from training.evaluation.metrics import mean_interval

if TYPE_CHECKING:
    from torch import Tensor

    from dprotonet.inference.predictor import Predictor
    from dprotonet.modeling.geometry import Placement
    from training.datasets.samples import Sample

_log = logging.getLogger(__name__)
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Probe:
    """Activations of the prototypes on one image, and its truth.

    Attributes:
        peaks: ``(P, 2)`` rows and columns on the network grid.
        noisy: the same under noise.
        similarities: ``(P,)``.
        parts: named points on the network grid, visible ones only.
        mask: ``(S, S)``, of the finding; None where there is none.
        misalignment: relative change of the predicted class's strongest prototype when all outside
            of its box is another image's.
    """

    peaks: NDArray[np.int64]
    noisy: NDArray[np.int64]
    similarities: Array
    parts: dict[str, tuple[float, float]]
    mask: NDArray[np.bool_] | None
    valid_mask: NDArray[np.bool_]
    misalignment: float


def probe_prototypes(
    predictor: Predictor, samples: Sequence[Sample], count: int, *, resamples: int = 1000
) -> dict[str, Any]:
    """Figures of ``count`` images at even distances among the samples; see ``prototype_metrics``.

    ``consistency``, ``stability`` and ``purity`` need named parts, ``peak_inside`` boxes or masks:
    without them they are left out. ``peak_shift`` is how far a peak moves under the noise of
    ``stability``, in px of the network grid; ``misalignment`` a lower bound.
    """
    chosen = evenly_spaced(samples, count)
    probes = list(_probes(predictor, chosen))
    size = predictor.bundle.options.image_size
    options = predictor.bundle.options
    own = owned(
        labels_of(chosen, len(options.classes)), np.array(options.prototype_classes, dtype=np.int64)
    )
    peaks, noisy = np.stack([p.peaks for p in probes]), np.stack([p.noisy for p in probes])
    similarities, parts = np.stack([p.similarities for p in probes]), [p.parts for p in probes]
    patients = np.array([s.patient_id for s in chosen])
    shift = np.hypot(*np.moveaxis(peaks - noisy, -1, 0)).mean(axis=1)
    results: dict[str, Any] = {
        "images": len(chosen),
        "class_purity": _mean(figures.class_purity(similarities, own)),
        "peak_shift_px": mean_interval(shift, patients, resamples).to_json(),
        "misalignment": mean_interval(
            np.array([p.misalignment for p in probes]), patients, resamples
        ).to_json(),
    }
    if any(parts):
        results["consistency"] = _mean(figures.consistency(peaks, parts, own, size))
        results["stability"] = _mean(figures.stability(peaks, noisy, parts, own, size))
        results["purity"] = _mean(figures.purity(peaks, parts, similarities, size))
    masks = [p.mask for p in probes]
    if any(mask is not None for mask in masks):
        results["peak_inside"] = _mean(figures.inside_masks(peaks, masks, own))
        areas = [
            float(p.mask.sum() / max(1, p.valid_mask.sum())) for p in probes if p.mask is not None
        ]
        results["mask_area"] = round(float(np.mean(areas)), 4)
    return results


def _probes(predictor: Predictor, chosen: Sequence[Sample]) -> Iterator[_Probe]:
    """One for each sample; the sample before it in the list is shown outside of the box."""
    import torch

    bundle = predictor.bundle
    before = bundle.preprocessing(chosen[-1].load())[0] if chosen else None
    for done, sample in enumerate(chosen, 1):
        image = sample.load()
        x, placement = bundle.preprocessing(image)
        assert before is not None
        noise = torch.Generator().manual_seed(derived_seed("noise", sample.sample_id))
        noisy = x + figures.NOISE * torch.randn(x.shape, generator=noise)
        similarities, masks = _activations(predictor, torch.stack([x, noisy]))
        peaks = figures.peaks(masks, bundle.options.image_size)
        leading = bundle.prototype_ids.index(strongest(predictor.predict_tensor(x)))
        misalignment = figures.misalignment(
            partial(_activations, predictor), x[None], before[None], np.array([leading])
        )
        native = stored_mask(sample, image.shape)
        yield _Probe(
            peaks[0],
            peaks[1],
            similarities[0].double().numpy(),
            _parts(sample, placement),
            None if native is None else placement.mask_to_network(torch.from_numpy(native)).numpy(),
            placement.valid_mask().numpy(),
            float(misalignment[0]),
        )
        before = x
        _log.info("prototypes: %d of %d", done, len(chosen))


def _activations(predictor: Predictor, images: Tensor) -> tuple[Tensor, Tensor]:
    """``(N, 3, S, S)`` to similarities ``(N, P)`` and masks ``(N, P, h, w)``, on the CPU."""
    import torch

    with torch.inference_mode():
        output = predictor.model(images.to(predictor.device))
    return output.similarities.cpu(), output.masks.cpu()


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
