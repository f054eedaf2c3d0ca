"""The gate of a bundle: whether an image is one that the model has any business with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.scope import Scope
from dprotonet.bundle.support.limits import SupportLimits
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.support import Support, Verdict
from dprotonet.modeling.support_distance import SupportDistance


@dataclass(frozen=True, eq=False)
class Gate:
    """What a bundle knows of the images it is for.

    Attributes:
        scope: of its card, checked against an image's header and colours.
        distance: to its training images; None where the bundle has none.
        limits: of that distance; None with it.
    """

    scope: Scope | None
    distance: SupportDistance | None
    limits: SupportLimits | None

    @classmethod
    def of(cls, bundle: Bundle) -> Gate | None:
        """The gate of a bundle, None where it has neither a scope nor a distance."""
        if bundle.card.scope is None and bundle.support_limits is None:
            return None
        return cls(bundle.card.scope, bundle.support_distance, bundle.support_limits)

    @property
    def stage(self) -> str | None:
        """The block of the backbone that the distance reads."""
        return None if self.limits is None else self.limits.stage

    def support(self, image: GrayOrColourImage | None, features: Tensor | None) -> Support:
        """The verdict on one image.

        Args:
            image: None where only the network's input is known: its header is not asked then.
            features: ``(1, F)`` that the network's pass gave at :attr:`stage`; None without one.
        """
        objections = () if self.scope is None or image is None else self.scope.objections(image)
        if self.distance is None or self.limits is None or features is None:
            return Support("outside" if objections else "inside", reasons=objections)
        return judged(float(self.distance(features)[0]), self.limits, objections)


def judged(distance: float, limits: SupportLimits, objections: Sequence[str] = ()) -> Support:
    """The verdict on a distance and on what the card objects to."""
    verdict: Verdict = "inside"
    reasons = tuple(objections)
    if distance >= limits.threshold:
        reasons = (
            f"unlike what this model was trained on: distance {distance:.2f}, "
            f"its limit is {limits.threshold:.2f}",
            *reasons,
        )
    if reasons:
        verdict = "outside"
    elif distance >= limits.caution_from:
        verdict = "caution"
        reasons = (
            f"at the edge of what this model was trained on: distance {distance:.2f}, "
            f"its limit is {limits.threshold:.2f}",
        )
    return Support(verdict, distance, limits.caution_from, limits.threshold, reasons)
