"""Is one prototype the marker? Its nearest images, and what is right once it is switched off.

The images are phantoms whose marker (the token of a shortcut) is known and can be left out of the
drawing. Letters: N images, P prototypes, K classes, S the network's side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from dprotonet.prototypes.nearest_patches import nearest_images
from training.evaluation.metrics import mean_interval
from training.evaluation.prototypes.nearest import TOP
from training.evaluation.prototypes.own_maps import activations, peaks

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage
    from dprotonet.inference.predictor import Predictor
    from dprotonet.modeling.model import DProtoNet
    from training.datasets.phantom.dataset import PhantomSample

NEAR = 20 / 224  # of S: a peak this near to the marker lies on it
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MarkerImages:
    """What a network's prototypes show on some images.

    Attributes:
        similarities: ``(N, P)``.
        distances: ``(N, P)`` px from the peak of the own map to the marker; inf without a marker.
        without: ``(N, P)`` similarities of the same images drawn without their marker.
        labels: ``(N,)`` class indices.
        patients: ``(N,)``.
        reference: ``(N,)`` class that another network calls without the marker; None without one.
    """

    similarities: Array
    distances: Array
    without: Array
    labels: NDArray[np.int64]
    patients: NDArray[Any]
    reference: NDArray[np.int64] | None = None


def marker_images(
    predictor: Predictor, samples: Sequence[PhantomSample], reference: Predictor | None = None
) -> MarkerImages:
    """Pass the images as they are, and drawn without the marker where they have one.

    Args:
        reference: of a network that was trained without the shortcut, with the same classes.
    """
    similarities, distances, without, others = [], [], [], []
    for sample in samples:
        image = sample.load()
        values, masks, token = _looked_at(predictor, sample, image)
        similarities.append(values)
        distances.append(_distances(masks, token))
        if sample.facts.shortcut_token:
            image = _drawn_without(sample)
            values = _looked_at(predictor, None, image)[0]
        without.append(values)
        if reference is not None:
            others.append(_most_probable(reference, image))
    return MarkerImages(
        np.stack(similarities),
        np.stack(distances),
        np.stack(without),
        np.array([s.label for s in samples]),
        np.array([s.patient_id for s in samples]),
        np.array(others) if reference is not None else None,
    )


def marker_shares(similarities: Array, distances: Array, near: float, k: int = TOP) -> Array:
    """For each prototype the fraction of its k nearest images in which it peaks on the marker.

    Args:
        similarities: ``(N, P)``.
        distances: ``(N, P)`` px from the peak to the marker.
        near: px within which a peak lies on the marker.

    Returns:
        ``(P,)``.
    """
    tops = [nearest_images(similarities, p, k) for p in range(similarities.shape[1])]
    return np.array([float((distances[top, p] <= near).mean()) for p, top in enumerate(tops)])


def marker_figures(
    model: DProtoNet,
    images: MarkerImages,
    finding: int,
    *,
    refit: Callable[[str], Array | None] | None = None,
    resamples: int = 1000,
) -> dict[str, Any]:
    """Which prototype is the marker, and what is called rightly on images without one.

    A call is the most probable class: thresholds were chosen with all prototypes. ``switched_off``
    sets the weights of the prototype to zero and leaves all others, ``refitted`` has others.

    Args:
        model: the network.
        finding: class index that the marker goes with; ``found`` is its sensitivity.
        refit: from the prototype's id to a last layer ``(K, P)`` that was fitted without it, or to
            None where there is none; None leaves it out.
    """
    near = NEAR * model.options.image_size
    shares = marker_shares(images.similarities, images.distances, near)
    best = int(shares.argmax())
    weight = _numbers(model.head.weight)
    calls = {
        "all_prototypes": _calls(images.without, weight),
        "switched_off": _calls(images.without, switched_off(weight, best)),
    }
    refitted = None if refit is None else refit(model.prototype_ids[best])
    if refitted is not None:
        calls["refitted"] = _calls(images.without, refitted)
    if images.reference is not None:
        calls["reference"] = images.reference
    right = {name: (called == images.labels).astype(float) for name, called in calls.items()}
    own = images.labels == finding

    def mean(values: Array, rows: NDArray[np.bool_] | slice = slice(None)) -> dict[str, Any]:
        return mean_interval(values[rows], images.patients[rows], resamples).to_json()

    last = right.get("refitted", right["switched_off"])
    differences = {"gain": mean(last - right["all_prototypes"])}
    if "reference" in right:
        differences["gap_to_reference"] = mean(right["reference"] - last)
    return {
        "images": len(images.labels),
        "with_marker": int(np.isfinite(images.distances[:, 0]).sum()),
        "nearest": min(TOP, len(images.labels)),
        "within_px": round(near, 1),
        "prototype": model.prototype_ids[best],
        "class": model.options.classes[model.options.prototype_classes[best]],
        "share": round(float(shares[best]), 4),
        "shares": dict(zip(model.prototype_ids, shares.round(4).tolist(), strict=True)),
        "accuracy_without_marker": {name: mean(values) for name, values in right.items()},
        "found_without_marker": {name: mean(values, own) for name, values in right.items()},
        **differences,
    }


def switched_off(weight: Array, prototype: int) -> Array:
    """Last-layer weights ``(K, P)`` without a prototype's."""
    changed = weight.copy()
    changed[:, prototype] = 0.0
    return changed


def _looked_at(
    predictor: Predictor, sample: PhantomSample | None, image: GrayOrColourImage
) -> tuple[Array, torch.Tensor, NDArray[np.bool_] | None]:
    """Similarities ``(P,)``, masks ``(1, P, h, w)``, and the sample's marker ``(S, S)``."""
    x, placement = predictor.bundle.preprocessing(image)
    similarities, masks = activations(predictor, x[None])
    token = None
    if sample is not None and sample.facts.shortcut_token:
        native = torch.from_numpy(sample.image().masks["token"])
        token = placement.mask_to_network(native).numpy()
    return similarities[0].double().numpy(), masks, token


def _distances(masks: torch.Tensor, token: NDArray[np.bool_] | None) -> Array:
    """``(P,)`` px from each peak to the marker."""
    from scipy.ndimage import distance_transform_edt

    if token is None or not token.any():
        return np.full(masks.shape[1], np.inf)
    rows, columns = np.moveaxis(peaks(masks, len(token))[0], -1, 0)
    return np.asarray(distance_transform_edt(~token)[rows, columns])


def _drawn_without(sample: PhantomSample) -> GrayOrColourImage:
    from training.datasets.phantom.dataset import as_image
    from training.datasets.phantom.generator import render

    return as_image(render(replace(sample.facts, shortcut_token=False)))


def _most_probable(predictor: Predictor, image: GrayOrColourImage) -> int:
    probabilities = predictor.predict(image).probabilities
    return int(np.argmax([probabilities[name] for name in predictor.bundle.classes]))


def _calls(similarities: Array, weight: Array) -> NDArray[np.int64]:
    """``(N,)``; the scale of the logits and their temperature change no order."""
    return np.asarray((similarities @ weight.T).argmax(axis=1))


def _numbers(weight: torch.Tensor) -> Array:
    return np.asarray(weight.detach().cpu().double().numpy())
