"""What a reader changes to see what the model says then, and what it said. No torch.

Two things can be changed: prototypes are switched off, and a region of the image is hidden, or kept
while all else is hidden. A prototype that is off adds nothing to any logit, as one that weighs 0 in
a bundle's last layer; all else stays, calibration and threshold too. Switching off takes no pass of
the network: :func:`result_of` is arithmetic on what each prototype adds to each logit.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from dprotonet.errors import WrongRequest
from dprotonet.inference.decision import DecisionRule
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.support import Support

Action = Literal["hide", "keep"]
Fill = Literal["blur", "mean", "noise"]
FILLS: tuple[Fill, ...] = get_args(Fill)
"""Those of :data:`dprotonet.explain.settings.FILLS` that a reader can picture."""
Contributions = Mapping[str, Mapping[str, float]]
"""Class name to prototype id to what the prototype adds to the logit of the class."""
WHOLE = ""
"""Stands for all of a logit, in place of an id, where a model has no prototypes."""


@dataclass(frozen=True, eq=False)
class Region:
    """A part of the image.

    Attributes:
        mask: bool, True in the region: ``(H, W)`` on the native grid, or ``(S, S)`` on the
            network's.
        action: "hide" the region, or "keep" it and hide all else.
        fill: what hidden pixels show (:mod:`dprotonet.explain.masking.fills`).
    """

    mask: np.ndarray
    action: Action = "hide"
    fill: Fill = "blur"

    def __post_init__(self) -> None:
        if self.mask.ndim != 2 or self.mask.dtype != np.bool_:
            raise ValueError(f"a region is a bool (H, W), not {self.mask.dtype} {self.mask.shape}")
        if self.action not in get_args(Action):
            raise ValueError(f"a region is hidden or kept, not {self.action!r}")
        if self.fill not in FILLS:
            raise ValueError(f"a fill is one of {', '.join(FILLS)}, not {self.fill!r}")


@dataclass(frozen=True, eq=False)
class Intervention:
    """What is changed at once.

    Attributes:
        off: ids of the prototypes that are switched off.
        region: that is hidden or kept; None for the whole image as it is.
    """

    off: tuple[str, ...] = ()
    region: Region | None = None


@dataclass(frozen=True)
class Control:
    """The same done to regions of the same shape at random places.

    Attributes:
        mean: class name to the mean of its probability.
        sd: class name to its standard deviation, over the draws (divided by draws - 1).
        draws: how many places, at least 2.
        in_body: whether they lie inside the body, as far as one was separated; else anywhere in
            the image. Of other values of a row it is False.
    """

    mean: Mapping[str, float]
    sd: Mapping[str, float]
    draws: int
    in_body: bool

    @classmethod
    def of(cls, draws: Sequence[Mapping[str, float]], *, in_body: bool) -> Control | None:
        """Mean and standard deviation of each class; None of fewer than two draws."""
        if len(draws) < 2:
            return None
        values = {name: [draw[name] for draw in draws] for name in draws[0]}
        return cls(
            {name: float(np.mean(drawn)) for name, drawn in values.items()},
            {name: float(np.std(drawn, ddof=1)) for name, drawn in values.items()},
            len(draws),
            in_body,
        )


@dataclass(frozen=True)
class InterventionResult:
    """What the model says after an intervention.

    Attributes:
        label: by the decision rule of the prediction.
        probabilities: class name to calibrated probability.
        logits: class name to logit, before the temperature.
        evidence: prototype id to what it adds to the difference between the logits of the leading
            class and of the runner-up *of the prediction*, so that both can be compared; to the
            logit of the leading class where there is no runner-up. 0 of those that are off.
        area: fraction of the image that the region covers, in [0, 1]; None without a region.
        control: None without a region or other values, and where there is no room for others.
        support: what the bundle's gate says of the image with its hidden part: fills are no
            images. None without a gate, a region or other values.
    """

    label: str
    probabilities: Mapping[str, float]
    logits: Mapping[str, float]
    evidence: Mapping[str, float]
    area: float | None = None
    control: Control | None = None
    support: Support | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        values = asdict(self)
        if self.support is not None:
            values["support"] = self.support.to_json()
        return values

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> InterventionResult:
        """The result that :meth:`to_json` wrote."""
        control, support = data.get("control"), data.get("support")
        return cls(
            **{
                **data,
                "control": None if control is None else Control(**control),
                "support": None if support is None else Support.from_json(support),
            }
        )


def result_of(
    before: Prediction,
    contributions: Contributions,
    rule: DecisionRule,
    *,
    off: Collection[str] = (),
) -> InterventionResult:
    """What is said when some prototypes are off.

    Args:
        before: the prediction of the image as it is.
        contributions: of all prototypes to all classes, of the image as it is or changed.
        rule: that the prediction was made under.
        off: ids of the prototypes whose part is left out.

    Raises:
        WrongRequest: the model made no call on the image, or has no such prototype.
    """
    leading = checked(before, off).require_leading()
    logits = logits_without(contributions, off)
    probabilities = rule.probabilities(logits)
    against = contributions[before.runner_up] if before.runner_up is not None else {}
    evidence = {
        name: 0.0 if name in off else value - against.get(name, 0.0)
        for name, value in contributions[leading].items()
        if name != WHOLE
    }
    return InterventionResult(rule.label(probabilities), probabilities, logits, evidence)


def logits_without(contributions: Contributions, off: Collection[str]) -> dict[str, float]:
    """Class name to the sum of what the prototypes that are on add to its logit; 0 without any:
    the last layer has no bias."""
    return {
        name: math.fsum(value for prototype, value in own.items() if prototype not in off)
        for name, own in contributions.items()
    }


def checked(before: Prediction, off: Collection[str]) -> Prediction:
    """The prediction, of which something may be tried.

    Raises:
        WrongRequest: the model made no call on the image, or has no such prototype.
    """
    if before.leading is None:
        reason = before.support.sentence if before.support is not None else ""
        raise WrongRequest(
            f"The model makes no call here: there is nothing to change. {reason}".strip()
        )
    known = {match.prototype for match in before.matches}
    for name in off:
        if name not in known:
            raise WrongRequest(
                f"There is no prototype “{name}” in this model. Open the case again."
            )
    return before


def known_contributions(before: Prediction) -> dict[str, dict[str, float]]:
    """What a stored prediction says of its own classes: the leading one and the runner-up. With two
    classes that exclude each other these are all there are."""
    own: dict[str, dict[str, float]] = {}
    if not before.matches:
        return {name: {WHOLE: logit} for name, logit in before.logits.items()}
    if before.leading is not None:
        own[before.leading] = {match.prototype: match.contribution for match in before.matches}
    if before.runner_up is not None and all(row.against is not None for row in before.matches):
        own[before.runner_up] = {row.prototype: row.against or 0.0 for row in before.matches}
    return own


def with_region(
    result: InterventionResult,
    *,
    area: float | None,
    control: Control | None,
    support: Support | None,
) -> InterventionResult:
    """The result with what a region adds to it; no area where the whole image is another."""
    return replace(result, area=area, control=control, support=support)
