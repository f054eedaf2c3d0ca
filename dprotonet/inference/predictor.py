"""Predictions of one bundle."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import WrongRequest
from dprotonet.explain.explanation import Explanation
from dprotonet.explain.settings import TIERS
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.decision import DecisionRule, runner_up
from dprotonet.inference.engines.network_pass import Engine, NetworkPass
from dprotonet.inference.engines.onnx_engine import fastest_engine
from dprotonet.inference.engines.torch_engine import TorchEngine
from dprotonet.inference.gate import Gate
from dprotonet.inference.prediction import Prediction, PrototypeMatch, leading
from dprotonet.inference.site_settings import SiteSettings
from dprotonet.inference.support import Support
from dprotonet.modeling.classifiers.classifier import Classifier
from dprotonet.modeling.concepts.finished import ConceptModel
from dprotonet.modeling.freezing.frozen import fold
from dprotonet.modeling.model import DProtoNet
from dprotonet.names import DEFAULT_ENGINE, DEFAULT_METHOD, DEFAULT_TIER, ENGINES
from dprotonet.prototypes.own_map import OwnMap

OWN_MAPS = 12
"""Prototypes whose own maps a prediction keeps: those that speak most for or against."""


class OnePass(NamedTuple):
    """What the network gives for one image.

    Attributes:
        logits: K numbers: the sums of the contributions, or what a classifier without prototypes
            gives.
        similarities: ``(P,)``.
        contributions: ``(K, P)`` float64, what each prototype adds to each logit.
        masks: ``(P, h, w)``, on the device.
        support: what the bundle's gate says; None where the bundle has no gate.
        watched: what modules of the network that were asked for gave, ``(1, …)``, by name.
    """

    logits: tuple[float, ...]
    similarities: Tensor
    contributions: Tensor
    masks: Tensor
    support: Support | None
    watched: Mapping[str, Tensor]


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
        engine: what runs it. The engine "onnxruntime" is taken on a CPU where it is installed and
            gives what torch gives; torch runs the network otherwise, and always where heatmaps are
            made.
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
        engine: str = DEFAULT_ENGINE,
    ) -> None:
        if engine not in ENGINES:
            raise WrongRequest(f"There is no engine “{engine}”. Choose {', '.join(ENGINES)}.")
        if site is not None:
            site.check_bundle(bundle)
        self.bundle = bundle
        self.gate = gate
        self.site = site
        self.device = torch.device(device)
        self.model: DProtoNet | ConceptModel | Classifier = bundle.network.to(self.device)
        size = bundle.image_size
        blank = torch.zeros(1, 3, size, size, device=self.device)
        self.network = fold(self.model, blank, sealed=True)
        self._gate = Gate.of(bundle)
        stage = None if self._gate is None else self._gate.stage
        by_torch = TorchEngine(self.network, stage)
        self.engine: Engine = by_torch
        if engine == "onnxruntime" and self.device.type == "cpu":
            reader = self.model.mask_reader
            watch = () if reader is None else reader.stage_names
            self.engine = fastest_engine(self.network, by_torch, size, stage, watch)

    def predict(self, image: GrayOrColourImage, *, site: SiteSettings | None = None) -> Prediction:
        """What the model says about one image, shown by its default window.

        Of an image outside of the bundle's support it says no label and no probability, unless this
        predictor works without the gate.

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
        return self.predict_tensor(x, image=image, start=start, site=site)

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
            node: ``class`` (the predicted one), ``class:NAME``, ``prototype:ID``, ``vector:ID`` or
                ``concept:NAME``.
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
        self,
        x: Tensor,
        *,
        image: GrayOrColourImage | None = None,
        start: float | None = None,
        site: SiteSettings | None = None,
    ) -> Prediction:
        """The same for a network input.

        Args:
            x: ``(3, S, S)`` normalised.
            image: that it was made of; without it the gate knows no header and no colours.
            start: ``time.perf_counter()`` at which the work began.
            site: as for :meth:`predict`.
        """
        start = time.perf_counter() if start is None else start
        return self.prediction_of(self.pass_of(x, image=image), start=start, site=site)

    def pass_of(
        self, x: Tensor, *, image: GrayOrColourImage | None = None, watch: Sequence[str] = ()
    ) -> OnePass:
        """One network input through the network that predicts, alone: in a batch its values might
        be rounded otherwise.

        Args:
            x: ``(3, S, S)`` normalised.
            image: as for :meth:`predict_tensor`.
            watch: modules of the network whose outputs are wanted too: of its mask reader's stages.
        """
        with torch.inference_mode():
            result = self.engine.run(x.unsqueeze(0).to(self.device), watch)
        gate = self._gate
        support = None if gate is None else gate.support(image, result.features)
        contributions = self.contributions(result)[0]
        return OnePass(
            self.logits(result, contributions[None])[0],
            result.similarities[0].cpu(),
            contributions,
            result.masks[0],
            support,
            result.watched,
        )

    def contributions(self, result: NetworkPass) -> Tensor:
        """What each prototype adds to each logit, ``(N, K, P)`` float64 on the CPU."""
        if isinstance(self.model, Classifier):
            return torch.zeros(*result.logits.shape, 0, dtype=torch.float64)
        with torch.inference_mode():
            return self.model.contributions(result.similarities.double()).cpu()

    def logits(self, result: NetworkPass, contributions: Tensor) -> list[tuple[float, ...]]:
        """The K logits of each of N images: the sums of their contributions ``(N, K, P)``; without
        prototypes those of the network."""
        if isinstance(self.model, Classifier):
            return [tuple(row) for row in result.logits.double().cpu().tolist()]
        # fsum is exact up to one rounding: the contributions sum to the logit.
        return [tuple(map(math.fsum, rows)) for rows in contributions.tolist()]

    def prediction_of(
        self, one: OnePass, *, start: float, site: SiteSettings | None = None
    ) -> Prediction:
        """The prediction of one pass.

        Args:
            one: the pass.
            start: ``time.perf_counter()`` at which the work began.
            site: as for :meth:`predict`.
        """
        prediction = self._prediction(one, start, site or self.site)
        masks = dict(zip(self.bundle.prototype_ids, one.masks.float().cpu(), strict=True))
        prediction = with_own_maps(prediction, masks)
        return prediction.withheld() if self.gate else prediction

    def _prediction(self, one: OnePass, start: float, site: SiteSettings | None) -> Prediction:
        bundle, similarities = self.bundle, one.similarities.tolist()
        logits = dict(zip(bundle.classes, one.logits, strict=True))
        rule = DecisionRule.of(bundle, site)
        thresholds = None if rule.thresholds is None else dict(rule.thresholds)
        probabilities = rule.probabilities(logits)
        label = rule.label(probabilities)
        first = label if thresholds is None else leading(probabilities, thresholds)
        second = None if thresholds is not None else runner_up(logits, label)
        own = one.contributions[bundle.classes.index(first)].tolist()
        against = one.contributions[bundle.classes.index(second)].tolist() if second else None
        matches = [
            PrototypeMatch(
                record.id,
                record.class_name,
                similarities[i],
                own[i],
                against[i] if against else None,
                kind=record.kind,
            )
            for i, record in enumerate(bundle.prototypes)
        ]
        on = [
            s
            for record, s in zip(bundle.prototypes, similarities, strict=True)
            if record.kind == "prototype" and record.id not in bundle.off
        ]
        closest = max(on, default=0.0)
        return Prediction(
            label=label,
            probabilities=probabilities,
            logits=logits,
            threshold=rule.threshold,
            matches=tuple(sorted(matches, key=lambda match: -abs(match.contribution))),
            closest_similarity=closest,
            no_prototype_is_close=bool(on) and closest < bundle.manifest.closest_similarity_floor,
            seconds=time.perf_counter() - start,
            bundle=bundle.digest,
            thresholds=thresholds,
            support=one.support,
            runner_up=second,
            site=None if site is None else site.stamp,
        )


def with_own_maps(prediction: Prediction, masks: Mapping[str, Tensor]) -> Prediction:
    """The prediction with the own maps of the prototypes that speak most.

    Args:
        prediction: of one image.
        masks: prototype id to its ``(h, w)`` in that image.
    """
    ranked = sorted(prediction.matches, key=lambda match: -abs(match.evidence))
    shown = {match.prototype for match in ranked[:OWN_MAPS]}
    matches = tuple(
        replace(match, own_map=OwnMap.of(masks[match.prototype].numpy()))
        if match.prototype in shown
        else match
        for match in prediction.matches
    )
    return replace(prediction, matches=matches)
