"""The one part of the application that runs models: bundles, kept loaded while they are used.

Only the worker makes a pool; torch is imported when the first model is loaded.
"""

from __future__ import annotations

import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.domain.explanations import USUAL, Tier
from app.domain.interventions.changes import Change
from app.services.adapters.bundle_registry import Registry
from app.services.inference.frames import NewMaps
from app.services.interventions.shapes import region_mask
from dprotonet.explain.explanation import Agreement, Explanation
from dprotonet.explain.settings import TIERS
from dprotonet.inference.intervention import InterventionResult
from dprotonet.inference.prediction import Prediction
from dprotonet.names import DEFAULT_ENGINE

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage
    from dprotonet.inference.intervening import Subject
    from dprotonet.inference.predictor import Predictor
    from dprotonet.inference.site_settings import SiteSettings

log = logging.getLogger(__name__)
MOST_MODELS = 2  # kept loaded; a third replaces the least recently used
MOST_SUBJECTS = 4  # images of 0.6 MB that readers try something on, on the networks' grids


class PredictorPool:
    """Loads bundles by digest, predicts and explains with them."""

    def __init__(
        self, models: Registry, *, device: str = "cpu", engine: str = DEFAULT_ENGINE
    ) -> None:
        self._models = models
        self._device, self._engine = device, engine
        self._loaded: OrderedDict[str, Predictor] = OrderedDict()
        self._subjects: OrderedDict[tuple[str, str], Subject] = OrderedDict()
        self.last_try = -math.inf
        """When a change was answered last, as ``time.monotonic()`` counts."""

    def load(self, model: str) -> None:
        """Load a bundle before it is needed, with the frozen copies that heatmaps are made on."""
        predictor = self._predictor(model)
        import torch

        from dprotonet.modeling.freezing.frozen import freeze

        size = predictor.bundle.preprocessing.size
        blank = torch.zeros(1, 3, size, size, device=self._device)
        freeze(predictor.model, blank, TIERS[USUAL].precision)

    def predict(
        self, model: str, image: GrayOrColourImage, *, site: SiteSettings | None = None
    ) -> Prediction:
        """What the bundle says of an image, under a site's settings if given.

        Raises:
            ReadableError: the bundle is gone, altered or stale, or the settings are not for it.
        """
        return self._predictor(model).predict(image, site=site)

    def predict_with_maps(
        self, model: str, image: GrayOrColourImage, *, site: SiteSettings | None = None
    ) -> tuple[Prediction, NewMaps]:
        """The same with what the bundle's mask reader marks in the same pass.

        Raises:
            ReadableError: as ``predict``, or the bundle has no mask reader.
        """
        from dprotonet.explain.image import body_on_grid
        from dprotonet.inference.instant import predict_with_maps

        predictor = self._predictor(model)
        prediction, drawn = predict_with_maps(predictor, image, site=site)
        maps = drawn.kept()

        def outside() -> tuple[float, ...]:
            body = body_on_grid(predictor.bundle.preprocessing, image)
            return () if body is None else maps.outside(body)

        return prediction, NewMaps(maps, outside)

    def intervene(
        self,
        model: str,
        image: Callable[[], GrayOrColourImage],
        *,
        image_key: str,
        before: Prediction,
        change: Change,
        site: SiteSettings | None,
    ) -> InterventionResult:
        """What the bundle says of an image under a change.

        Args:
            model: digest of the bundle.
            image: reads it; not called while it is at hand from an earlier try.
            image_key: names the image.
            before: its prediction by this bundle, under the same settings.
            change: with a region.
            site: settings of a site; None for the bundle's own.

        Raises:
            ReadableError: as ``predict``; WrongRequest: the region covers nothing of the image.
        """
        from dprotonet.inference.intervening import Subject, intervene_on
        from dprotonet.inference.intervention import Intervention, Region

        predictor = self._predictor(model)
        subject = self._subjects.get((model, image_key))
        if subject is None:
            subject = Subject.of(predictor, image())
            while len(self._subjects) >= MOST_SUBJECTS:
                self._subjects.popitem(last=False)
            self._subjects[model, image_key] = subject
        self._subjects.move_to_end((model, image_key))
        region, drawn = None, change.region
        if drawn is not None:
            mask = region_mask(drawn.marks, subject.placement)
            region = Region(mask, drawn.action, drawn.fill)
        intervention = Intervention(change.off, region)
        result = intervene_on(predictor, subject, before, intervention, site=site)
        self.last_try = time.monotonic()
        return result

    def read_changed(
        self,
        model: str,
        image: GrayOrColourImage,
        others: Sequence[GrayOrColourImage],
        *,
        before: Prediction,
        off: Sequence[str],
        site: SiteSettings | None,
    ) -> InterventionResult:
        """What the bundle says of the picture of a row with other values.

        Args:
            model: digest of the bundle.
            image: the picture.
            others: of the row with other changes, which make the control.
            before: the prediction of the row as it is, under the same settings.
            off: ids of the prototypes that are switched off.
            site: settings of a site; None for the bundle's own.

        Raises:
            ReadableError: as ``predict``; WrongRequest: there is no such prototype.
        """
        from dprotonet.inference.intervening import read_in_place

        predictor = self._predictor(model)
        result = read_in_place(predictor, image, before, others, off=off, site=site)
        self.last_try = time.monotonic()
        return result

    def explain(
        self,
        model: str,
        image: GrayOrColourImage,
        node: str,
        *,
        tier: Tier,
        seed: int,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> Explanation:
        """One node's heatmap on the network grid.

        Raises:
            ReadableError: as ``predict``; WrongRequest: the node is not in the bundle.
            Cancelled: ``cancelled`` said yes.
        """
        return self._predictor(model).explain(
            image, node, tier=tier, seed=seed, progress=progress, cancelled=cancelled
        )

    def agree(
        self,
        model: str,
        image: GrayOrColourImage,
        node: str,
        heatmap: np.ndarray,
        *,
        tier: Tier,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> Agreement:
        """How far a heatmap of this tier, ``(S, S)`` on the network grid, marks the same when it is
        made again.

        Raises:
            ReadableError, Cancelled: as ``explain``.
        """
        from dprotonet.explain.image import agreement_on_image

        return agreement_on_image(
            self._predictor(model),
            image,
            node,
            heatmap,
            settings=TIERS[tier],
            progress=progress,
            cancelled=cancelled,
        )

    def _predictor(self, model: str) -> Predictor:
        known = self._loaded.get(model)
        if known is not None:
            self._loaded.move_to_end(model)
            return known
        from dprotonet.bundle.bundle import Bundle
        from dprotonet.inference.predictor import Predictor

        started = time.monotonic()
        while len(self._loaded) >= MOST_MODELS:
            self._loaded.popitem(last=False)
        bundle = Bundle.load(self._models.get(model).path)
        predictor = Predictor(bundle, self._device, engine=self._engine)
        self._loaded[model] = predictor
        took = time.monotonic() - started
        log.info("model %s loaded in %.1f s, by %s", model[:8], took, predictor.engine.name)
        return predictor
