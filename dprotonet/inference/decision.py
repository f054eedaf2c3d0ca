"""From logits to probabilities and the label: one rule for whatever gave the logits. No torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dprotonet.inference.prediction import decide

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.inference.site_settings import SiteSettings


@dataclass(frozen=True)
class DecisionRule:
    """Calibration and thresholds of a bundle, or those of a site in their place.

    Attributes:
        classes: K names, in the order of the logits.
        negative_class: the class that means "nothing found", if there is one.
        temperature: divides the logits.
        offsets: class name to what is then added, before the softmax or the sigmoids; None for 0.
        threshold: on 1 - p(negative class), in [0, 1]; None where the most probable class wins.
        thresholds: of a multi-label model: class name to the probability from which it is called.
    """

    classes: tuple[str, ...]
    negative_class: str | None
    temperature: float
    offsets: Mapping[str, float] | None
    threshold: float | None
    thresholds: Mapping[str, float] | None

    @classmethod
    def of(cls, bundle: Bundle, site: SiteSettings | None = None) -> DecisionRule:
        """The rule of a bundle, under a site's settings if given.

        Raises:
            WrongRequest: the settings were fitted for another bundle.
        """
        if site is not None:
            site.check_bundle(bundle)
        use = bundle if site is None else site
        return cls(
            bundle.classes,
            bundle.negative_class,
            use.temperature,
            use.offsets,
            use.threshold,
            use.thresholds,
        )

    def probabilities(self, logits: Mapping[str, float]) -> dict[str, float]:
        """Class name to calibrated probability."""
        if self.thresholds is None:
            return calibrated(logits, self.temperature, self.offsets)
        offsets = self.offsets or {}
        return {
            name: _sigmoid(value / self.temperature + offsets.get(name, 0.0))
            for name, value in logits.items()
        }

    def label(self, probabilities: Mapping[str, float]) -> str:
        """What an image with these probabilities is called."""
        return decide(
            probabilities,
            negative_class=self.negative_class,
            threshold=self.threshold,
            thresholds=self.thresholds,
        )


def runner_up(logits: Mapping[str, float], label: str) -> str | None:
    """The class with the highest logit beside the label; ties go to the first, None without
    any."""
    others = {name: value for name, value in logits.items() if name != label}
    return max(others, key=others.__getitem__, default=None)


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
