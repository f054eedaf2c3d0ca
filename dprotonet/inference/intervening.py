"""Interventions: what a model says of an image of which a part is hidden, or without prototypes.

The network that predicts gives the answer, one image alone as it predicts, so that hiding nothing
gives the prediction itself to the last digit. What hidden pixels show is a fill of those that
heatmaps are searched with (:mod:`dprotonet.explain.masking.fills`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dprotonet.errors import WrongRequest
from dprotonet.explain.image import body_on_grid
from dprotonet.explain.masking.fills import make_fill
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.decision import DecisionRule
from dprotonet.inference.intervention import (
    WHOLE,
    Contributions,
    Control,
    Intervention,
    InterventionResult,
    Region,
    checked,
    logits_without,
    result_of,
    with_region,
)
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.predictor import Predictor
from dprotonet.inference.random_regions import random_regions
from dprotonet.inference.site_settings import SiteSettings
from dprotonet.modeling.geometry import Placement

DRAWS = 8
"""Random regions behind a control."""


@dataclass(frozen=True, eq=False)
class Subject:
    """An image as a network sees it: all that interventions need of it.

    Attributes:
        x: ``(3, S, S)`` normalised.
        placement: of the image on it.
        body: ``(S, S)`` bool; None where none can be separated.
    """

    x: Tensor
    placement: Placement
    body: np.ndarray | None

    @classmethod
    def of(cls, predictor: Predictor, image: GrayOrColourImage) -> Subject:
        """The image on the grid of a predictor's network."""
        preprocessing = predictor.bundle.preprocessing
        x, placement = preprocessing(image)
        return cls(x, placement, body_on_grid(preprocessing, image))


def intervene(
    predictor: Predictor,
    image: GrayOrColourImage,
    intervention: Intervention,
    *,
    site: SiteSettings | None = None,
    seed: int = 0,
) -> InterventionResult:
    """What the model says of an image after an intervention.

    Args:
        predictor: the loaded bundle.
        image: as :func:`~dprotonet.images.reader.read_image` gives it.
        intervention: what is changed.
        site: settings instead of the bundle's calibration and threshold; None for those of the
            predictor.
        seed: of the random regions and of a fill of noise.

    Raises:
        WrongRequest: the model makes no call on the image; there is no such prototype; the region
            covers no pixel of the network's; or the settings were fitted for another bundle.
    """
    before = predictor.predict(image, site=site)
    subject = Subject.of(predictor, image)
    return intervene_on(predictor, subject, before, intervention, site=site, seed=seed)


def intervene_on(
    predictor: Predictor,
    subject: Subject,
    before: Prediction,
    intervention: Intervention,
    *,
    site: SiteSettings | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> InterventionResult:
    """The same of an image that is prepared, and whose prediction is known.

    Args:
        predictor: the loaded bundle.
        subject: the image.
        before: its prediction by this predictor, under the same settings.
        intervention: as for :func:`intervene`.
        site: as for :func:`intervene`.
        seed: as for :func:`intervene`.
        draws: random regions behind the control.

    Raises:
        WrongRequest: as :func:`intervene`.
    """
    off, region = frozenset(intervention.off), intervention.region
    checked(before, off)
    rule = DecisionRule.of(predictor.bundle, site or predictor.site)
    if region is None:
        whole = predictor.pass_of(subject.x)
        own = _named(predictor, whole.contributions, whole.logits)
        return result_of(before, own, rule, off=off)
    generator = torch.Generator().manual_seed(seed)
    valid_mask = subject.placement.valid_mask()
    fill = make_fill(region.fill, subject.x, valid_mask, generator=generator)
    mask = region_on_grid(region.mask, subject.placement)
    one = predictor.pass_of(_masked(subject.x, mask, fill, region))
    result = result_of(before, _named(predictor, one.contributions, one.logits), rule, off=off)
    places = random_regions(
        mask.numpy(), draws, valid_mask=valid_mask.numpy(), body=subject.body, seed=seed
    )
    images = [_masked(subject.x, torch.from_numpy(m), fill, region) for m in places.masks]
    probabilities = [
        rule.probabilities(logits_without(each, off)) for each in _many(predictor, images)
    ]
    return with_region(
        result,
        area=float(mask.sum()) / float(valid_mask.sum()),
        control=Control.of(probabilities, in_body=places.in_body),
        support=one.support,
    )


def read_in_place(
    predictor: Predictor,
    image: GrayOrColourImage,
    before: Prediction,
    others: Sequence[GrayOrColourImage] = (),
    *,
    off: Collection[str] = (),
    site: SiteSettings | None = None,
) -> InterventionResult:
    """What the model says of an image in the place of another, such as the picture of a row of
    which a value was changed.

    Args:
        predictor: the loaded bundle.
        image: in the place of the other.
        before: the prediction of the other by this predictor, under the same settings.
        others: images that make the control, as random regions do.
        off: ids of prototypes that are switched off.
        site: as for :func:`intervene`.

    Raises:
        WrongRequest: the model made no call before, or has no such prototype.
    """
    checked(before, off)
    rule = DecisionRule.of(predictor.bundle, site or predictor.site)
    x, *xs = (predictor.bundle.preprocessing(each)[0] for each in (image, *others))
    one = predictor.pass_of(x)
    result = result_of(before, _named(predictor, one.contributions, one.logits), rule, off=off)
    probabilities = [rule.probabilities(logits_without(each, off)) for each in _many(predictor, xs)]
    control = Control.of(probabilities, in_body=False)
    return with_region(result, area=None, control=control, support=one.support)


def region_on_grid(mask: np.ndarray, placement: Placement) -> Tensor:
    """A region on the network's grid, inside the image.

    Args:
        mask: bool ``(H, W)`` on the native grid, or ``(S, S)`` on the network's.
        placement: of the image.

    Returns:
        ``(S, S)`` bool; of a native grid's region the pixels that it covers at least half.

    Raises:
        ValueError: the mask is of another shape.
        WrongRequest: it covers no pixel of the network's.
    """
    tensor = torch.from_numpy(np.ascontiguousarray(mask))
    if mask.shape == (placement.network, placement.network):
        tensor = tensor & placement.valid_mask()
    elif mask.shape == placement.stored:
        tensor = placement.mask_to_network(tensor)
    else:
        raise ValueError(f"a region of {mask.shape} fits neither grid of {placement}")
    if not bool(tensor.any()):
        raise WrongRequest(
            "This region covers nothing of what the model sees of the image: it is too small or "
            "lies outside. Draw a larger one on the image."
        )
    return tensor


def _masked(x: Tensor, mask: Tensor, fill: Tensor, region: Region) -> Tensor:
    """``(3, S, S)``: the image with the region, or all but the region, replaced by the fill."""
    hidden = mask if region.action == "hide" else ~mask
    return torch.where(hidden, fill, x)


def _many(predictor: Predictor, images: list[Tensor]) -> list[Contributions]:
    """Contributions in several images, in one batch."""
    if not images:
        return []
    with torch.inference_mode():
        result = predictor.engine.run(torch.stack(images).to(predictor.device))
    contributions = predictor.contributions(result)
    logits = predictor.logits(result, contributions)
    return [_named(predictor, one, own) for one, own in zip(contributions, logits, strict=True)]


def _named(
    predictor: Predictor, contributions: Tensor, logits: tuple[float, ...]
) -> Mapping[str, Mapping[str, float]]:
    """``(K, P)`` as names to numbers; without prototypes the K logits, each as a whole."""
    bundle = predictor.bundle
    if not bundle.prototype_ids:
        return {name: {WHOLE: logit} for name, logit in zip(bundle.classes, logits, strict=True)}
    return {
        name: dict(zip(bundle.prototype_ids, row, strict=True))
        for name, row in zip(bundle.classes, contributions.tolist(), strict=True)
    }
