"""Predictions of one bundle."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

import torch
from torch import Tensor

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import WrongRequest
from dprotonet.explain.explanation import Explanation
from dprotonet.explain.settings import TIERS
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.prediction import Prediction, PrototypeMatch, decide, leading
from dprotonet.inference.site_settings import SiteSettings
from dprotonet.modeling.freezing.frozen import fold
from dprotonet.modeling.model import DProtoNet
from dprotonet.names import DEFAULT_METHOD, DEFAULT_TIER


class Predictor:
    """Predicts with one bundle.

    Attributes:
        bundle: the model on disk.
        model: its network on the device, as it was trained. Heatmaps are computed for it, with
            the frozen network that predictions come from.
        device: where it runs.
        gate: whether an image outside of the bundle's support gets no label. False scores every
            image, for measurements: the support is still said.
        network: the folded form of that frozen network. Its weights are not checked again, so
            ``model`` is not to be changed.
        site: a site's own calibration and threshold, used instead of the bundle's for all
            predictions; None for the bundle's own. Heatmaps keep the bundle's calibration.
    """

    def __init__(
        self,
        bundle: Bundle,
        device: torch.device | str = "cpu",
        *,
        gate: bool = True,
        site: SiteSettings | None = None,
    ) -> None:
        if site is not None:
            site.check_bundle(bundle)
        self.bundle = bundle
        self.gate = gate
        self.site = site
        self.device = torch.device(device)
        self.model: DProtoNet = bundle.model.to(self.device)
        size = bundle.options.image_size
        blank = torch.zeros(1, 3, size, size, device=self.device)
        self.network = fold(self.model, blank, sealed=True)

    def predict(self, image: GrayOrColourImage, *, site: SiteSettings | None = None) -> Prediction:
        """What the model says about one image, shown by its default window.

        The same image gives the same prediction, alone or among others.

        Args:
            image: as :func:`~dprotonet.images.reader.read_image` gives it.
            site: settings for this prediction alone; None for those of the predictor.

        Raises:
            WrongRequest: the settings were fitted for another bundle.
        """
        start = time.perf_counter()
        if site is not None:
            site.check_bundle(self.bundle)
        x, _ = self.bundle.preprocessing(image)
        return self.predict_tensor(x, start=start, site=site)

    def predict_many(self, images: Iterable[GrayOrColourImage]) -> Iterator[Prediction]:
        """One prediction for each image, in order, holding one image at a time.

        Images pass one by one: convolutions may round differently in a batch, and on a CPU a batch
        gains little.
        """
        for image in images:
            yield self.predict(image)

    def explain(
        self,
        image: GrayOrColourImage,
        node: str = "class",
        *,
        method: str = DEFAULT_METHOD,
        tier: str = DEFAULT_TIER,
        seed: int = 0,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Explanation:
        """Which parts of an image one node of the model rests on.

        Args:
            image: as :func:`~dprotonet.images.reader.read_image` gives it.
            node: ``class`` (the predicted one), ``class:NAME``, ``prototype:ID`` or ``vector:ID``.
            method: a name out of :data:`dprotonet.names.METHODS`.
            tier: how much work is done, a name out of :data:`dprotonet.names.TIERS`.
            seed: of all that is drawn at random.
            progress: called with the fraction done, rising to 1.
            cancelled: asked before every batch of passes.

        Raises:
            WrongRequest: no such method, tier or node, or the network lacks what the method needs.
            Cancelled: ``cancelled`` returned True.
        """
        from dprotonet.explain.image import explain_image

        if tier not in TIERS:
            raise WrongRequest(f"There is no tier “{tier}”. Choose {', '.join(TIERS)}.")
        (explanation,) = explain_image(
            self,
            image,
            [node],
            method=method,
            settings=TIERS[tier],
            seed=seed,
            progress=progress,
            cancelled=cancelled,
        )
        return explanation

    def predict_tensor(
        self, x: Tensor, *, start: float | None = None, site: SiteSettings | None = None
    ) -> Prediction:
        """The same for a network input.

        Args:
            x: ``(3, S, S)`` normalised.
            start: ``time.perf_counter()`` at which the work began.
            site: as for :meth:`predict`.
        """
        start = time.perf_counter() if start is None else start
        with torch.inference_mode():
            similarities = self.network.run(x.unsqueeze(0).to(self.device)).similarities  # type: ignore[attr-defined]
            contributions = self.model.contributions(similarities.double())[0].cpu()
        return self._prediction(
            similarities[0].cpu().tolist(), contributions, start, site or self.site
        )

    def _prediction(
        self,
        similarities: list[float],
        contributions: Tensor,
        start: float,
        site: SiteSettings | None,
    ) -> Prediction:
        """``similarities``: P; ``contributions``: ``(K, P)`` in float64."""
        bundle = self.bundle
        # fsum is exact up to one rounding: the contributions sum to the logit.
        logits = dict(zip(bundle.classes, map(math.fsum, contributions.tolist()), strict=True))
        use = bundle if site is None else site
        threshold = use.threshold
        thresholds = None if use.thresholds is None else dict(use.thresholds)
        if thresholds is None:
            probabilities = calibrated(logits, use.temperature, use.offsets)
        else:
            offsets = use.offsets or {}
            probabilities = {
                name: _sigmoid(value / use.temperature + offsets[name])
                for name, value in logits.items()
            }
        label = decide(
            probabilities,
            negative_class=bundle.negative_class,
            threshold=threshold,
            thresholds=thresholds,
        )
        first = label if thresholds is None else leading(probabilities, thresholds)
        own = contributions[bundle.classes.index(first)].tolist()
        matches = [
            PrototypeMatch(record.id, record.class_name, similarity, contribution)
            for record, similarity, contribution in zip(
                bundle.prototypes, similarities, own, strict=True
            )
        ]
        closest = max(similarities)
        return Prediction(
            label=label,
            probabilities=probabilities,
            logits=logits,
            threshold=threshold,
            matches=tuple(sorted(matches, key=lambda match: -abs(match.contribution))),
            closest_similarity=closest,
            no_prototype_is_close=closest < bundle.manifest.closest_similarity_floor,
            seconds=time.perf_counter() - start,
            bundle=bundle.digest,
            thresholds=thresholds,
            site=None if site is None else site.stamp,
        )


def calibrated(
    logits: Mapping[str, float],
    temperature: float,
    offsets: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """softmax(logits / temperature + offsets), summing to 1."""
    if offsets is not None:
        logits = {name: value + temperature * offsets[name] for name, value in logits.items()}
    most = max(logits.values())
    odds = {name: math.exp((value - most) / temperature) for name, value in logits.items()}
    total = math.fsum(odds.values())
    return {name: value / total for name, value in odds.items()}


def _sigmoid(value: float) -> float:
    """1 / (1 + exp(-value)), without overflow."""
    if value >= 0:
        return 1.0 / (1.0 + math.exp(-value))
    odds = math.exp(value)
    return odds / (1.0 + odds)
