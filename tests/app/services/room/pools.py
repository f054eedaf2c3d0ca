"""Models of the fake pool that say more, or otherwise."""

from __future__ import annotations

from dataclasses import replace

from app.domain.explanations import Tier
from dprotonet.explain.explanation import Explanation
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.prediction import Prediction, decide
from dprotonet.inference.site_settings import SiteSettings
from tests.app.services.workplaces import FakePool


class FullPool(FakePool):
    """The fake pool with every figure of faithfulness that the library measures."""

    def __init__(self) -> None:
        super().__init__()
        self.measured: dict[Tier, dict[str, object]] = {}
        """Figures that differ, by tier."""
        self.peaks: dict[Tier, tuple[float, float]] = {}
        self.outside_body: float | None = None

    def explain(self, *args: object, **named: object) -> Explanation:
        explanation = super().explain(*args, **named)  # type: ignore[arg-type]
        tier = self.tiers[-1]
        return replace(
            explanation,
            faithfulness=replace(explanation.faithfulness, **self.measured.get(tier, {})),  # type: ignore[arg-type]
            peak=self.peaks.get(tier),
            outside_body=self.outside_body,
        )


class MultiLabelPool(FakePool):
    """A multi-label model: both classes are called above 50 %."""

    def predict(
        self, model: str, image: GrayOrColourImage, *, site: SiteSettings | None = None
    ) -> Prediction:
        probability = float(image.unit().mean())
        probabilities = {"none": 0.6, "finding": probability}
        thresholds = {"none": 0.5, "finding": 0.5}
        return replace(
            super().predict(model, image, site=site),
            label=decide(probabilities, thresholds=thresholds),
            probabilities=probabilities,
            threshold=None,
            thresholds=thresholds,
        )
